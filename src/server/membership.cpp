// SPDX-License-Identifier: Apache-2.0
#include "server/membership.h"

#include "cluster/authority_access.h"

namespace trellis::server {
namespace {

constexpr std::chrono::milliseconds kAuthorityPatience{10'000};

std::optional<tls::Authority> authority_of(const config::AuthorityConfig& config) {
  auto opened = tls::Authority::open(config.directory);
  return opened ? std::optional(std::move(*opened)) : std::nullopt;
}

std::chrono::seconds lifetime_of(const config::AuthorityConfig& config) {
  return std::chrono::duration_cast<std::chrono::seconds>(config.member_lifetime);
}

Result<std::unique_ptr<cluster::AuthorityAccess>> access_to(const cluster::Membership& membership,
                                                            const cluster::MemberFiles& files,
                                                            const config::AuthorityConfig& config) {
  if (!membership.authority.empty()) {
    return cluster::remote_authority(membership.authority, files, kAuthorityPatience);
  }
  TRELLIS_TRY_ASSIGN(tls::Authority here, tls::Authority::open(config.directory));
  return cluster::local_authority(std::move(here), files, lifetime_of(config));
}

}  // namespace

Result<std::unique_ptr<Membership>> Membership::open(const config::ServerConfig& config,
                                                     tls::PolicyStore& policies,
                                                     net::EventLoop& loop, net::WorkerPool& workers,
                                                     const os::Clock& clock, Logger log) {
  auto made = std::make_unique<Membership>();
  const config::AuthorityConfig& authority = config.tls.authority;
  const cluster::MemberFiles files(config.ssl.of(config::SslScope::kCluster));
  const auto policy = policies.of(config::SslScope::kCluster);
  if (authority.listen_address && !policy) {
    return fail(ErrorCode::InvalidConfiguration,
                "server.tls.authority.listen_address is set, but not the SSL policy that it needs: "
                "set dbms.ssl.policy.cluster.enabled=true. Its certificate comes from `trellis tls "
                "ca issue` or `trellis tls join`.");
  }
  if (authority.listen_address) {
    cluster::JoinListener::Options options{
        .listen = {authority.listen_address->host, authority.listen_address->port},
        .context = [policy] { return policy->current()->context; },
        .authority = authority_of(authority),
        .member_lifetime = lifetime_of(authority),
        .files = files,
        .log = log};
    TRELLIS_TRY_ASSIGN(made->listener_,
                       cluster::JoinListener::open(loop, workers, std::move(options)));
  }
  if (!policy) return made;
  TRELLIS_TRY_ASSIGN(auto membership, files.membership());
  if (!membership) return made;
  TRELLIS_TRY_ASSIGN(auto access, access_to(*membership, files, authority));
  made->rotation_ = cluster::MemberRotation::start({.files = files,
                                                    .membership = std::move(*membership),
                                                    .authority = std::move(access),
                                                    .poll_interval = config.tls.poll_interval,
                                                    .clock = &clock,
                                                    .changed = [&policies] { policies.look(); },
                                                    .log = std::move(log)});
  return made;
}

std::optional<net::Endpoint> Membership::join_address() const {
  return listener_ ? std::optional(listener_->local()) : std::nullopt;
}

}  // namespace trellis::server
