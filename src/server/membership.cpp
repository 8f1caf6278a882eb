// SPDX-License-Identifier: Apache-2.0
#include "server/membership.h"

#include "cluster/authority_access.h"

namespace trellis::server {
namespace {

constexpr std::chrono::milliseconds kAuthorityPatience{10'000};

// Nothing where this home has none; one that is there must be usable.
Result<std::optional<tls::Authority>> authority_of(const config::AuthorityConfig& config,
                                                   const os::Clock& clock) {
  TRELLIS_TRY_ASSIGN(const bool here, tls::Authority::exists(config.directory));
  if (!here) return std::optional<tls::Authority>();
  TRELLIS_TRY_ASSIGN(tls::Authority opened, tls::Authority::open(config.directory, clock));
  TRELLIS_TRY(opened.pin());
  return std::optional(std::move(opened));
}

// Members are known by their certificates alone.
Result<> check_listener(const config::AuthorityConfig& authority,
                        const config::SslPolicySettings& policy) {
  const std::string listen = fmt::format(
      "server.tls.authority.listen_address={}",
      to_string(net::Endpoint{authority.listen_address->host, authority.listen_address->port}));
  if (!policy.enabled) {
    return fail(ErrorCode::InvalidConfiguration,
                "{} needs the SSL policy of the cluster: set dbms.ssl.policy.cluster.enabled=true. "
                "Its certificate comes from `trellis tls ca issue` or `trellis tls join`.",
                listen);
  }
  const bool asks_nobody = policy.client_auth == config::ClientAuth::kNone;
  if (!asks_nobody && !policy.trust_all) return {};
  return fail(ErrorCode::InvalidConfiguration,
              "{} and dbms.ssl.policy.cluster.{} exclude each other: members are known by their "
              "certificates, which then are not asked for or not verified. Remove the second line, "
              "or the first.",
              listen, asks_nobody ? "client_auth=NONE" : "trust_all=true");
}

std::chrono::seconds lifetime_of(const config::AuthorityConfig& config) {
  return std::chrono::duration_cast<std::chrono::seconds>(config.member_lifetime);
}

Result<std::unique_ptr<cluster::AuthorityAccess>> access_to(const cluster::Membership& membership,
                                                            const cluster::MemberFiles& files,
                                                            const config::AuthorityConfig& config,
                                                            const os::Clock& clock,
                                                            std::shared_ptr<tls::StopSignal> stop) {
  if (!membership.authority.empty()) {
    return cluster::remote_authority(membership.authority, files, kAuthorityPatience, clock,
                                     std::move(stop));
  }
  TRELLIS_TRY_ASSIGN(tls::Authority here, tls::Authority::open(config.directory, clock));
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
  if (authority.listen_address) {
    TRELLIS_TRY(check_listener(authority, config.ssl.of(config::SslScope::kCluster)));
    TRELLIS_TRY_ASSIGN(auto here, authority_of(authority, clock));
    cluster::JoinListener::Options options{
        .listen = {authority.listen_address->host, authority.listen_address->port},
        .context = [policy] { return policy->current()->context; },
        .authority = std::move(here),
        .member_lifetime = lifetime_of(authority),
        .files = files,
        .log = log};
    TRELLIS_TRY_ASSIGN(made->listener_,
                       cluster::JoinListener::open(loop, workers, std::move(options)));
  }
  if (!policy) return made;
  TRELLIS_TRY_ASSIGN(auto membership, files.membership());
  if (!membership) return made;
  cluster::MemberRotation::Options options{
      .files = files,
      .membership = std::move(*membership),
      .authority = nullptr,
      .poll_interval = config.tls.poll_interval,
      .clock = &clock,
      .changed = [&policies] { policies.look(); },
      .told =
          [&policies](std::optional<os::Clock::Wall> next, std::string failure) {
            policies.renewal(config::SslScope::kCluster, next, std::move(failure));
          },
      .log = std::move(log)};
  TRELLIS_TRY_ASSIGN(options.authority,
                     access_to(options.membership, files, authority, clock, options.stop));
  made->rotation_ = cluster::MemberRotation::start(std::move(options));
  return made;
}

Result<> Membership::finish_interrupted(const config::ServerConfig& config) {
  const config::SslPolicySettings& policy = config.ssl.of(config::SslScope::kCluster);
  return policy.enabled ? cluster::MemberFiles(policy).finish_pair() : Result<>();
}

std::optional<net::Endpoint> Membership::join_address() const {
  return listener_ ? std::optional(listener_->local()) : std::nullopt;
}

}  // namespace trellis::server
