// SPDX-License-Identifier: Apache-2.0
//
// Visibility, conflicts, and the rules of single operations.
#include <thread>

#include "storage_fixture.h"

using namespace trellis;
using namespace trellis::storage;
using value::Value;

TEST_CASE_FIXTURE(Fixture, "a snapshot sees what was committed when it began and its own writes") {
  const NodeId old = committed_user(30);
  auto reader = begin_transaction();
  auto writer = begin_transaction();
  const NodeId fresh = make_user(*writer, 40);
  REQUIRE(lock_nodes(*writer, {old}, LockMode::kExclusive));
  CHECK(*writer->set_node_property(old, age, Value::integer(31)));
  CHECK(get_int(*writer, old, age) == 31);
  CHECK(get_int(*reader, old, age) == 30);
  CHECK(scan(*writer, user) == std::vector<NodeId>{old, fresh});
  CHECK(scan(*reader, user) == std::vector<NodeId>{old});
  REQUIRE(commit(*writer));
  CHECK(writer->commit_index() == database->last_commit_index());
  CHECK(get_int(*reader, old, age) == 30);
  CHECK(scan(*reader).size() == 1);
  auto later = begin_transaction();
  CHECK(get_int(*later, old, age) == 31);
  CHECK(scan(*later, user).size() == 2);
  bool exists[2];
  const NodeId both[2] = {fresh, 999'999};
  later->nodes_exist(both, exists);
  CHECK(exists[0]);
  CHECK_FALSE(exists[1]);
}

TEST_CASE_FIXTURE(Fixture, "a rollback leaves nothing, in indexes and statistics neither") {
  const NodeId kept = committed_user(1);
  {
    auto t = begin_transaction();
    const NodeId gone = make_user(*t, 2);
    relate(*t, kept, gone, knows);
    REQUIRE(lock_nodes(*t, {kept}, LockMode::kExclusive));
    CHECK(*t->set_node_property(kept, age, Value::integer(9)));
    CHECK(*t->add_label(kept, admin));
    CHECK(neighbours(*t, kept).size() == 1);
  }
  auto t = begin_transaction();
  CHECK(scan(*t).size() == 1);
  CHECK(scan_relationships(*t).empty());
  CHECK(neighbours(*t, kept).empty());
  CHECK(get_int(*t, kept, age) == 1);
  CHECK(database->statistics().node_count() == 1);
  CHECK(database->statistics().node_count(user) == 1);
  CHECK(database->statistics().node_count(admin) == 0);
  CHECK(database->statistics().relationship_count() == 0);
}

TEST_CASE_FIXTURE(Fixture, "labels and properties of one node") {
  auto t = begin_transaction();
  const NodeId id = make_user(*t, 5);
  CHECK(*t->add_label(id, admin));
  CHECK_FALSE(*t->add_label(id, admin));
  CHECK(*t->set_node_property(id, name, Value::string("Ada")));
  CHECK_FALSE(*t->set_node_property(id, name, Value::string("Ada")));
  CHECK(*t->set_node_property(id, age, Value::real(5)));  // another type: a change
  CHECK(*t->set_node_property(id, age, Value::null()));
  CHECK_FALSE(*t->set_node_property(id, age, Value::null()));
  REQUIRE(commit(*t));
  auto r = begin_transaction();
  Arena arena;
  auto labels = r->node_labels(id, arena);
  REQUIRE(labels);
  CHECK(std::vector<LabelId>(labels->begin(), labels->end()) == std::vector<LabelId>{user, admin});
  auto all = r->all_node_properties(id, arena);
  REQUIRE(all);
  REQUIRE(all->size() == 1);
  CHECK((*all)[0].key == name);
  CHECK((*all)[0].value.as_string() == "Ada");
  bool has = false;
  r->nodes_have_label(std::span(&id, 1), admin, &has);
  CHECK(has);
  CHECK(scan(*r, admin).size() == 1);
  CHECK(code_of(r->node_labels(77, arena)) == ErrorCode::EntityNotFound);
}

TEST_CASE_FIXTURE(Fixture, "expansion by direction and type, loops once, in pieces") {
  auto t = begin_transaction();
  const NodeId hub = make_user(*t, 0);
  std::vector<NodeId> others;
  for (int i = 0; i < 5000; ++i) {
    others.push_back(make_user(*t, i));
    relate(*t, hub, others.back(), i % 2 ? knows : likes);
  }
  relate(*t, others[0], hub, knows);
  relate(*t, hub, hub, knows);
  for (int round = 0; round < 2; ++round) {
    CHECK(neighbours(*t, hub).size() == 5001);
    CHECK(neighbours(*t, hub, Direction::kOutgoing, {knows}).size() == 2501);
    CHECK(neighbours(*t, hub, Direction::kIncoming).size() == 2);
    CHECK(neighbours(*t, hub, Direction::kBoth).size() == 5002);
    CHECK(neighbours(*t, hub, Direction::kBoth, {likes}).size() == 2500);
    uint64_t degree = 0;
    t->degrees(std::span(&hub, 1), Direction::kBoth, {}, &degree);
    CHECK(degree == 5002);
    t->degrees(std::span(&others[0], 1), Direction::kOutgoing, std::span(&knows, 1), &degree);
    CHECK(degree == 1);
    if (round == 0) {
      REQUIRE(commit(*t));
      t = begin_transaction();
    }
  }
}

TEST_CASE_FIXTURE(Fixture, "deleting: connected nodes are refused, deleted ones are gone") {
  auto t = begin_transaction();
  const NodeId a = make_user(*t, 1);
  const NodeId b = make_user(*t, 2);
  const RelationshipId r = relate(*t, a, b, knows);
  REQUIRE(commit(*t));
  t = begin_transaction();
  REQUIRE(lock_nodes(*t, {a}, LockMode::kExclusive));
  CHECK(*t->delete_node(a));
  CHECK(code_of(commit(*t)) == ErrorCode::DeleteConnectedNode);
  auto before = begin_transaction();
  t = begin_transaction();
  REQUIRE(lock_nodes(*t, {a}, LockMode::kExclusive));
  REQUIRE(drive([&](const PollContext& c) { return t->lock_relationships(std::span(&r, 1), c); }));
  CHECK(*t->delete_relationship(r));
  CHECK_FALSE(*t->delete_relationship(r));
  CHECK(*t->delete_node(a));
  CHECK_FALSE(*t->delete_node(a));
  RelationshipEnds ends;
  REQUIRE(t->relationship_ends(std::span(&r, 1), &ends));
  CHECK(ends.start == a);
  Arena arena;
  CHECK(code_of(t->all_node_properties(a, arena)) == ErrorCode::EntityNotFound);
  CHECK(neighbours(*t, b, Direction::kIncoming).empty());
  REQUIRE(commit(*t));
  CHECK(neighbours(*before, b, Direction::kIncoming) == std::vector<NodeId>{a});
  CHECK(get_int(*before, a, age) == 1);
  t = begin_transaction();
  CHECK(scan(*t) == std::vector<NodeId>{b});
  CHECK(database->statistics().node_count(user) == 1);
  CHECK(database->statistics().relationship_count(knows) == 0);
}

TEST_CASE_FIXTURE(Fixture, "a relationship attached meanwhile outdates the deletion of its node") {
  const NodeId a = committed_user(1);
  const NodeId b = committed_user(2);
  auto deleter = begin_transaction();
  auto attacher = begin_transaction();
  relate(*attacher, a, b, knows);
  REQUIRE(commit(*attacher));
  REQUIRE(lock_nodes(*deleter, {a}, LockMode::kExclusive));
  CHECK(*deleter->delete_node(a));
  CHECK(code_of(commit(*deleter)) == ErrorCode::Outdated);
}

TEST_CASE_FIXTURE(Fixture, "relationship properties have versions too") {
  auto t = begin_transaction();
  const NodeId a = make_user(*t, 1);
  const Property since{age, Value::integer(1999)};
  auto r = t->create_relationship(a, a, likes, std::span(&since, 1));
  REQUIRE(r);
  REQUIRE(commit(*t));
  auto before = begin_transaction();
  t = begin_transaction();
  const auto lock = [&](const PollContext& c) {
    return t->lock_relationships(std::span(&*r, 1), c);
  };
  REQUIRE(drive(lock));
  CHECK(*t->set_relationship_property(*r, age, Value::integer(2000)));
  CHECK(*t->set_relationship_property(*r, age, Value::integer(2001)));
  REQUIRE(commit(*t));
  Arena arena;
  Value out;
  REQUIRE(before->relationship_properties(std::span(&*r, 1), age, arena, &out));
  CHECK(out.as_integer() == 1999);
  t = begin_transaction();
  REQUIRE(t->relationship_properties(std::span(&*r, 1), age, arena, &out));
  CHECK(out.as_integer() == 2001);
  REQUIRE(drive(lock));
  CHECK(*t->set_relationship_property(*r, age, Value::null()));
  t->rollback();
  t = begin_transaction();
  auto all = t->all_relationship_properties(*r, arena);
  REQUIRE(all);
  CHECK(all->size() == 1);
}

TEST_CASE_FIXTURE(Fixture, "a write on a newer version is outdated, waited for or not") {
  const NodeId id = committed_user(1);
  auto first = begin_transaction();
  auto second = begin_transaction();
  auto third = begin_transaction();
  REQUIRE(lock_nodes(*first, {id}, LockMode::kExclusive));
  CHECK(*first->set_node_property(id, age, Value::integer(2)));
  CHECK(*poll_lock(*second, {id}, LockMode::kExclusive) == Poll::kBlocked);
  REQUIRE(commit(*first));
  CHECK(code_of(poll_lock(*second, {id}, LockMode::kExclusive)) == ErrorCode::Outdated);
  second->rollback();
  CHECK(code_of(lock_nodes(*third, {id}, LockMode::kExclusive)) == ErrorCode::Outdated);
}

TEST_CASE_FIXTURE(Fixture, "a writer that waited for a rollback goes on") {
  const NodeId id = committed_user(1);
  auto first = begin_transaction();
  auto second = begin_transaction();
  REQUIRE(lock_nodes(*first, {id}, LockMode::kExclusive));
  CHECK(*first->set_node_property(id, age, Value::integer(2)));
  bool woken = false;
  CHECK(*poll_lock(*second, {id}, LockMode::kExclusive, [&] { woken = true; }) == Poll::kBlocked);
  first->rollback();
  CHECK(woken);
  CHECK(*poll_lock(*second, {id}, LockMode::kExclusive) == Poll::kReady);
  CHECK(*second->set_node_property(id, age, Value::integer(3)));
  REQUIRE(commit(*second));
  CHECK(get_int(*begin_transaction(), id, age) == 3);
}

TEST_CASE_FIXTURE(Fixture, "a circle of waits fails the one who closes it") {
  const NodeId a = committed_user(1);
  const NodeId b = committed_user(2);
  auto first = begin_transaction();
  auto second = begin_transaction();
  REQUIRE(lock_nodes(*first, {a}, LockMode::kExclusive));
  REQUIRE(lock_nodes(*second, {b}, LockMode::kExclusive));
  CHECK(*poll_lock(*first, {b}, LockMode::kExclusive) == Poll::kBlocked);
  CHECK(code_of(poll_lock(*second, {a}, LockMode::kExclusive)) == ErrorCode::DeadlockDetected);
  second->rollback();
  CHECK(*poll_lock(*first, {b}, LockMode::kExclusive) == Poll::kReady);
}

TEST_CASE_FIXTURE(Fixture, "two that share a lock and both want it alone are a deadlock") {
  const NodeId a = committed_user(1);
  auto first = begin_transaction();
  auto second = begin_transaction();
  REQUIRE(lock_nodes(*first, {a}, LockMode::kShared));
  REQUIRE(lock_nodes(*second, {a}, LockMode::kShared));
  CHECK(*poll_lock(*first, {a}, LockMode::kExclusive) == Poll::kBlocked);
  CHECK(code_of(poll_lock(*second, {a}, LockMode::kExclusive)) == ErrorCode::DeadlockDetected);
  second->rollback();
  CHECK(*poll_lock(*first, {a}, LockMode::kExclusive) == Poll::kReady);
}

TEST_CASE_FIXTURE(Fixture, "locks are first come, first served") {
  const NodeId a = committed_user(1);
  auto holder = begin_transaction();
  auto writer = begin_transaction();
  auto reader = begin_transaction();
  REQUIRE(lock_nodes(*holder, {a}, LockMode::kShared));
  CHECK(*poll_lock(*writer, {a}, LockMode::kExclusive) == Poll::kBlocked);
  CHECK(*poll_lock(*reader, {a}, LockMode::kShared) == Poll::kBlocked);
  holder->rollback();
  CHECK(*poll_lock(*reader, {a}, LockMode::kShared) == Poll::kBlocked);
  CHECK(*poll_lock(*writer, {a}, LockMode::kExclusive) == Poll::kReady);
  writer->rollback();
  CHECK(*poll_lock(*reader, {a}, LockMode::kShared) == Poll::kReady);
}

TEST_CASE_FIXTURE(Fixture, "an interrupt ends a wait") {
  const NodeId a = committed_user(1);
  auto holder = begin_transaction();
  auto waiter = begin_transaction();
  auto next = begin_transaction();
  REQUIRE(lock_nodes(*holder, {a}, LockMode::kExclusive));
  bool woken = false;
  CHECK(*poll_lock(*waiter, {a}, LockMode::kExclusive, [&] { woken = true; }) == Poll::kBlocked);
  CHECK(*poll_lock(*next, {a}, LockMode::kExclusive) == Poll::kBlocked);
  waiter->interrupt();
  CHECK(woken);
  CHECK(code_of(poll_lock(*waiter, {a}, LockMode::kExclusive)) == ErrorCode::TransactionTerminated);
  holder->rollback();
  CHECK(*poll_lock(*next, {a}, LockMode::kExclusive) == Poll::kReady);
  auto idle = begin_transaction();
  idle->interrupt();
  CHECK(code_of(idle->create_node({}, {})) == ErrorCode::TransactionTerminated);
}

TEST_CASE_FIXTURE(Fixture, "a change without its lock fails softly when somebody holds it") {
  const NodeId a = committed_user(1);
  auto holder = begin_transaction();
  REQUIRE(lock_nodes(*holder, {a}, LockMode::kExclusive));
  auto rash = begin_transaction();
  CHECK(code_of(rash->set_node_property(a, age, Value::integer(5))) == ErrorCode::DeadlockDetected);
}

TEST_CASE_FIXTURE(Fixture, "without a log thread a commit is ready at its first poll") {
  auto t = begin_transaction();
  make_user(*t, 1);
  CHECK(*t->commit(PollContext{}) == Poll::kReady);
  CHECK(t->commit_index() == database->last_commit_index());
}

TEST_CASE_FIXTURE(Fixture, "bookmarks wait until a commit is visible") {
  const uint64_t index = database->last_commit_index();
  CHECK(database->await_commit_index(index, {}) == Poll::kReady);
  std::atomic<bool> woken{false};
  CHECK(database->await_commit_index(index + 1, PollContext{[&] { woken = true; }}) ==
        Poll::kBlocked);
  committed_user(1);
  CHECK(woken);
  CHECK(database->await_commit_index(index + 1, {}) == Poll::kReady);
}

TEST_CASE_FIXTURE(Fixture, "memory stays bounded when one node is written again and again") {
  const NodeId id = committed_user(0);
  auto reader = begin_transaction();
  for (int i = 1; i <= 3000; ++i) {
    auto t = begin_transaction();
    REQUIRE(lock_nodes(*t, {id}, LockMode::kExclusive));
    REQUIRE(t->set_node_property(id, age, Value::integer(i)));
    REQUIRE(commit(*t));
    if (i == 1500) reader = begin_transaction();
  }
  CHECK(get_int(*reader, id, age) == 1500);
  CHECK(get_int(*begin_transaction(), id, age) == 3000);
}

TEST_CASE_FIXTURE(Fixture, "concurrent increments lose nothing, with and without a log thread") {
  for (const bool with_thread : {false, true}) {
    log_thread = with_thread;
    open();
    const NodeId id = committed_user(0);
    constexpr int kThreads = 4;
    constexpr int kEach = 50;
    std::vector<std::thread> threads;
    for (int n = 0; n < kThreads; ++n) {
      threads.emplace_back([&] {
        for (int done = 0; done < kEach;) {
          auto t = std::move(*database->begin());
          if (!lock_nodes(*t, {id}, LockMode::kExclusive)) continue;  // outdated: again
          Arena arena;
          Value now;
          if (!t->node_properties(std::span(&id, 1), age, arena, &now)) continue;
          if (!t->set_node_property(id, age, Value::integer(now.as_integer() + 1))) continue;
          if (commit(*t)) ++done;
        }
      });
    }
    for (auto& thread : threads) thread.join();
    CHECK(get_int(*begin_transaction(), id, age) == kThreads * kEach);
  }
}

TEST_CASE_FIXTURE(Fixture, "whole segments read alike with and without their columns") {
  std::vector<NodeId> ids;
  {
    auto t = begin_transaction();
    for (int i = 0; i < 3000; ++i) ids.push_back(make_user(*t, i));
    REQUIRE(commit(*t));
  }
  const auto sum = [&](const Transaction& t, KeyId key) {
    Arena arena;
    std::vector<Value> out(kSegmentRows);
    std::vector<NodeId> rows(kSegmentRows);
    int64_t total = 0;
    for (uint32_t s = 0; s < t.node_segment_count(); ++s) {
      const uint32_t count = t.scan_nodes(s, user, rows.data());
      REQUIRE(t.node_properties(std::span(rows).first(count), key, arena, out.data()));
      for (uint32_t i = 0; i < count; ++i) {
        if (out[i].is_number()) total += static_cast<int64_t>(out[i].as_number());
        if (out[i].is(value::Type::kString)) total += 1'000'000;
      }
    }
    return total;
  };
  constexpr int64_t kSum = 3000 * 2999 / 2;
  auto before = begin_transaction();
  CHECK(sum(*before, age) == kSum);
  CHECK(sum(*before, age) == kSum);
  CHECK(sum(*before, name) == 0);
  auto writer = begin_transaction();
  REQUIRE(lock_nodes(*writer, {ids[10], ids[2500]}, LockMode::kExclusive));
  CHECK(*writer->set_node_property(ids[10], age, Value::integer(1010)));
  CHECK(sum(*writer, age) == kSum + 1000);
  CHECK(sum(*before, age) == kSum);
  CHECK(*writer->set_node_property(ids[2500], age, Value::string("old")));
  REQUIRE(commit(*writer));
  CHECK(sum(*before, age) == kSum);
  auto after = begin_transaction();
  for (int i = 0; i < 2; ++i) CHECK(sum(*after, age) == kSum + 1000 - 2500 + 1'000'000);
  CHECK(sum(*before, age) == kSum);
  auto deleter = begin_transaction();
  REQUIRE(lock_nodes(*deleter, {ids[0], ids[1]}, LockMode::kExclusive));
  CHECK(*deleter->delete_node(ids[1]));
  CHECK(*deleter->set_node_property(ids[0], age, Value::real(2.5)));
  REQUIRE(commit(*deleter));
  CHECK(sum(*begin_transaction(), age) == kSum + 1000 - 2500 + 1'000'000 - 1 + 2);
  Arena arena;
  std::vector<Value> out(200);
  CHECK(code_of(begin_transaction()->node_properties(std::span(ids).first(200), age, arena,
                                                     out.data())) == ErrorCode::EntityNotFound);
}
