// SPDX-License-Identifier: Apache-2.0
//
// The answers that ACME challenges expect at this moment: put up by an order, taken down after it,
// read by the HTTP responder (RFC 8555, 8.3) and by TLS handshakes with ALPN "acme-tls/1"
// (RFC 8737). Names are compared without case. Thread-safe. Bounded: at most kMostAnswers of a kind
// (an authority takes 100 names in an order); the oldest name in the alphabet gives way.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/mutex.h"
#include "tls/certificate_pair.h"

namespace trellis::tls {

inline constexpr std::string_view kAcmeTlsAlpn = "acme-tls/1";

class ChallengeBoard {
 public:
  static constexpr size_t kMostAnswers = 1000;

  void put_http(std::string token, std::string key_authorization) EXCLUDES(mutex_);
  // For an IP address the name is what the authority sends as SNI (RFC 8738, 6): its reverse
  // mapping, "1.0.0.127.in-addr.arpa".
  void put_alpn(std::string name, PairPtr certificate) EXCLUDES(mutex_);
  void take_down(std::string_view token_or_name) EXCLUDES(mutex_);

  std::optional<std::string> http_answer(std::string_view token) const EXCLUDES(mutex_);
  PairPtr alpn_answer(std::string_view name) const EXCLUDES(mutex_);  // null: none
  bool has_alpn() const EXCLUDES(mutex_);
  bool has_http() const EXCLUDES(mutex_);

 private:
  mutable Mutex mutex_;
  std::map<std::string, std::string, std::less<>> http_ GUARDED_BY(mutex_);
  std::map<std::string, PairPtr, std::less<>> alpn_ GUARDED_BY(mutex_);
};

}  // namespace trellis::tls
