// SPDX-License-Identifier: Apache-2.0
//
// The authority as a member sees it: in its own home, or behind the join listener of another
// member.
//
// Calls wait for the network, at most `timeout`, or until they are stopped. Errors:
// ConnectionFailed, CertificateRejected, Forbidden (the authority refuses us, in its words),
// InvalidArguments, IoError. Not thread-safe.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cluster/member_files.h"
#include "tls/authority/authority.h"
#include "tls/stop_signal.h"

namespace trellis::cluster {

class AuthorityAccess {
 public:
  virtual ~AuthorityAccess() = default;
  virtual Result<tls::MemberCertificate> renew(std::string_view request_pem) = 0;
  virtual Result<tls::TrustBundle> trust() = 0;
};

// `lifetime`: of the certificates that it is asked for.
std::unique_ptr<AuthorityAccess> local_authority(tls::Authority authority, MemberFiles files,
                                                 std::chrono::seconds lifetime);

// Mutual TLS with the member's own files as they are at each call; the authority's host name is
// verified. `clock` outlives it; `stop` may be null.
std::unique_ptr<AuthorityAccess> remote_authority(std::string address, MemberFiles files,
                                                  std::chrono::milliseconds timeout,
                                                  const os::Clock& clock,
                                                  std::shared_ptr<const tls::StopSignal> stop);

// The first contact: the authority is known by the token's pin alone, its name is verified, and we
// show no certificate.
Result<tls::MemberCertificate> join_remote(const std::string& address, const tls::JoinToken& token,
                                           std::string_view request_pem,
                                           const std::vector<std::string>& names,
                                           std::chrono::milliseconds timeout);

}  // namespace trellis::cluster
