// SPDX-License-Identifier: Apache-2.0
//
// This server as a member of a cluster: its join listener and the rotation of its certificate, as
// far as the configuration has them. Both live on the SSL policy `cluster`.
#pragma once

#include <memory>
#include <optional>

#include "base/log.h"
#include "cluster/join_listener.h"
#include "cluster/member_rotation.h"
#include "config/server_config.h"
#include "tls/policy_store.h"

namespace trellis::server {

class Membership {
 public:
  // Before the policies are opened: a pair that was cut short when it was written becomes whole.
  static Result<> finish_interrupted(const config::ServerConfig& config);
  // What it is given outlives it. Errors: InvalidConfiguration (a listener without a policy that
  // verifies members, a port that cannot be had, an authority or a note of the membership that is
  // damaged), IoError (they cannot be read).
  static Result<std::unique_ptr<Membership>> open(const config::ServerConfig& config,
                                                  tls::PolicyStore& policies, net::EventLoop& loop,
                                                  net::WorkerPool& workers, const os::Clock& clock,
                                                  Logger log);

  std::optional<net::Endpoint> join_address() const;

 private:
  std::unique_ptr<cluster::JoinListener> listener_;
  std::unique_ptr<cluster::MemberRotation> rotation_;
};

}  // namespace trellis::server
