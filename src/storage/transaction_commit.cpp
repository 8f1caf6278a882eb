// SPDX-License-Identifier: Apache-2.0
#include "storage/resident_transaction.h"

namespace trellis::storage {

ResidentTransaction::ResidentTransaction(std::shared_ptr<Engine> engine)
    : owner_(std::move(engine)), engine_(*owner_), state_(std::make_shared<CommitState>()) {
  set().id = engine_.next_transaction_id();
  set().mark = kMarkBit | set().id;
  set().snapshot = engine_.snapshots.open();
  view_ = {set().snapshot, set().mark};
}

void ResidentTransaction::end() {
  stage_ = Stage::kEnded;
  engine_.snapshots.close(view_.snapshot);
}

// A node that goes must have lost its relationships, those that others made since the snapshot
// included. The exclusive lock keeps new ones away from here on.
Result<> ResidentTransaction::check_deleted_nodes() {
  ReadLatch hold(engine_.latch);
  for (const NodeId id : set().deleted_nodes) {
    uint64_t newest = 0;
    if (!engine_.graph.has_relationships(id, view_.mark, newest)) continue;
    if (newest > view_.snapshot) return outdated();
    return fail(ErrorCode::DeleteConnectedNode,
                "Cannot delete node<{}>, because it still has relationships. To delete this node, "
                "you must first delete its relationships.",
                id);
  }
  return {};
}

Result<Poll> ResidentTransaction::start_commit(const PollContext& context) {
  TRELLIS_TRY(check_interrupt());
  if (!has_writes()) {
    engine_.release(set());
    commit_index_ = view_.snapshot;
    end();
    return Poll::kReady;
  }
  TRELLIS_TRY(engine_.check_open());
  TRELLIS_TRY(engine_.check_log_size(set().ops.bytes().size()));
  if (!earlier_writers_.empty()) {
    // Kept in two places, for the end of a writer and for interrupt(); called once.
    const auto called = std::make_shared<std::atomic_flag>();
    const Waker waker = [called, wake = context.waker] {
      if (wake && !called->test_and_set()) wake();
    };
    if (!engine_.writers.none_of(earlier_writers_, waker)) {
      (void)state_->poll(waker);
      return Poll::kBlocked;
    }
  }
  TRELLIS_TRY(verify_constraints());
  TRELLIS_TRY(check_deleted_nodes());
  stage_ = Stage::kCommitting;
  ticket_ = engine_.commit(state_);
  return await_commit(context);
}

Result<Poll> ResidentTransaction::await_commit(const PollContext& context) {
  auto outcome = state_->poll(context.waker);
  if (!outcome) {
    if (!interrupted_.load() || !engine_.cancel(ticket_)) return Poll::kBlocked;
    engine_.undo(set());
    end();
    return check_interrupt().map([] { return Poll::kReady; });
  }
  end();
  if (!*outcome) return fail(std::move(*outcome).error());
  commit_index_ = **outcome;
  return Poll::kReady;
}

Result<Poll> ResidentTransaction::commit(const PollContext& context) {
  TRELLIS_ASSERT(stage_ != Stage::kEnded);
  if (stage_ == Stage::kCommitting) return await_commit(context);
  auto started = start_commit(context);
  if (!started) rollback();
  return started;
}

void ResidentTransaction::rollback() {
  if (stage_ == Stage::kEnded) return;
  if (stage_ == Stage::kCommitting && !engine_.cancel(ticket_)) {
    // The frame is on its way: the log's thread publishes it, or takes it back.
    end();
    return;
  }
  std::shared_ptr<LockRequest> waiting;
  {
    MutexLock lock(waiting_mutex_);
    waiting.swap(waiting_);
  }
  if (waiting && engine_.locks.cancel(*waiting)) set().locks[waiting->name] = waiting->mode;
  engine_.undo(set());
  end();
}

}  // namespace trellis::storage
