// SPDX-License-Identifier: Apache-2.0
#include "server/handshake_gate.h"

#include <doctest/doctest.h>

#include <thread>
#include <vector>

#include "unit/net/waiting.h"

using namespace trellis;
using namespace trellis::server;
using trellis::testing::on_thread;

namespace {

struct Connection final : HandshakeGate::Guest {
  Connection(net::EventLoop& l, HandshakeGate& g) : loop(l), gate(g) {}
  ~Connection() override { gate.leave(*this); }
  net::IoThread& thread() override { return loop.thread(0); }
  void admitted() override { ++admissions; }
  void displaced() override { ++displacements; }

  net::EventLoop& loop;
  HandshakeGate& gate;
  int admissions = 0;
  int displacements = 0;
};

struct House {
  explicit House(size_t most) : gate(most) {}
  std::shared_ptr<Connection> connection() { return std::make_shared<Connection>(loop, gate); }
  void settle() {
    on_thread(loop.thread(0), [] {});
  }
  net::EventLoop loop{1};
  HandshakeGate gate;
};

using Answer = HandshakeGate::Answer;

}  // namespace

TEST_CASE("as many wait as may be inside; the rest is refused") {
  House house(2);
  std::vector<std::shared_ptr<Connection>> guests;
  std::vector<Answer> answers;
  for (int i = 0; i < 6; ++i) {
    guests.push_back(house.connection());
    answers.push_back(house.gate.enter(guests.back()));
  }
  CHECK(answers == std::vector{Answer::kInside, Answer::kInside, Answer::kWait, Answer::kWait,
                               Answer::kFull, Answer::kFull});
  guests[4].reset();  // one that was refused makes no room
  house.settle();
  CHECK(guests[2]->admissions == 0);
  house.gate.leave(*guests[1]);
  house.settle();
  CHECK(guests[2]->admissions == 1);
  CHECK(guests[3]->admissions == 0);
  guests[0].reset();  // destroyed: leaves too
  house.settle();
  CHECK(guests[3]->admissions == 1);
}

TEST_CASE("in a rush, who waits longest takes the place of the oldest before its time") {
  House house(1);
  auto first = house.connection();
  auto second = house.connection();
  auto third = house.connection();
  REQUIRE(house.gate.enter(first) == Answer::kInside);
  REQUIRE(house.gate.enter(second) == Answer::kWait);
  REQUIRE(house.gate.enter(third) == Answer::kFull);  // the first has just come
  std::this_thread::sleep_for(HandshakeGate::kGrace);
  REQUIRE(house.gate.enter(third) == Answer::kWait);
  house.settle();
  CHECK(first->displacements == 1);
  CHECK(second->admissions == 1);
  CHECK_FALSE(house.gate.insist(*second));
  CHECK(third->admissions == 0);
}

TEST_CASE("who insists takes the place of the oldest, once") {
  House house(2);
  auto first = house.connection();
  auto second = house.connection();
  auto third = house.connection();
  REQUIRE(house.gate.enter(first) == Answer::kInside);
  REQUIRE(house.gate.enter(second) == Answer::kInside);
  REQUIRE(house.gate.enter(third) == Answer::kWait);
  CHECK(house.gate.insist(*third));
  CHECK_FALSE(house.gate.insist(*third));
  house.settle();
  CHECK(first->displacements == 1);
  CHECK(second->displacements == 0);
  house.gate.leave(*first);  // its place is no longer its own
  auto fourth = house.connection();
  CHECK(house.gate.enter(fourth) == Answer::kWait);
  house.gate.leave(*fourth);
  house.gate.leave(*second);
  house.settle();
  CHECK(fourth->admissions == 0);
}

TEST_CASE("guests that are gone neither block nor are called") {
  House house(1);
  auto first = house.connection();
  auto second = house.connection();
  auto third = house.connection();
  REQUIRE(house.gate.enter(first) == Answer::kInside);
  REQUIRE(house.gate.enter(second) == Answer::kWait);
  REQUIRE(house.gate.enter(third) == Answer::kFull);
  second.reset();
  REQUIRE(house.gate.enter(third) == Answer::kWait);
  first.reset();
  house.settle();
  CHECK(third->admissions == 1);
}
