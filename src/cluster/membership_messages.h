// SPDX-License-Identifier: Apache-2.0
//
// What members and their authority say to each other, as JSON over HTTPS
// (docs/formats/membership.md).
//
//   POST /cluster/v1/join   {"token", "request", "names"}  ->
//                                                  {"chain", "certificates", "revocations"}
//   POST /cluster/v1/renew  {"request"}  ->  the same
//   GET  /cluster/v1/trust               ->  {"certificates", "revocations"}
// Refused: any status but 200, with {"message"}.
//
// Errors of the readers: InvalidArguments.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "tls/authority/authority.h"

namespace trellis::cluster {

inline constexpr std::string_view kJoinPath = "/cluster/v1/join";
inline constexpr std::string_view kRenewPath = "/cluster/v1/renew";
inline constexpr std::string_view kTrustPath = "/cluster/v1/trust";
inline constexpr size_t kLargestMessage = 1 << 20;
inline constexpr size_t kMostNames = 100;

struct JoinMessage {
  Secret token;  // the secret alone, without the pin
  std::string request_pem;
  std::vector<std::string> names;
};

Secret to_json(const JoinMessage& message);
std::string renew_to_json(std::string_view request_pem);
std::string to_json(const tls::TrustBundle& trust);
std::string to_json(const tls::MemberCertificate& member);
std::string refusal_to_json(std::string_view message);

// Names are plain: nothing that could be mistaken in a log or in a certificate.
Result<JoinMessage> read_join(std::string_view body);
Result<std::string> read_renew(std::string_view body);  // the request
Result<tls::TrustBundle> read_trust(std::string_view body);
Result<tls::MemberCertificate> read_member(std::string_view body);
std::string read_refusal(std::string_view body);  // empty when there is none

}  // namespace trellis::cluster
