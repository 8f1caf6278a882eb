// SPDX-License-Identifier: Apache-2.0
//
// One look at a port as a client has it: a TLS handshake that accepts anything, so that everything
// that is wrong comes to light at once, or a plain connection. Blocking, with a limit for each
// step; connects once per look. Private to tls/findings: remote_findings.h draws the conclusions.
//
// Nothing secret is sent.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "tls/openssl_handles.h"

namespace trellis::tls {

struct ProbeTarget {
  std::string name;     // what the certificate must carry; sent as SNI unless it is an address
  std::string address;  // where to connect to; empty: `name`
  uint16_t port = 0;
  std::chrono::milliseconds timeout{5000};
};

enum class Talk : uint8_t { kBolt, kHttp };

struct TlsLook {
  bool finished = false;         // the handshake
  std::string failure;           // why it did not finish, or ended right after; empty: neither
  std::optional<uint8_t> alert;  // the server's, in the handshake or after it
  bool speaks_plainly = false;   // it answered, but not in TLS
  bool closed = false;           // it ended the connection without a word
  bool asks_for_certificate = false;
  std::string version;                   // "TLSv1.3"
  std::vector<CertificateHandle> chain;  // as it was sent; may be there although it failed
  std::optional<Talk> answered;          // what it speaks behind TLS
};

struct TlsRange {
  int lowest = 0;  // 0: TLS 1.0
  int highest = 0;
};

// ConnectionFailed when there is no connection to talk over; else what happened on it. After the
// handshake the opening of `talk` is sent and the answer read: a server of TLS 1.3 that wants a
// client certificate says so only then.
Result<TlsLook> look_with_tls(const ProbeTarget& target, Talk talk, TlsRange range = {});

// What answers to the opening of `talk` without TLS; nothing: it does not answer so.
Result<std::optional<Talk>> look_plainly(const ProbeTarget& target, Talk talk);

// The head of the answer to `GET path`, over TLS or not. For the Date of an ACME directory.
Result<std::string> http_head(const ProbeTarget& target, bool encrypted, const std::string& path);

}  // namespace trellis::tls
