// SPDX-License-Identifier: Apache-2.0
//
// One HTTPS request to another member, by libcurl: its name is always verified, its chain either
// against given anchors or against a pinned public key of an authority in the chain that it sends.
// A stop signal ends it at once. Private to room `cluster`.
#pragma once

#include <chrono>
#include <string>

#include "base/result.h"
#include "base/secret.h"
#include "os/clock.h"
#include "tls/stop_signal.h"

namespace trellis::cluster {

struct HttpsCall {
  std::string url;
  Secret body;  // empty: GET, else POST
  std::chrono::milliseconds timeout{10'000};
  std::string certificate_pem{};  // ours, with its chain; empty: we show none
  Secret key_pem;
  std::string trusted_pem{};              // anchors; or
  std::string pin{};                      // SHA-256 of an authority's public key, lower-case hex
  const os::Clock* clock = nullptr;       // for certificates; null: the machine's
  const tls::StopSignal* stop = nullptr;  // may be null
};

// The body of a 200. Errors: ConnectionFailed, CertificateRejected, Forbidden (403 and 401, with
// the peer's words), InvalidArguments (any other refusal).
Result<std::string> answer_of(const HttpsCall& call);

}  // namespace trellis::cluster
