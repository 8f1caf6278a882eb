// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>

#include "security/auth_cache.h"
#include "security/hasher.h"
#include "security/login_throttle.h"
#include "security/password_hash.h"

using namespace trellis;
using namespace trellis::security;

namespace {
// Small cost: the tests are about behaviour.
constexpr Argon2Cost kCheap{64, 1, 1};

Result<bool> wait_for(PasswordJob& job) {
  std::mutex mutex;
  std::condition_variable changed;
  bool woken = false;
  while (true) {
    PollContext context;
    context.waker = [&] {
      const std::lock_guard lock(mutex);
      woken = true;
      changed.notify_one();
    };
    if (job.poll(context) == Poll::kReady) return job.verified();
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return woken; });
    woken = false;
  }
}
}  // namespace

TEST_CASE("a password matches its own hash and no other") {
  const auto encoded = hash_password(Secret("secret-password"));
  REQUIRE(encoded);
  CHECK(encoded->starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
  CHECK(*verify_password(Secret("secret-password"), *encoded));
  CHECK_FALSE(*verify_password(Secret("secret-passwore"), *encoded));
  CHECK_FALSE(*verify_password(Secret(""), *encoded));
  const auto again = hash_password(Secret("secret-password"), kCheap);
  CHECK(*again != *hash_password(Secret("secret-password"), kCheap));
}

TEST_CASE("the reference vector of the PHC form verifies") {
  // The argon2 program: echo -n password | argon2 somesalt -id -t 2 -k 65536 -p 1 -l 24
  CHECK(*verify_password(
      Secret("password"),
      "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"));
}

TEST_CASE("Neo4j's encrypted form verifies") {
  // SHA-256 over salt 0011 and password "abc": one round, and 1024 rounds over the digest.
  const std::string one = "0,6D8020AE88BBE2EB5751D4A6471F8D2847E269D0BD3D7FA73D04E950988D9E4F,0011";
  const std::string many =
      "1,58A0E670F8418D7DF9B012260EA2F066D10C4661AF7CF4819823606587F47CF0,0011";
  CHECK(is_encoded_password(one));
  CHECK(*verify_password(Secret("abc"), one));
  CHECK(*verify_password(Secret("abc"), many));
  CHECK_FALSE(*verify_password(Secret("abd"), one));
  CHECK_FALSE(is_encoded_password("2,00,00"));
  CHECK_FALSE(is_encoded_password("plain text"));
}

TEST_CASE("an unmatchable hash is well formed and matches nothing") {
  const std::string hash = unmatchable_hash(kCheap);
  CHECK(is_encoded_password(hash));
  CHECK_FALSE(*verify_password(Secret(""), hash));
}

TEST_CASE("damaged or hostile hashes are refused without work") {
  for (const std::string_view bad :
       {"", "$argon2id$", "$argon2id$v=19$m=99999999,t=2,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=19$m=64,t=0,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
        "$argon2i$v=19$m=64,t=1,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA"}) {
    CHECK_FALSE(is_encoded_password(bad));
    CHECK_FALSE(*verify_password(Secret("x"), bad));
  }
}

TEST_CASE("the hasher works off-thread and wakes whoever waits") {
  Hasher hasher({1, 8, kCheap});
  const auto encoded = hash_password(Secret("pw"), kCheap);
  auto good = hasher.verify(Secret("pw"), *encoded);
  auto bad = hasher.verify(Secret("pq"), *encoded);
  auto unknown = hasher.verify(Secret("pw"), "");
  REQUIRE(good);
  REQUIRE(bad);
  REQUIRE(unknown);
  CHECK(*wait_for(*good));
  CHECK_FALSE(*wait_for(*bad));
  CHECK_FALSE(*wait_for(*unknown));
}

TEST_CASE("a full hashing queue is a transient error, not a wait") {
  Hasher hasher({1, 2, {64 * 1024, 4, 1}});
  std::vector<PasswordJob> jobs;
  Result<PasswordJob> last = hasher.verify(Secret("a"), "");
  while (last && jobs.size() < 10) {
    jobs.push_back(std::move(*last));
    last = hasher.verify(Secret("a"), "");
  }
  REQUIRE_FALSE(last);
  CHECK(last.error().code() == ErrorCode::ResourceExhausted);
  CHECK(last.error().classification() == Classification::kTransientError);
  CHECK(jobs.size() <= 3);
}

TEST_CASE("waiting jobs fail when the hasher goes away") {
  std::vector<PasswordJob> jobs;
  {
    Hasher hasher({1, 8, {64 * 1024, 2, 1}});
    for (int i = 0; i < 4; ++i) jobs.push_back(std::move(*hasher.verify(Secret("a"), "")));
  }
  int failed = 0;
  for (PasswordJob& job : jobs) {
    PollContext context;
    REQUIRE(job.poll(context) == Poll::kReady);
    if (!job.verified()) ++failed;
  }
  CHECK(failed >= 2);
}

TEST_CASE("three failures lock a name for a while") {
  LoginThrottle throttle({3, std::chrono::seconds(5)}, 2);
  const auto start = LoginThrottle::TimePoint{} + std::chrono::hours(1);
  for (int i = 0; i < 3; ++i) {
    CHECK(throttle.may_attempt("ann", start));
    throttle.record_failure("ann", start);
  }
  CHECK_FALSE(throttle.may_attempt("ann", start + std::chrono::seconds(4)));
  CHECK(throttle.may_attempt("bob", start));
  CHECK(throttle.may_attempt("ann", start + std::chrono::seconds(5)));
  throttle.record_failure("ann", start + std::chrono::seconds(5));
  CHECK_FALSE(throttle.may_attempt("ann", start + std::chrono::seconds(6)));
  throttle.record_success("ann");
  CHECK(throttle.may_attempt("ann", start + std::chrono::seconds(6)));
}

TEST_CASE("the throttle forgets the oldest name when full") {
  LoginThrottle throttle({1, std::chrono::seconds(5)}, 2);
  const auto now = LoginThrottle::TimePoint{} + std::chrono::hours(1);
  for (const char* name : {"a", "b", "c"}) throttle.record_failure(name, now);
  CHECK(throttle.may_attempt("a", now));
  CHECK_FALSE(throttle.may_attempt("b", now));
  CHECK_FALSE(throttle.may_attempt("c", now));
}

TEST_CASE("the login cache knows exactly what was verified") {
  AuthCache cache(std::chrono::minutes(10), 2);
  const auto now = AuthCache::TimePoint{} + std::chrono::hours(1);
  cache.remember("ann", Secret("pw"), "hash1", now);
  CHECK(cache.contains("ann", Secret("pw"), "hash1", now));
  CHECK_FALSE(cache.contains("ann", Secret("px"), "hash1", now));
  CHECK_FALSE(cache.contains("ann", Secret("pw"), "hash2", now));  // password was changed
  CHECK_FALSE(cache.contains("bob", Secret("pw"), "hash1", now));
  CHECK_FALSE(cache.contains("ann", Secret("pw"), "hash1", now + std::chrono::minutes(10)));
  cache.remember("ann", Secret("pw"), "hash1", now);
  cache.drop("ann");
  CHECK_FALSE(cache.contains("ann", Secret("pw"), "hash1", now));
}

TEST_CASE("the login cache is bounded, the least used goes") {
  AuthCache cache(std::chrono::minutes(10), 2);
  const auto now = AuthCache::TimePoint{} + std::chrono::hours(1);
  cache.remember("a", Secret("p"), "h", now);
  cache.remember("b", Secret("p"), "h", now);
  CHECK(cache.contains("a", Secret("p"), "h", now));
  cache.remember("c", Secret("p"), "h", now);
  CHECK(cache.size() == 2);
  CHECK(cache.contains("a", Secret("p"), "h", now));
  CHECK_FALSE(cache.contains("b", Secret("p"), "h", now));
}
