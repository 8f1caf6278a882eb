// SPDX-License-Identifier: Apache-2.0
#include "cypher/exec/execution.h"

namespace trellis::cypher::exec {

Error StopSignal::error(ErrorCode reason) {
  switch (reason) {
    case ErrorCode::TransactionTimedOut:
      return make_error(reason,
                        "The transaction has been terminated because it ran longer than "
                        "db.transaction.timeout allows. Split the work or raise the setting.");
    case ErrorCode::TransactionTimedOutByClient:
      return make_error(reason,
                        "The transaction has been terminated because it ran longer than the "
                        "timeout that the client gave. Split the work or give more time.");
    case ErrorCode::TransactionTerminated:
      return make_error(reason,
                        "The transaction has been terminated. Retry your operation in a new "
                        "transaction, and you should see a successful result.");
    default:
      return make_error(reason, "The transaction has been stopped ({}).", traits_of(reason).title);
  }
}

Execution::Execution(ExecutionInputs inputs)
    : inputs_(std::move(inputs)), memory_(0, inputs_.memory) {
  TRELLIS_ASSERT(inputs_.plan != nullptr);
  TRELLIS_ASSERT(inputs_.rows_per_batch >= 1 && inputs_.rows_per_batch <= value::kBatchRows);
  if (inputs_.transaction == nullptr) return;
  TRELLIS_ASSERT(inputs_.database != nullptr && inputs_.access != nullptr);
  reader_.emplace(*inputs_.database, *inputs_.transaction, *inputs_.access);
  writer_.emplace(*inputs_.database, *inputs_.transaction, *inputs_.access, counters_);
  entities_.emplace(*reader_);
  inputs_.functions.entities = &*entities_;
  inputs_.environment.transaction = inputs_.transaction;
  inputs_.environment.database = inputs_.database;
  inputs_.environment.access = inputs_.access.get();
}

Result<> Execution::check() const {
  for (const StopSignal* signal : {inputs_.stop, inputs_.cancel}) {
    if (signal == nullptr) continue;
    if (const auto reason = signal->reason()) return fail(StopSignal::error(*reason));
  }
  if (inputs_.deadline != PollContext::Clock::time_point::max() &&
      PollContext::Clock::now() >= inputs_.deadline) {
    return fail(StopSignal::error(inputs_.deadline_reason));
  }
  if (memory_.over_limit()) {
    return fail(ErrorCode::MemoryLimitReached,
                "The transaction uses more memory than db.memory.transaction.max or "
                "dbms.memory.transaction.total.max allows ({} bytes at this point). Make the "
                "query keep fewer rows at once, or raise the limit.",
                memory_.used_bytes());
  }
  return {};
}

Result<value::Value> Execution::parameter(std::string_view name) const {
  if (inputs_.parameters.is(value::Type::kMap)) {
    for (const value::MapEntry& entry : inputs_.parameters.as_map()) {
      if (entry.key == name) return entry.value;
    }
  }
  return fail(ErrorCode::ParameterMissing, "Expected parameter(s): {}", name);
}

Result<value::Value> Execution::auto_parameter(uint32_t index) const {
  TRELLIS_ASSERT(inputs_.auto_parameters.is(value::Type::kList));
  const auto list = inputs_.auto_parameters.as_list();
  TRELLIS_ASSERT(index < list.size());
  return list[index];
}

}  // namespace trellis::cypher::exec
