// SPDX-License-Identifier: Apache-2.0
#include "net/event_loop.h"

#include <doctest/doctest.h>

#include "net/worker_pool.h"
#include "unit/net/waiting.h"

using namespace trellis;
using namespace trellis::net;
using trellis::testing::on_thread;
using trellis::testing::Promise;

TEST_CASE("tasks posted to one thread run there, in order") {
  EventLoop loop(2);
  std::vector<int> order;
  Promise<bool> done;
  for (int i = 0; i < 100; ++i) {
    loop.thread(1).post([&, i] {
      CHECK(loop.thread(1).is_current());
      CHECK_FALSE(loop.thread(0).is_current());
      order.push_back(i);
    });
  }
  on_thread(loop.thread(1), [] {});
  REQUIRE(order.size() == 100);
  CHECK(std::is_sorted(order.begin(), order.end()));
}

TEST_CASE("a timer fires once, and not after it was cancelled or replaced") {
  EventLoop loop(1);
  IoThread& thread = loop.thread(0);
  std::unique_ptr<Timer> timer;
  int first = 0;
  Promise<bool> fired;
  on_thread(thread, [&] {
    timer = std::make_unique<Timer>(thread);
    timer->arm(std::chrono::milliseconds(0), [&] { ++first; });
    timer->arm(std::chrono::milliseconds(5), [&, fired]() mutable { fired.set(true); });
  });
  CHECK(fired.get());
  on_thread(thread, [&] {
    timer->arm(std::chrono::milliseconds(0), [&] { ++first; });
    timer->cancel();
    timer->arm(std::chrono::milliseconds(0), [&] { ++first; });
    timer.reset();
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  on_thread(thread, [] {});
  CHECK(first == 0);
}

TEST_CASE("a full worker queue says no and keeps the task") {
  WorkerPool pool(1, 2);
  std::promise<void> gate;
  auto opened = gate.get_future().share();
  std::promise<void> started;
  REQUIRE(pool.submit(Task([&started, opened] {
    started.set_value();
    opened.wait();
  })));
  started.get_future().wait();
  std::atomic<int> ran = 0;
  REQUIRE(pool.submit(Task([&] { ++ran; })));
  REQUIRE(pool.submit(Task([&] { ++ran; })));
  Task refused([&] { ran += 10; });
  CHECK_FALSE(pool.submit(refused));
  CHECK(static_cast<bool>(refused));
  gate.set_value();
  Promise<bool> last;
  while (!pool.submit(Task([last]() mutable { last.set(true); }))) std::this_thread::yield();
  CHECK(last.get());
  CHECK(ran == 2);
}

TEST_CASE("endpoints are read and written with brackets where they belong") {
  CHECK(*parse_endpoint("db.example.org", 7687) == Endpoint{"db.example.org", 7687});
  CHECK(*parse_endpoint("10.0.0.1:99", 7687) == Endpoint{"10.0.0.1", 99});
  CHECK(*parse_endpoint(":99", 7687) == Endpoint{"", 99});
  CHECK(*parse_endpoint("[::1]:99", 7687) == Endpoint{"::1", 99});
  CHECK(*parse_endpoint("::1", 7687) == Endpoint{"::1", 7687});
  CHECK(to_string(Endpoint{"::1", 99}) == "[::1]:99");
  for (const char* bad : {"host:", "host:70000", "host:x", "[::1", "[::1]x", "a b", "a/b", "u@h"}) {
    CHECK_MESSAGE(!parse_endpoint(bad, 1), bad);
  }
}
