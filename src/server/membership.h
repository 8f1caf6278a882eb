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
  // What it is given outlives it. Errors: InvalidConfiguration (a listener without the policy, a
  // port that cannot be had, a damaged note of the membership).
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
