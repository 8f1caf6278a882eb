// SPDX-License-Identifier: Apache-2.0
//
// What a local transaction and its open streams share. The storage transaction begins with the
// first statement (after the bookmarks it must see), and anew for each retry of an auto-commit
// statement.
//
// Thread-safety: one thread at a time, save for terminate().
#pragma once

#include <memory>
#include <string>

#include "base/mutex.h"
#include "cypher/exec/execution.h"
#include "cypher/graph_session.h"
#include "cypher/local_graph.h"
#include "cypher/plan/plan_provider.h"
#include "os/clock.h"

namespace trellis::cypher::exec {

class TransactionState {
 public:
  TransactionState(PlanProvider& plans, storage::Database& database, const LocalGraphOptions& local,
                   const TransactionOptions& options);
  ~TransactionState();

  PlanProvider& plans() { return plans_; }
  storage::Database& database() { return database_; }
  const LocalGraphOptions& local() const { return local_; }
  bool implicit() const { return implicit_; }
  AccessMode mode() const { return mode_; }

  // Until kReady: waits for the bookmarks, then begins.
  Result<Poll> ensure_begun(const PollContext& context);
  // Drops what was done and lets the next ensure_begun() begin anew.
  void start_over();
  // Fails when the transaction has ended, failed or was stopped.
  Result<> check_usable() const;

  Result<Poll> commit(const PollContext& context);
  void rollback();
  bool committed() const { return ended_ && committed_; }
  std::string bookmark() const;
  void terminate(ErrorCode reason) noexcept;

  // Everything of an execution but plan and parameters.
  ExecutionInputs inputs();
  // The error that a stopped transaction shows instead of what the stop made fail.
  Error translate(Error error) const;

 private:
  PlanProvider& plans_;
  storage::Database& database_;
  const LocalGraphOptions local_;
  const bool implicit_;
  const AccessMode mode_;
  value::ValueHolder metadata_;
  const PollContext::Clock::time_point deadline_;
  const ErrorCode deadline_reason_;
  const std::vector<std::string> bookmarks_;
  MemoryTracker memory_;
  StopSignal stop_;
  os::SystemClock clock_;
  os::Clock::Wall began_;
  RandomBits random_;
  bool ended_ = false;
  bool committed_ = false;
  uint64_t commit_index_ = 0;
  mutable Mutex mutex_;  // of the pointer, for terminate()
  std::unique_ptr<storage::Transaction> storage_;
};

}  // namespace trellis::cypher::exec
