// SPDX-License-Identifier: Apache-2.0
//
// Indexes, constraints, and the schema's epoch.
#include <thread>

#include "storage_fixture.h"

using namespace trellis;
using namespace trellis::storage;
using value::Value;

namespace {

struct SchemaFixture : Fixture {
  IndexDescriptor on_age() const {
    IndexDescriptor index;
    index.name = "by_age";
    index.token = user;
    index.keys = {age};
    return index;
  }
  ConstraintDescriptor unique_age() const {
    ConstraintDescriptor constraint;
    constraint.name = "one_age";
    constraint.label = user;
    constraint.keys = {age};
    return constraint;
  }
  SchemaId make_index() {
    auto t = begin_transaction();
    auto id = t->create_index(on_age());
    REQUIRE(id);
    REQUIRE(commit(*t));
    return *id;
  }
  void make_constraint() {
    auto t = begin_transaction();
    REQUIRE(t->create_constraint(unique_age()));
    REQUIRE(commit(*t));
  }
  std::vector<NodeId> seek(const Transaction& t, SchemaId index, const Value& key) {
    std::vector<NodeId> found;
    std::optional<NodeId> after;
    while (true) {
      auto done = t.seek_nodes(index, key, after, 2, found);
      REQUIRE(done);
      if (*done) return found;
      after = found.back();
    }
  }
};

}  // namespace

TEST_CASE_FIXTURE(SchemaFixture, "an index made on data finds it, and follows changes") {
  const NodeId a = committed_user(30);
  const NodeId b = committed_user(30);
  auto before = begin_transaction();
  const SchemaId index = make_index();
  CHECK(database->schema()->indexes.size() == 1);
  CHECK(database->schema()->indexes[0].state == IndexState::kOnline);
  auto t = begin_transaction();
  CHECK(seek(*t, index, Value::integer(30)) == std::vector<NodeId>{a, b});
  CHECK(seek(*t, index, Value::real(30.0)) == std::vector<NodeId>{a, b});
  CHECK(seek(*t, index, Value::integer(31)).empty());
  CHECK(seek(*t, index, Value::null()).empty());
  REQUIRE(lock_nodes(*t, {a, b}, LockMode::kExclusive));
  CHECK(*t->set_node_property(a, age, Value::integer(31)));
  CHECK(*t->remove_label(b, user));
  const NodeId c = make_user(*t, 30);
  CHECK(seek(*t, index, Value::integer(30)) == std::vector<NodeId>{c});
  CHECK(seek(*t, index, Value::integer(31)) == std::vector<NodeId>{a});
  CHECK(seek(*before, index, Value::integer(30)) == std::vector<NodeId>{a, b});
  REQUIRE(commit(*t));
  CHECK(seek(*before, index, Value::integer(30)) == std::vector<NodeId>{a, b});
  CHECK(seek(*begin_transaction(), index, Value::integer(30)) == std::vector<NodeId>{c});
}

TEST_CASE_FIXTURE(SchemaFixture, "many nodes under one value come in order and in pieces") {
  const SchemaId index = make_index();
  auto t = begin_transaction();
  std::vector<NodeId> made;
  for (int i = 0; i < 3000; ++i) {
    const NodeId id = make_user(*t, i % 2);
    if (i % 2) made.push_back(id);
  }
  REQUIRE(commit(*t));
  t = begin_transaction();
  CHECK(seek(*t, index, Value::integer(1)) == made);
  std::vector<NodeId> first;
  CHECK_FALSE(*t->seek_nodes(index, Value::integer(1), std::nullopt, 10, first));
  CHECK(first.size() == 10);
}

TEST_CASE_FIXTURE(SchemaFixture,
                  "every schema change raises the epoch, and rules are not doubled") {
  const uint64_t epoch = database->schema()->epoch;
  const SchemaId index = make_index();
  CHECK(database->schema()->epoch > epoch);
  auto t = begin_transaction();
  CHECK(code_of(t->create_index(on_age())) == ErrorCode::EquivalentSchemaRuleExists);
  IndexDescriptor other = on_age();
  other.name = "another";
  CHECK(code_of(t->create_index(other)) == ErrorCode::IndexAlreadyExists);
  other.name = "by_age";
  other.keys = {name};
  CHECK(code_of(t->create_index(other)) == ErrorCode::IndexWithNameExists);
  CHECK(code_of(t->create_constraint(unique_age())) == ErrorCode::IndexAlreadyExists);
  CHECK(code_of(t->drop_index(99)) == ErrorCode::IndexNotFound);
  CHECK(code_of(t->drop_constraint(99)) == ErrorCode::ConstraintNotFound);
  REQUIRE(t->drop_index(index));
  REQUIRE(commit(*t));
  CHECK(database->schema()->indexes.empty());
  t = begin_transaction();
  std::vector<NodeId> found;
  CHECK(code_of(t->seek_nodes(index, Value::integer(1), std::nullopt, 1, found)) ==
        ErrorCode::IndexNotFound);
}

TEST_CASE_FIXTURE(SchemaFixture, "schema and data do not mix; a rolled back index is not there") {
  auto t = begin_transaction();
  make_user(*t, 1);
  CHECK(code_of(t->create_index(on_age())) == ErrorCode::MixedTransaction);
  t = begin_transaction();
  REQUIRE(t->create_index(on_age()));
  CHECK(code_of(t->create_node({}, {})) == ErrorCode::MixedTransaction);
  t->rollback();
  CHECK(database->schema()->indexes.empty());
  make_index();
}

TEST_CASE_FIXTURE(SchemaFixture, "a uniqueness constraint holds for creates, sets and labels") {
  const NodeId a = committed_user(1);
  make_constraint();
  REQUIRE(database->schema()->constraints.size() == 1);
  CHECK(database->schema()->indexes[0].owning_constraint == database->schema()->constraints[0].id);
  auto t = begin_transaction();
  CHECK(code_of(t->drop_index(database->schema()->indexes[0].id)) == ErrorCode::IndexDropFailed);
  t = begin_transaction();
  const Property one{age, Value::integer(1)};
  CHECK(code_of(t->create_node(std::span(&user, 1), std::span(&one, 1))) ==
        ErrorCode::ConstraintValidationFailed);
  const Property one_as_float{age, Value::real(1.0)};
  CHECK(code_of(t->create_node(std::span(&user, 1), std::span(&one_as_float, 1))) ==
        ErrorCode::ConstraintValidationFailed);
  auto plain = t->create_node({}, std::span(&one, 1));
  REQUIRE(plain);
  CHECK(code_of(t->add_label(*plain, user)) == ErrorCode::ConstraintValidationFailed);
  const NodeId b = make_user(*t, 2);
  CHECK(code_of(t->set_node_property(b, age, Value::integer(1))) ==
        ErrorCode::ConstraintValidationFailed);
  // The value moves on within one transaction.
  REQUIRE(lock_nodes(*t, {a}, LockMode::kExclusive));
  CHECK(*t->set_node_property(a, age, Value::integer(3)));
  CHECK(*t->set_node_property(b, age, Value::integer(1)));
  REQUIRE(commit(*t));
  t = begin_transaction();
  REQUIRE(t->drop_constraint(database->schema()->constraints[0].id));
  REQUIRE(commit(*t));
  CHECK(database->schema()->indexes.empty());
  committed_user(1);
}

TEST_CASE_FIXTURE(SchemaFixture, "a constraint is refused over doubles and waits for writers") {
  committed_user(1);
  const NodeId twin = committed_user(1);
  auto t = begin_transaction();
  REQUIRE(t->create_constraint(unique_age()));
  CHECK(code_of(commit(*t)) == ErrorCode::ConstraintCreationFailed);
  CHECK(database->schema()->constraints.empty());
  auto repair = begin_transaction();
  REQUIRE(lock_nodes(*repair, {twin}, LockMode::kExclusive));
  CHECK(*repair->set_node_property(twin, age, Value::integer(2)));
  t = begin_transaction();
  REQUIRE(t->create_constraint(unique_age()));
  bool woken = false;
  CHECK(*t->commit(PollContext{[&] { woken = true; }}) == Poll::kBlocked);
  REQUIRE(commit(*repair));
  CHECK(woken);
  CHECK(commit(*t));
  CHECK(database->schema()->constraints.size() == 1);
}

TEST_CASE_FIXTURE(SchemaFixture, "a key lock keeps two from the same value") {
  make_constraint();
  const uint64_t key = lock_key_of(user, age, Value::integer(7));
  CHECK(key == lock_key_of(user, age, Value::real(7.0)));
  CHECK(key != lock_key_of(admin, age, Value::integer(7)));
  const auto lock = [&](Transaction& t) {
    return t.lock_keys(std::span(&key, 1), PollContext{[] {}});
  };
  auto first = begin_transaction();
  auto second = begin_transaction();
  auto third = begin_transaction();
  CHECK(*lock(*first) == Poll::kReady);
  CHECK(*lock(*second) == Poll::kBlocked);
  make_user(*first, 7);
  REQUIRE(commit(*first));
  CHECK(code_of(lock(*second)) == ErrorCode::Outdated);
  second->rollback();
  CHECK(code_of(lock(*third)) == ErrorCode::Outdated);
  third->rollback();
  auto fourth = begin_transaction();
  CHECK(*lock(*fourth) == Poll::kReady);
}

TEST_CASE_FIXTURE(SchemaFixture, "seeks stay right under writers, rollbacks and old snapshots") {
  const SchemaId index = make_index();
  std::vector<NodeId> ids;
  for (int i = 0; i < 20; ++i) ids.push_back(committed_user(i % 4));
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (int n = 0; n < 2; ++n) {
    threads.emplace_back([&, n] {
      for (uint64_t i = 0; i < 400; ++i) {
        auto t = std::move(*database->begin());
        const NodeId id = ids[(i * 7 + static_cast<uint64_t>(n)) % ids.size()];
        if (!lock_nodes(*t, {id}, LockMode::kExclusive)) continue;
        (void)t->set_node_property(id, age, Value::integer(static_cast<int64_t>(i % 4)));
        if (i % 3 == 0) continue;  // rolls back
        (void)commit(*t);
      }
    });
  }
  threads.emplace_back([&] {
    while (!stop) {
      auto t = std::move(*database->begin());
      size_t found = 0;
      for (int64_t v = 0; v < 4; ++v) {
        std::vector<NodeId> nodes;
        auto done = t->seek_nodes(index, Value::integer(v), std::nullopt, 1000, nodes);
        if (!done || !*done) std::abort();
        found += nodes.size();
      }
      if (found != ids.size()) std::abort();  // each node has exactly one value in a snapshot
    }
  });
  threads[0].join();
  threads[1].join();
  stop = true;
  threads[2].join();
  auto t = begin_transaction();
  for (int64_t v = 0; v < 4; ++v) {
    for (const NodeId id : seek(*t, index, Value::integer(v))) CHECK(get_int(*t, id, age) == v);
  }
}
