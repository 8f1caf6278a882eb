// SPDX-License-Identifier: Apache-2.0
//
// A member and its authority in one process; test_membership.py does the same with three servers.
#include <doctest/doctest.h>

#include "cluster/authority_access.h"
#include "cluster/join_listener.h"
#include "cluster/member_rotation.h"
#include "cluster/membership_messages.h"
#include "support/temp_dir.h"
#include "tls/policy_store.h"
#include "tls/readable_file.h"

using namespace trellis;
using namespace trellis::cluster;
using namespace trellis::testing;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr hours kLife{1};

config::SslPolicySettings policy_in(const std::filesystem::path& folder) {
  config::SslPolicySettings policy;
  policy.scope = config::SslScope::kCluster;
  policy.enabled = true;
  policy.base_directory = folder;
  policy.private_key = "private.key";
  policy.public_certificate = "public.crt";
  policy.trusted_dir = "trusted";
  policy.revoked_dir = "revoked";
  policy.client_auth = config::ClientAuth::kRequire;
  policy.tls_versions = {"TLSv1.2", "TLSv1.3"};
  return policy;
}

// The member that holds the authority, with its listener.
struct Holder {
  Holder() : authority(*tls::Authority::create(dir / "authority", "", hours(24 * 365))) {
    auto& policy = config.ssl.by_scope[static_cast<size_t>(config::SslScope::kCluster)];
    policy = policy_in(dir / "holder");
    config.tls.poll_interval = seconds(5);
    const MemberFiles files(policy);
    auto issued = *authority.issue({"127.0.0.1"}, kLife);
    REQUIRE(files.write_trust(*authority.trust()));
    REQUIRE(files.write_pair(issued.key_pem, issued.certificate_pem));
    tls::PolicyStoreOptions options;
    options.config = &config;
    options.clock = &clock;
    auto opened = tls::PolicyStore::open(std::move(options));
    REQUIRE_MESSAGE(opened, opened.error().message());
    policies = std::move(*opened);
    auto listening = JoinListener::open(
        loop, workers,
        {.listen = {"127.0.0.1", 0},
         .context = [served = policies->of(
                         config::SslScope::kCluster)] { return served->current()->context; },
         .authority = authority,
         .member_lifetime = std::chrono::duration_cast<seconds>(kLife),
         .files = files,
         .log = {}});
    REQUIRE_MESSAGE(listening, listening.error().message());
    listener = std::move(*listening);
  }
  std::string address() const { return to_string(listener->local()); }

  TempDir dir;
  os::SystemClock clock;
  config::ServerConfig config;
  tls::Authority authority;
  net::EventLoop loop{1};
  net::WorkerPool workers{1};
  std::unique_ptr<tls::PolicyStore> policies;
  std::unique_ptr<JoinListener> listener;
};

struct Member {
  explicit Member(const Holder& holder, const std::string& name) : files(policy_in(dir.path())) {
    const auto token = *holder.authority.new_token({}, hours(1));
    const auto made = *tls::new_key_and_request(name);
    auto joined =
        join_remote(holder.address(), token, made.request_pem, {name}, milliseconds(5000));
    REQUIRE_MESSAGE(joined, joined.error().message());
    REQUIRE(files.write_trust(joined->trust));
    REQUIRE(files.write_pair(made.key_pem, joined->chain));
    rotation.files = files;
    rotation.membership = {holder.address(), {name}};
    rotation.authority = remote_authority(holder.address(), files, milliseconds(5000));
    rotation.clock = &clock;
    rotation.changed = [this] { ++changes; };
  }
  std::string serial() const {
    const auto chain = tls::read_small_file(files.certificate, "certificate");
    return tls::facts_of(chain->reveal())->serial;
  }

  struct Ahead final : os::Clock {
    Monotonic monotonic() const override { return std::chrono::steady_clock::now(); }
    Wall wall() const override { return std::chrono::system_clock::now() + by; }
    std::chrono::nanoseconds by{0};
  };

  TempDir dir;
  MemberFiles files;
  Ahead clock;
  int changes = 0;
  MemberRotation::Options rotation{files, {}, nullptr, seconds(5), nullptr, nullptr, {}};
};

}  // namespace

TEST_CASE("a member renews when two thirds of its certificate's life are over") {
  Holder holder;
  Member member(holder, "b.example.test");
  const std::string first = member.serial();
  auto round = rotate_once(member.rotation);
  REQUIRE_MESSAGE(round, round.error().message());
  CHECK_FALSE(*round);
  CHECK(member.changes == 0);
  member.clock.by = std::chrono::minutes(37);
  CHECK_FALSE(*rotate_once(member.rotation));
  member.clock.by = std::chrono::minutes(41);
  CHECK(*rotate_once(member.rotation));
  CHECK(member.serial() != first);
  CHECK(member.changes == 1);
}

TEST_CASE("a revoked member is let in no more") {
  Holder holder;
  Member member(holder, "b.example.test");
  REQUIRE(rotate_once(member.rotation));
  REQUIRE(holder.authority.revoke("b.example.test"));
  // Before the listener knows the list, the authority itself refuses to renew.
  member.clock.by = std::chrono::minutes(41);
  auto refused = rotate_once(member.rotation);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == ErrorCode::Forbidden);
  const MemberFiles own(holder.config.ssl.of(config::SslScope::kCluster));
  REQUIRE(own.write_trust(*holder.authority.trust()));
  holder.policies->look();
  refused = rotate_once(member.rotation);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == ErrorCode::ConnectionFailed);
}

TEST_CASE("the authority behind an address must have the pinned key") {
  Holder holder;
  Holder other;
  const auto token = *other.authority.new_token({}, hours(1));
  const auto made = *tls::new_key_and_request("b");
  const auto joined =
      join_remote(holder.address(), token, made.request_pem, {"b"}, milliseconds(5000));
  REQUIRE_FALSE(joined);
  CHECK(joined.error().code() == ErrorCode::CertificateRejected);
}

TEST_CASE("messages that are none are refused") {
  for (const char* body :
       {"", "[]", "{}", R"({"token":1,"request":"","names":[]})", "{\"token\""}) {
    CHECK(read_join(body).error().code() == ErrorCode::InvalidArguments);
    CHECK_FALSE(read_member(body));
  }
  CHECK(read_refusal("nonsense").empty());
}
