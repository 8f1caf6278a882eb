// SPDX-License-Identifier: Apache-2.0
//
// What a writing transaction has done and holds: enough to publish it, or to undo it, without the
// transaction object. And where its commit is answered.
#pragma once

#include <optional>
#include <unordered_map>
#include <variant>
#include <vector>

#include "base/mutex.h"
#include "storage/lock_table.h"
#include "storage/log_ops.h"
#include "storage/token_catalog.h"

namespace trellis::storage {

struct SchemaChange {
  enum class Kind : uint8_t { kCreateIndex, kDropIndex, kCreateConstraint, kDropConstraint };
  Kind kind;
  SchemaId id = 0;
  IndexDescriptor index;            // of kCreateIndex
  ConstraintDescriptor constraint;  // of kCreateConstraint
};

// Touched by one thread at a time: the transaction's, then the log's.
struct WriteSet {
  uint64_t id = 0;
  uint64_t mark = 0;
  uint64_t snapshot = 0;
  std::vector<NodeId> nodes;            // with a head of this transaction's own
  std::vector<NodeId> deleted_nodes;    // of these
  std::vector<RelationshipId> created;  // relationships, ...
  std::vector<RelationshipId> deleted;
  std::vector<RelationshipId> changed;  // with properties of this transaction's own
  std::unordered_map<LockName, LockMode, LockNameHash> locks;
  std::vector<SchemaChange> schema;
  LogOpWriter ops;
  TokenCounts tokens{};  // all that exist when the frame is made are in the log once it is
};

class CommitState {
 public:
  WriteSet set;

  // Keeps the waker while there is no answer.
  std::optional<Result<uint64_t>> poll(const Waker& waker) EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    if (outcome_) return std::move(outcome_);
    waker_ = waker;
    return std::nullopt;
  }
  void answer(Result<uint64_t> outcome) EXCLUDES(mutex_) {
    Waker waker;
    {
      MutexLock lock(mutex_);
      outcome_ = std::move(outcome);
      waker.swap(waker_);
    }
    if (waker) waker();
  }
  void wake() EXCLUDES(mutex_) {
    Waker waker;
    {
      MutexLock lock(mutex_);
      waker.swap(waker_);
    }
    if (waker) waker();
  }

 private:
  Mutex mutex_;
  std::optional<Result<uint64_t>> outcome_ GUARDED_BY(mutex_);
  Waker waker_ GUARDED_BY(mutex_);
};

}  // namespace trellis::storage
