// SPDX-License-Identifier: Apache-2.0
#include "federation/connection_pool.h"

#include <doctest/doctest.h>

#include <future>
#include <thread>

#include "unit/federation/bolt_peer.h"

using namespace trellis;
using namespace trellis::federation;
using testing::BoltPeer;
using namespace std::chrono_literals;

namespace {

struct Pool {
  explicit Pool(const BoltPeer& peer) {
    options.alias = "a";
    options.uri = *parse_bolt_uri(peer.uri());
    options.user = "neo4j";
    options.password = Secret("secret");
    options.driver.connection_timeout = 3s;
  }
  ConnectionPool& get() {
    if (!pool) {
      pool = std::make_shared<ConnectionPool>(loop, std::make_shared<TrustStore>(""),
                                              std::move(options));
    }
    return *pool;
  }
  Result<ConnectionPool::Lease> acquire() {
    auto acquisition = get().acquire(cypher::AccessMode::kWrite, "db1");
    while (true) {
      auto woken = std::make_shared<std::promise<void>>();
      auto once = std::make_shared<std::atomic<bool>>(false);
      PollContext context;
      context.waker = [woken, once] {
        if (!once->exchange(true)) woken->set_value();
      };
      auto poll = acquisition->poll(context);
      if (!poll) return fail(std::move(poll).error());
      if (*poll == Poll::kReady) return acquisition->take();
      if (woken->get_future().wait_for(10s) != std::future_status::ready) {
        return fail(ErrorCode::Unknown, "never woken");
      }
    }
  }

  net::EventLoop loop{1};
  PoolOptions options;
  std::shared_ptr<ConnectionPool> pool;
};

}  // namespace

TEST_CASE("connections are lent, given back and lent again") {
  BoltPeer peer;
  Pool pool(peer);
  {
    auto one = pool.acquire();
    auto two = pool.acquire();
    REQUIRE(one.has_value());
    REQUIRE(two.has_value());
    CHECK(pool.get().open_count() == 2);
    CHECK(pool.get().idle_count() == 0);
  }
  CHECK(pool.get().idle_count() == 2);
  CHECK(pool.acquire().has_value());
  CHECK(peer.accepted() == 2);
}

TEST_CASE("a full pool makes wait, in order, up to the acquisition timeout") {
  BoltPeer peer;
  Pool pool(peer);
  pool.options.driver.pool_max_size = 1;
  pool.options.driver.pool_acquisition_timeout = 300ms;
  auto held = pool.acquire();
  REQUIRE(held.has_value());
  const auto began = std::chrono::steady_clock::now();
  const auto late = pool.acquire();
  REQUIRE(!late.has_value());
  CHECK(late.error().code() == ErrorCode::ResourceExhausted);
  const auto waited = std::chrono::steady_clock::now() - began;
  CHECK(waited >= 300ms);
  CHECK(waited < 3s);
  std::thread giver([&] {
    std::this_thread::sleep_for(100ms);
    held->release();
  });
  const auto granted = pool.acquire();
  giver.join();
  CHECK(granted.has_value());
  CHECK(pool.get().open_count() == 1);
  CHECK(peer.accepted() == 1);
}

TEST_CASE("acquisition timeout 0 fails at once") {
  BoltPeer peer;
  Pool pool(peer);
  pool.options.driver.pool_max_size = 1;
  pool.options.driver.pool_acquisition_timeout = 0s;
  auto held = pool.acquire();
  CHECK(pool.acquire().error().code() == ErrorCode::ResourceExhausted);
  held->release();
  CHECK(pool.acquire().has_value());
}

TEST_CASE("many threads never hold more than the limit") {
  BoltPeer peer;
  Pool pool(peer);
  pool.options.driver.pool_max_size = 3;
  (void)pool.get();
  std::atomic<int> holding{0};
  std::atomic<int> most{0};
  std::atomic<int> failed{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) {
        auto lease = pool.acquire();
        if (!lease) {
          ++failed;
          continue;
        }
        const int now = ++holding;
        int seen = most;
        while (now > seen && !most.compare_exchange_weak(seen, now)) {
        }
        --holding;
        if (i % 10 == 0) lease->discard();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(failed == 0);
  CHECK(most <= 3);
  CHECK(pool.get().open_count() <= 3);
}

TEST_CASE("connections that the server closed, or that are too old, are not lent again") {
  BoltPeer peer;
  Pool pool(peer);
  CHECK(pool.acquire().has_value());
  peer.drop_connections();
  REQUIRE(peer.eventually([&] { return peer.connections() == 0; }));
  std::this_thread::sleep_for(50ms);
  CHECK(pool.acquire().has_value());
  CHECK(peer.accepted() == 2);
  Pool aged(peer);
  aged.options.driver.connection_max_lifetime = 50ms;
  CHECK(aged.acquire().has_value());
  std::this_thread::sleep_for(100ms);
  CHECK(aged.acquire().has_value());
  CHECK(peer.accepted() == 4);
}

TEST_CASE("the idle test asks the server, and a failed statement is reset before the next use") {
  BoltPeer peer;
  Pool pool(peer);
  pool.options.driver.pool_idle_test = 0ns;
  CHECK(pool.acquire().has_value());
  CHECK(peer.count(wire::Tag::kReset) == 0);
  CHECK(pool.acquire().has_value());
  CHECK(peer.count(wire::Tag::kReset) == 1);
}

TEST_CASE("a closed pool lends nothing and keeps nothing") {
  BoltPeer peer;
  Pool pool(peer);
  auto held = pool.acquire();
  CHECK(pool.acquire().has_value());
  pool.get().close();
  CHECK(peer.eventually([&] { return peer.connections() == 1; }));
  CHECK(!pool.acquire().has_value());
  held->release();
  CHECK(peer.eventually([&] { return peer.connections() == 0; }));
}

TEST_CASE("URIs") {
  CHECK(parse_bolt_uri("bolt://h")->endpoint == net::Endpoint{"h", 7687});
  CHECK(parse_bolt_uri("neo4j+s://[::1]:99/")->endpoint == net::Endpoint{"::1", 99});
  CHECK(parse_bolt_uri("NEO4J+SSC://h")->encryption == Encryption::kUnverified);
  CHECK(parse_bolt_uri("neo4j://h?a=b&c=d%20e")->routing_context[1].second == "d e");
  for (const char* bad : {"", "h:1", "http://h", "bolt://", "bolt://u:p@h", "bolt://h/path",
                          "bolt://h?a=b", "neo4j://h?a", "neo4j://h?a=", "neo4j://h?a=1&a=2",
                          "neo4j://h?address=x", "bolt://h:99999", "bolt://h:0"}) {
    CAPTURE(bad);
    const auto uri = parse_bolt_uri(bad);
    REQUIRE(!uri.has_value());
    CHECK(uri.error().code() == ErrorCode::InvalidAliasUrl);
  }
}
