// SPDX-License-Identifier: Apache-2.0
//
// One run of one plan: what its operators and expressions share.
//
//   StopSignal       why an execution must stop; set from any thread, the first reason wins
//   ExecutionInputs  everything a run depends on; all of it outlives the run
//   Execution        the run: graph access, memory, counters, parameters
//
// Not thread-safe, save for StopSignal; not bound to a thread.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string_view>

#include "base/arena.h"
#include "base/poll.h"
#include "base/result.h"
#include "cypher/exec/entity_access.h"
#include "cypher/exec/graph_reader.h"
#include "cypher/exec/graph_writer.h"
#include "cypher/functions/function.h"
#include "cypher/functions/regex.h"
#include "cypher/plan/plan.h"
#include "cypher/row_source.h"
#include "value/batch.h"

namespace trellis::cypher::exec {

class StopSignal {
 public:
  void set(ErrorCode reason) noexcept {
    uint32_t none = 0;
    reason_.compare_exchange_strong(none, static_cast<uint32_t>(reason) + 1);
  }
  std::optional<ErrorCode> reason() const {
    const uint32_t r = reason_.load(std::memory_order_relaxed);
    if (r == 0) return std::nullopt;
    return static_cast<ErrorCode>(r - 1);
  }
  // The error for a reason, with its text.
  static Error error(ErrorCode reason);

 private:
  std::atomic<uint32_t> reason_{0};  // code + 1
};

struct ExecutionInputs {
  std::shared_ptr<const plan::Plan> plan;
  storage::Database* database = nullptr;  // with its transaction null: a plan without a graph
  storage::Transaction* transaction = nullptr;
  std::shared_ptr<const security::AccessRules> access;
  value::Value parameters;       // a map, or null
  value::Value auto_parameters;  // a list, or null
  RowSource* source = nullptr;   // of RowSourceScan
  CallEnvironment environment;   // of procedures; transaction, database, access are filled in
  MemoryTracker* memory = nullptr;
  const StopSignal* stop = nullptr;    // of the transaction
  const StopSignal* cancel = nullptr;  // of this statement alone
  PollContext::Clock::time_point deadline = PollContext::Clock::time_point::max();
  ErrorCode deadline_reason = ErrorCode::TransactionTimedOut;
  // Times, clock, zone, randomness of functions; `entities` is filled in.
  FunctionEnvironment functions;
  uint32_t rows_per_batch = value::kBatchRows;
};

class Execution {
 public:
  explicit Execution(ExecutionInputs inputs);
  Execution(const Execution&) = delete;
  Execution& operator=(const Execution&) = delete;

  const plan::Plan& plan() const { return *inputs_.plan; }
  const ExecutionInputs& inputs() const { return inputs_; }
  uint32_t slot_count() const { return inputs_.plan->slot_count; }
  uint32_t rows_per_batch() const { return inputs_.rows_per_batch; }
  MemoryTracker& memory() { return memory_; }
  Counters& counters() { return counters_; }

  bool has_graph() const { return reader_.has_value(); }
  GraphReader& reader() {
    TRELLIS_ASSERT(reader_);
    return *reader_;
  }
  GraphWriter& writer() {
    TRELLIS_ASSERT(writer_);
    return *writer_;
  }
  const EntityAccess& entities() const {
    TRELLIS_ASSERT(entities_);
    return *entities_;
  }
  const CallEnvironment& environment() const { return inputs_.environment; }
  const FunctionEnvironment& functions() const { return inputs_.functions; }
  RegexCache& regexes() { return regexes_; }

  // Fails when stopped, out of time or over the memory limit. Called once per batch and inside long
  // loops over one row.
  Result<> check() const;
  Result<value::Value> parameter(std::string_view name) const;
  Result<value::Value> auto_parameter(uint32_t index) const;

 private:
  ExecutionInputs inputs_;
  MemoryTracker memory_;
  Counters counters_;
  std::optional<GraphReader> reader_;
  std::optional<GraphWriter> writer_;
  std::optional<EntityAccess> entities_;
  RegexCache regexes_;
};

}  // namespace trellis::cypher::exec
