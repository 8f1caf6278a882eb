// SPDX-License-Identifier: Apache-2.0
//
// Why a TLS handshake on the server's side failed, as facts rather than words: for logs that say
// what the client disliked, and for counters. Delivered beside the Error, not in its place.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "net/endpoint.h"

namespace trellis::net {

enum class TlsFailureReason : uint8_t {
  kCertificateRejected,  // the client's alert says that it does not accept our certificate
  kClientCertificate,    // we do not accept the client's certificate, or it sent none
  kNoCertificate,        // there is none to show yet
  kNoCommonParameters,   // version, cipher, group, signature
  kNotTls,
  kPeerClosed,
  kTimeout,
  kOtherAlert,  // the client's
  kOther,
};
inline constexpr std::array<std::string_view, 9> kTlsFailureReasonNames = {"certificate_rejected",
                                                                           "client_certificate",
                                                                           "no_certificate",
                                                                           "no_common_parameters",
                                                                           "not_tls",
                                                                           "peer_closed",
                                                                           "timeout",
                                                                           "other_alert",
                                                                           "other"};
inline std::string_view to_string(TlsFailureReason reason) {
  return kTlsFailureReasonNames[static_cast<size_t>(reason)];
}

struct TlsFailure {
  TlsFailureReason reason = TlsFailureReason::kOther;
  Endpoint peer;
  Endpoint local;
  std::optional<uint8_t> alert;  // that the client sent (RFC 8446, 6)
  // TLS 1.3: our side had finished before the client's answer came.
  bool after_handshake = false;
  std::string server_name;  // SNI; empty: none was sent
  std::string shown_names;  // of our certificate; empty: none was chosen
  bool shown_covers_server_name = false;
  std::string error;  // in words
  // Of our certificate too: its life, and whether no other was sent with it although it is not its
  // own issuer.
  std::optional<std::chrono::system_clock::time_point> shown_not_before{};
  std::optional<std::chrono::system_clock::time_point> shown_not_after{};
  bool shown_alone = false;
};

// "unknown_ca" for 48; "alert 250" for one that no RFC names.
std::string alert_name(uint8_t alert);
// Alerts by which a client says that it does not accept the certificate it was shown.
bool rejects_certificate(uint8_t alert);

// Told of each failed handshake, on I/O threads: thread-safe, and quick.
class TlsWitness {
 public:
  TlsWitness() = default;
  virtual ~TlsWitness() = default;
  TlsWitness(const TlsWitness&) = delete;
  TlsWitness& operator=(const TlsWitness&) = delete;

  virtual void handshake_failed(const TlsFailure& failure) = 0;
};

}  // namespace trellis::net
