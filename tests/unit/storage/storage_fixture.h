// SPDX-License-Identifier: Apache-2.0
//
// What the tests of storage share: a blocking driver for pollable calls, and short ways to write.
#pragma once

#include <doctest/doctest.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "os/memory_file_system.h"
#include "storage/resident_database.h"

namespace trellis::storage {

// Polls `call(context)` until it is ready or fails, sleeping while it is blocked.
template <class Call>
Result<> drive(Call&& call) {
  struct Signal {
    std::mutex mutex;
    std::condition_variable condition;
    bool woken = false;
  };
  auto signal = std::make_shared<Signal>();
  PollContext context;
  context.waker = [signal] {
    std::lock_guard lock(signal->mutex);
    signal->woken = true;
    signal->condition.notify_one();
  };
  while (true) {
    Result<Poll> poll = call(context);
    if (!poll) return fail(std::move(poll).error());
    if (*poll == Poll::kReady) return {};
    std::unique_lock lock(signal->mutex);
    signal->condition.wait(lock, [&] { return signal->woken; });
    signal->woken = false;
  }
}

inline Result<> commit(Transaction& transaction) {
  return drive([&](const PollContext& context) { return transaction.commit(context); });
}

inline Result<> lock_nodes(Transaction& transaction, std::vector<NodeId> ids, LockMode mode) {
  return drive(
      [&](const PollContext& context) { return transaction.lock_nodes(ids, mode, context); });
}

// One look without waiting: the outcome of a single poll.
inline Result<Poll> poll_lock(
    Transaction& transaction, std::vector<NodeId> ids, LockMode mode, Waker waker = [] {}) {
  return transaction.lock_nodes(ids, mode, PollContext{std::move(waker)});
}

inline std::unique_ptr<Transaction> begin(Database& database) {
  auto transaction = database.begin();
  REQUIRE(transaction);
  return std::move(*transaction);
}

template <class T>
ErrorCode code_of(const Result<T>& result) {
  REQUIRE_FALSE(result);
  return result.error().code();
}

inline std::vector<NodeId> scan(const Transaction& t, std::optional<LabelId> label = std::nullopt) {
  std::vector<NodeId> ids;
  std::vector<NodeId> rows(kSegmentRows);
  for (uint32_t s = 0; s < t.node_segment_count(); ++s) {
    const uint32_t count = t.scan_nodes(s, label, rows.data());
    ids.insert(ids.end(), rows.begin(), rows.begin() + count);
  }
  return ids;
}

inline std::vector<RelationshipId> scan_relationships(const Transaction& t,
                                                      std::optional<TypeId> type = std::nullopt) {
  std::vector<RelationshipId> ids;
  std::vector<RelationshipId> rows(kSegmentRows);
  for (uint32_t s = 0; s < t.relationship_segment_count(); ++s) {
    const uint32_t count = t.scan_relationships(s, type, rows.data());
    ids.insert(ids.end(), rows.begin(), rows.begin() + count);
  }
  return ids;
}

inline int64_t get_int(const Transaction& t, NodeId id, KeyId key) {
  Arena arena;
  value::Value out;
  REQUIRE(t.node_properties(std::span(&id, 1), key, arena, &out));
  return out.is_null() ? -1 : out.as_integer();
}

inline std::vector<NodeId> neighbours(const Transaction& t, NodeId node,
                                      Direction direction = Direction::kOutgoing,
                                      std::vector<TypeId> types = {}) {
  std::vector<NodeId> found;
  ExpandCursor cursor;
  auto batch = std::make_unique<ExpandBatch>();
  bool done = false;
  while (!done) {
    batch->size = 0;
    done = t.expand(std::span(&node, 1), direction, types, cursor, *batch);
    found.insert(found.end(), batch->neighbour.begin(), batch->neighbour.begin() + batch->size);
  }
  return found;
}

// A database in memory with the tokens that most tests use.
struct Fixture {
  Fixture() { open(); }
  void open() {
    database.reset();
    ResidentOptions options;
    options.first_segment_bytes = 64 * 1024;
    options.segment_bytes = 64 * 1024;
    options.log_thread = log_thread;
    auto opened = open_resident(files, "/db", options);
    REQUIRE(opened);
    database = std::move(*opened);
    auto t = begin(*database);
    user = *t->make_token(TokenKind::kLabel, "User");
    admin = *t->make_token(TokenKind::kLabel, "Admin");
    knows = *t->make_token(TokenKind::kType, "KNOWS");
    likes = *t->make_token(TokenKind::kType, "LIKES");
    age = *t->make_token(TokenKind::kKey, "age");
    name = *t->make_token(TokenKind::kKey, "name");
  }
  std::unique_ptr<Transaction> begin_transaction() { return begin(*database); }
  NodeId make_user(Transaction& t, int64_t years) {
    const Property property{age, value::Value::integer(years)};
    auto id = t.create_node(std::span(&user, 1), std::span(&property, 1));
    REQUIRE(id);
    return *id;
  }
  // Commits a user of its own.
  NodeId committed_user(int64_t years) {
    auto t = begin_transaction();
    const NodeId id = make_user(*t, years);
    REQUIRE(commit(*t));
    return id;
  }
  RelationshipId relate(Transaction& t, NodeId from, NodeId to, TypeId type) {
    REQUIRE(lock_nodes(t, {from, to}, LockMode::kShared));
    auto id = t.create_relationship(from, to, type, {});
    REQUIRE(id);
    return *id;
  }

  bool log_thread = false;  // from the next open() on
  os::MemoryFileSystem files;
  std::unique_ptr<Database> database;
  LabelId user, admin;
  TypeId knows, likes;
  KeyId age, name;
};

}  // namespace trellis::storage
