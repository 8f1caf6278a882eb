// SPDX-License-Identifier: Apache-2.0
//
// A member and its authority in one process; test_membership.py does the same with three servers.
#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "cluster/authority_access.h"
#include "cluster/join_listener.h"
#include "cluster/member_rotation.h"
#include "cluster/membership_messages.h"
#include "os/acting_as.h"
#include "os/identity.h"
#include "support/temp_dir.h"
#include "tls/policy_store.h"
#include "tls/readable_file.h"
#include "unit/tls/store_site.h"

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
  Holder() : authority(*tls::Authority::create(dir / "authority", "", hours(24 * 365), clock)) {
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
         .log = Logger(std::make_shared<spdlog::logger>(
             "test", std::make_shared<spdlog::sinks::ostream_sink_mt>(log)))});
    REQUIRE_MESSAGE(listening, listening.error().message());
    listener = std::move(*listening);
  }
  std::string address() const { return to_string(listener->local()); }

  TempDir dir;
  MovedClock clock;
  config::ServerConfig config;
  tls::Authority authority;
  net::EventLoop loop{1};
  net::WorkerPool workers{1};
  std::ostringstream log;
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
    rotation.authority =
        remote_authority(holder.address(), files, milliseconds(5000), clock, rotation.stop);
    rotation.clock = &clock;
    rotation.changed = [this] { ++changes; };
  }
  std::string serial() const {
    const auto chain = tls::read_small_file(files.certificate, "certificate");
    return tls::facts_of(chain->reveal())->serial;
  }

  TempDir dir;
  MemberFiles files;
  MovedClock clock;
  int changes = 0;
  MemberRotation::Options rotation{.files = files,
                                   .membership = {},
                                   .authority = nullptr,
                                   .changed = nullptr,
                                   .told = nullptr,
                                   .log = {}};
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
  member.clock.advance(std::chrono::minutes(37));
  CHECK_FALSE(*rotate_once(member.rotation));
  member.clock.advance(std::chrono::minutes(4));
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
  member.clock.advance(std::chrono::minutes(41));
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

TEST_CASE("trust that came is in force although the renewal fails") {
  Holder holder;
  Member member(holder, "b.example.test");
  REQUIRE(rotate_once(member.rotation));
  member.changes = 0;
  REQUIRE(holder.authority.revoke("b.example.test"));
  member.clock.advance(std::chrono::minutes(41));
  REQUIRE_FALSE(rotate_once(member.rotation));
  CHECK(member.changes == 1);
}

TEST_CASE("the holder renews for a year, its authority's end in sight") {
  Holder holder;
  const MemberFiles files(holder.config.ssl.of(config::SslScope::kCluster));
  MemberRotation::Options options{.files = files,
                                  .membership = {"", {"127.0.0.1"}},
                                  .authority = local_authority(holder.authority, files, hours(240)),
                                  .clock = &holder.clock,
                                  .changed = nullptr,
                                  .told = nullptr,
                                  .log = {}};
  int renewed = 0;
  holder.clock.advance(std::chrono::minutes(50));
  for (int day = 0; day < 362; ++day) {
    const auto round = rotate_once(options);
    REQUIRE_MESSAGE(round, round.error().message());
    if (*round) ++renewed;
    holder.clock.advance(hours(24));
  }
  // Every seventh day, and each day when the authority's end shortens what is issued.
  CHECK(renewed > 50);
  CHECK(renewed < 70);
}

namespace {

// A member's thread, with what it says.
struct Watched {
  explicit Watched(Member& member) {
    member.rotation.poll_interval = milliseconds(5);
    member.rotation.log = Logger(std::make_shared<spdlog::logger>(
        "test", std::make_shared<spdlog::sinks::ostream_sink_mt>(log)));
    member.rotation.told = [this](auto next, std::string failure) {
      const MutexLock lock(mutex);
      next_renewal = next;
      last_failure = std::move(failure);
      ++rounds;
    };
    thread = MemberRotation::start(std::move(member.rotation));
  }
  // What was told after three more rounds, of which the last two began after this call.
  std::string failure_after_some_rounds() {
    const int begin = seen();
    while (seen() < begin + 3) std::this_thread::sleep_for(milliseconds(2));
    const MutexLock lock(mutex);
    return last_failure;
  }
  int seen() {
    const MutexLock lock(mutex);
    return rounds;
  }
  // The log can be read only when nobody writes it.
  std::string end() {
    thread.reset();
    return log.str();
  }

  std::ostringstream log;
  Mutex mutex;
  std::optional<os::Clock::Wall> next_renewal GUARDED_BY(mutex);
  std::string last_failure GUARDED_BY(mutex);
  int rounds GUARDED_BY(mutex) = 0;
  std::unique_ptr<MemberRotation> thread;
};

size_t count_of(const std::string& text, const std::string& part) {
  size_t found = 0;
  for (size_t at = 0; (at = text.find(part, at)) != text.npos; at += part.size()) ++found;
  return found;
}

}  // namespace

TEST_CASE("a member that cannot renew says why, once for each reason, and what to do at the end") {
  Holder holder;
  Member member(holder, "b.example.test");
  auto& clock = member.clock;
  Watched watched(member);
  CHECK(watched.failure_after_some_rounds().empty());
  {
    const MutexLock lock(watched.mutex);
    REQUIRE(watched.next_renewal);
    const auto in = *watched.next_renewal - std::chrono::system_clock::now();
    CHECK(in > std::chrono::minutes(35));
    CHECK(in < std::chrono::minutes(45));
  }
  REQUIRE(holder.authority.revoke("b.example.test"));
  clock.advance(std::chrono::minutes(41));
  const std::string refused = watched.failure_after_some_rounds();
  CHECK(refused.find("has revoked it") != std::string::npos);
  clock.advance(std::chrono::minutes(41));
  const std::string ended = watched.failure_after_some_rounds();
  CHECK(ended.find("trellis tls join --authority " + holder.address() +
                   " --token TOKEN b.example.test") != std::string::npos);
  const std::string log = watched.end();
  CHECK(count_of(log, "cannot be looked after") == 2);
}

TEST_CASE("the holder says a tenth of the authority's life ahead that it ends") {
  Holder holder;
  Member member(holder, "b.example.test");
  member.rotation.authority = local_authority(holder.authority, member.files, kLife);
  SUBCASE("the holder, in time") {
    member.rotation.membership.authority.clear();
    member.clock.advance(hours(24 * 330));
  }
  SUBCASE("the holder, too early") {
    member.rotation.membership.authority.clear();
    member.clock.advance(hours(24 * 327));
  }
  SUBCASE("another member") { member.clock.advance(hours(24 * 330)); }
  const bool told = member.rotation.membership.authority.empty() &&
                    member.clock.wall() - std::chrono::system_clock::now() > hours(24 * 329);
  Watched watched(member);
  watched.failure_after_some_rounds();
  CHECK(count_of(watched.end(), "trellis tls ca init --rotate") == (told ? 1 : 0));
}

TEST_CASE("a pair that was cut short becomes whole") {
  Holder holder;
  Member member(holder, "b.example.test");
  const auto next = *tls::new_key_and_request("b.example.test");
  const auto granted = member.rotation.authority->renew(next.request_pem);
  REQUIRE(granted);
  const auto old_certificate = member.dir / "aside.crt";
  const auto old_key = member.dir / "aside.key";
  std::filesystem::copy_file(member.files.certificate, old_certificate);
  std::filesystem::copy_file(member.files.key, old_key);
  // A folder in the way of a rename ends the writing where a kill would.
  const auto cut_at = [](const std::filesystem::path& file) {
    std::filesystem::remove(file);
    std::filesystem::create_directories(file / "in the way");
  };
  const auto is_pair = [&] {
    const auto chain = tls::read_small_file(member.files.certificate, "certificate");
    const auto key = tls::read_small_file(member.files.key, "private key");
    return chain && key && tls::PrivateCa::load(chain->reveal(), *key).has_value();
  };
  const std::string first = member.serial();
  SUBCASE("before the key") {
    cut_at(member.files.key);
    REQUIRE_FALSE(member.files.write_pair(next.key_pem, granted->chain));
    CHECK(member.serial() == first);
    std::filesystem::remove_all(member.files.key);
    std::filesystem::rename(old_key, member.files.key);
    CHECK(is_pair());
  }
  SUBCASE("between key and certificate") {
    cut_at(member.files.certificate);
    REQUIRE_FALSE(member.files.write_pair(next.key_pem, granted->chain));
    std::filesystem::remove_all(member.files.certificate);
    std::filesystem::rename(old_certificate, member.files.certificate);
    CHECK_FALSE(is_pair());
  }
  const auto finished = member.files.finish_pair();
  REQUIRE_MESSAGE(finished, finished.error().message());
  CHECK(is_pair());
  CHECK(member.serial() == tls::facts_of(granted->chain)->serial);
  REQUIRE(member.files.finish_pair());
  CHECK(is_pair());
}

TEST_CASE("half a pair is finished before another is asked for or written") {
  Holder holder;
  Member member(holder, "b.example.test");
  const auto next = *tls::new_key_and_request("b.example.test");
  const auto granted = member.rotation.authority->renew(next.request_pem);
  REQUIRE(granted);
  // As a kill between the two renames leaves it.
  REQUIRE(tls::write_key_file(member.files.key, next.key_pem));
  const auto waits = member.dir / ".public.crt.next";
  REQUIRE(tls::write_certificate_file(waits, granted->chain));
  SUBCASE("by a round") {
    const auto round = rotate_once(member.rotation);
    CHECK_MESSAGE(round, round.error().message());
  }
  SUBCASE("by one who writes a pair, also when that fails") {
    const auto other = *holder.authority.issue({"b.example.test"}, kLife);
    // In the way of the next key's writing.
    std::filesystem::create_directory(member.dir /
                                      fmt::format("..private.key.next.{}", ::getpid()));
    CHECK_FALSE(member.files.write_pair(other.key_pem, other.certificate_pem));
  }
  CHECK_FALSE(std::filesystem::exists(waits));
  const auto chain = tls::read_small_file(member.files.certificate, "certificate");
  const auto key = tls::read_small_file(member.files.key, "private key");
  CHECK(tls::PrivateCa::load(chain->reveal(), *key));
}

TEST_CASE("what opens closed folders to the server touches no others") {
  const TempDir dir;
  if (::geteuid() != 0) return;  // there is nothing that root could open for us
  std::filesystem::permissions(dir.path(), std::filesystem::perms(0755));
  REQUIRE(::chown((dir / "").c_str(), 0, 0) == 0);
  std::filesystem::create_directory(dir / "theirs");
  std::filesystem::create_directory(dir / "the pair");
  REQUIRE(::chown((dir / "theirs").c_str(), 65534, 65534) == 0);
  const os::ActingAs them(dir / "theirs");
  const std::string user = os::user_name(65534);
  const auto remedy_for = [](const std::filesystem::path& folder) {
    return MemberFiles(policy_in(folder)).check_writable().error().message();
  };
  CHECK(remedy_for(dir / "the pair")
            .ends_with(fmt::format(": chown -R {} '{}'", user, (dir / "the pair").string())));
  CHECK(
      remedy_for(dir / "not" / "there")
          .ends_with(fmt::format(": install -d -o {} {}", user, (dir / "not" / "there").string())));
  CHECK(MemberFiles(policy_in(dir / "theirs" / "pair")).check_writable());
}

TEST_CASE("two that write a pair at the same time leave one of the two") {
  Holder holder;
  Member member(holder, "b.example.test");
  const auto write_many = [&] {
    for (int i = 0; i < 20; ++i) {
      const auto issued = *holder.authority.issue({"b.example.test"}, kLife);
      const auto written = member.files.write_pair(issued.key_pem, issued.certificate_pem);
      CHECK_MESSAGE(written, written.error().message());
    }
  };
  std::thread other(write_many);
  write_many();
  other.join();
  const auto chain = tls::read_small_file(member.files.certificate, "certificate");
  const auto key = tls::read_small_file(member.files.key, "private key");
  CHECK(tls::PrivateCa::load(chain->reveal(), *key));
}

TEST_CASE("half a pair that waits takes nobody's place") {
  Holder holder;
  Member member(holder, "b.example.test");
  const std::string first = member.serial();
  const auto waits = member.dir / ".private.key.next";
  REQUIRE(tls::write_key_file(waits, Secret("half")));
  REQUIRE(member.files.finish_pair());
  CHECK(member.serial() == first);
  CHECK_FALSE(std::filesystem::exists(waits));
  CHECK(tls::read_small_file(member.files.key, "private key")->reveal() != "half");
}

TEST_CASE("what strangers cause is logged once for each address") {
  Holder holder;
  const auto token = *holder.authority.new_token({}, hours(1));
  const auto made = *tls::new_key_and_request("b");
  for (int i = 0; i < 3; ++i) {
    const tls::JoinToken wrong{token.pin, Secret(std::string(64, '0'))};
    CHECK_FALSE(join_remote(holder.address(), wrong, made.request_pem, {"b"}, milliseconds(5000)));
    // Someone who is no member of this cluster, at the handshake.
    Holder other;
    Member stranger(other, "c.example.test");
    const auto access = remote_authority(holder.address(), stranger.files, milliseconds(5000),
                                         stranger.clock, nullptr);
    CHECK_FALSE(access->trust());
  }
  for (const char* name : {"b\nforged", "b b", "", "*.example.test"}) {
    const auto refused =
        join_remote(holder.address(), token, made.request_pem, {name}, milliseconds(5000));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == ErrorCode::InvalidArguments);
  }
  CHECK(join_remote(holder.address(), token, made.request_pem, {"b"}, milliseconds(5000)));
  holder.listener.reset();
  holder.workers.stop();
  holder.loop.stop();
  const std::string log = holder.log.str();
  CHECK(count_of(log, "may not join") == 1);
  CHECK(count_of(log, "was not let in") == 1);
  CHECK(log.find("forged") == std::string::npos);
}

TEST_CASE("idle connections of one address hold up nobody else") {
  Holder holder;
  Member member(holder, "b.example.test");
  std::vector<int> idle;
  for (size_t i = 0; i < 2 * JoinListener::kMostConnections; ++i) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in from{};
    from.sin_family = AF_INET;
    REQUIRE(::inet_pton(AF_INET, "127.0.0.66", &from.sin_addr) == 1);
    REQUIRE(::bind(socket, reinterpret_cast<sockaddr*>(&from), sizeof(from)) == 0);
    sockaddr_in to = from;
    to.sin_port = htons(holder.listener->local().port);
    REQUIRE(::inet_pton(AF_INET, "127.0.0.1", &to.sin_addr) == 1);
    REQUIRE(::connect(socket, reinterpret_cast<sockaddr*>(&to), sizeof(to)) == 0);
    idle.push_back(socket);
  }
  member.clock.advance(std::chrono::minutes(41));
  const auto round = rotate_once(member.rotation);
  CHECK_MESSAGE(round.value_or(false), (round ? "" : round.error().message()));
  for (const int socket : idle) ::close(socket);
}

TEST_CASE("a member that asks a frozen authority stops at once") {
  Holder holder;
  Member member(holder, "b.example.test");
  const int frozen = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  REQUIRE(::inet_pton(AF_INET, "127.0.0.1", &at.sin_addr) == 1);
  REQUIRE(::bind(frozen, reinterpret_cast<sockaddr*>(&at), sizeof(at)) == 0);
  REQUIRE(::listen(frozen, 4) == 0);
  socklen_t size = sizeof(at);
  REQUIRE(::getsockname(frozen, reinterpret_cast<sockaddr*>(&at), &size) == 0);
  member.rotation.authority =
      remote_authority(fmt::format("127.0.0.1:{}", ntohs(at.sin_port)), member.files,
                       std::chrono::minutes(5), member.clock, member.rotation.stop);
  auto thread = MemberRotation::start(std::move(member.rotation));
  const int asked = ::accept(frozen, nullptr, nullptr);  // it has dialled, and waits
  const auto begin = std::chrono::steady_clock::now();
  thread.reset();
  CHECK(std::chrono::steady_clock::now() - begin < seconds(2));
  ::close(asked);
  ::close(frozen);
}

TEST_CASE("messages that are none are refused") {
  for (const char* body :
       {"", "[]", "{}", R"({"token":1,"request":"","names":[]})", "{\"token\""}) {
    CHECK(read_join(body).error().code() == ErrorCode::InvalidArguments);
    CHECK_FALSE(read_member(body));
  }
  CHECK(read_refusal("nonsense").empty());
}
