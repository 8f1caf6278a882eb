// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "storage/resident_transaction.h"

namespace trellis::storage {

bool ResidentTransaction::holds(const LockName& name, LockMode mode) const {
  const auto found = set().locks.find(name);
  return found != set().locks.end() &&
         (mode == LockMode::kShared || found->second == LockMode::kExclusive);
}

tl::unexpected<Error> ResidentTransaction::outdated() const {
  return fail(ErrorCode::Outdated,
              "Another transaction has committed a newer version of what this one wants to change. "
              "Run the transaction again.");
}

Result<> ResidentTransaction::check_interrupt() const {
  if (!interrupted_.load()) return {};
  return fail(ErrorCode::TransactionTerminated,
              "The transaction has been terminated. Run it again if it is still wanted.");
}

Result<> ResidentTransaction::take_lock(const LockName& name, LockMode mode) {
  if (holds(name, mode)) return {};
  if (!engine_.locks.try_acquire(set().id, name, mode)) {
    return fail(ErrorCode::DeadlockDetected,
                "Another transaction holds a lock that this change needs. Run the transaction "
                "again.");
  }
  set().locks[name] = mode;
  return {};
}

Result<Poll> ResidentTransaction::lock_all(LockSpace space, std::vector<uint64_t> ids,
                                           LockMode mode, const PollContext& context) {
  TRELLIS_ASSERT(stage_ == Stage::kActive);
  std::shared_ptr<LockRequest> waiting;
  {
    MutexLock lock(waiting_mutex_);
    waiting = waiting_;
  }
  if (waiting) {
    bool granted = engine_.locks.poll(*waiting, context.waker);
    const bool interrupted = interrupted_.load();
    if (!granted && interrupted) granted = engine_.locks.cancel(*waiting);
    if (!granted && !interrupted) return Poll::kBlocked;
    if (granted) set().locks[waiting->name] = waiting->mode;
    MutexLock lock(waiting_mutex_);
    waiting_.reset();
  }
  TRELLIS_TRY(check_interrupt());
  std::ranges::sort(ids);
  for (const uint64_t id : ids) {
    const LockName name{space, id};
    if (holds(name, mode)) continue;
    auto answer = engine_.locks.acquire(set().id, name, mode, context.waker);
    switch (answer.outcome) {
      case LockTable::Outcome::kGranted:
        set().locks[name] = mode;
        break;
      case LockTable::Outcome::kDeadlock:
        return fail(ErrorCode::DeadlockDetected,
                    "Waiting for a lock would never end: the transactions ahead wait for this "
                    "one. Run the transaction again.");
      case LockTable::Outcome::kQueued: {
        {
          MutexLock lock(waiting_mutex_);
          waiting_ = answer.request;
        }
        // An interrupt that came before waiting_ was set has woken nobody.
        if (interrupted_.load()) engine_.locks.wake(*answer.request);
        return Poll::kBlocked;
      }
    }
  }
  return Poll::kReady;
}

Result<Poll> ResidentTransaction::lock_nodes(std::span<const NodeId> ids, LockMode mode,
                                             const PollContext& context) {
  std::vector<uint64_t> others;  // what this transaction has written is its own already
  {
    ReadLatch hold(engine_.latch);
    for (const NodeId id : ids) {
      const Version* head = engine_.graph.nodes.head(id);
      if (!head || head->stamp != view_.mark) others.push_back(id);
    }
  }
  TRELLIS_TRY_ASSIGN(const Poll poll, lock_all(LockSpace::kNode, others, mode, context));
  if (poll != Poll::kReady) return poll;
  ReadLatch hold(engine_.latch);
  for (const NodeId id : others) {
    const Version* head = engine_.graph.nodes.head(id);
    // For a relationship to attach it matters only that the node still stands.
    if (head && !view_.sees(head->stamp) && (mode == LockMode::kExclusive || head->deleted())) {
      return outdated();
    }
  }
  return Poll::kReady;
}

Result<Poll> ResidentTransaction::lock_relationships(std::span<const RelationshipId> ids,
                                                     const PollContext& context) {
  std::vector<uint64_t> others;
  {
    ReadLatch hold(engine_.latch);
    for (const RelationshipId id : ids) {
      const RelationshipSlot* slot = engine_.graph.relationships.find(id);
      if (!slot || slot->created != view_.mark) others.push_back(id);
    }
  }
  TRELLIS_TRY_ASSIGN(const Poll poll,
                     lock_all(LockSpace::kRelationship, others, LockMode::kExclusive, context));
  if (poll != Poll::kReady) return poll;
  ReadLatch hold(engine_.latch);
  for (const RelationshipId id : others) {
    if (const RelationshipSlot* slot = engine_.graph.relationships.find(id)) {
      TRELLIS_TRY(check_relationship_current(*slot));
    }
  }
  return Poll::kReady;
}

Result<Poll> ResidentTransaction::lock_keys(std::span<const uint64_t> lock_keys,
                                            const PollContext& context) {
  std::vector<uint64_t> keys(lock_keys.begin(), lock_keys.end());
  TRELLIS_TRY_ASSIGN(const Poll poll,
                     lock_all(LockSpace::kKey, keys, LockMode::kExclusive, context));
  if (poll != Poll::kReady) return poll;
  for (const uint64_t key : lock_keys) {
    if (engine_.key_commits.newest(key) > view_.snapshot) return outdated();
  }
  return Poll::kReady;
}

void ResidentTransaction::interrupt() {
  interrupted_ = true;
  std::shared_ptr<LockRequest> waiting;
  {
    MutexLock lock(waiting_mutex_);
    waiting = waiting_;
  }
  if (waiting) engine_.locks.wake(*waiting);
  state_->wake();
}

}  // namespace trellis::storage
