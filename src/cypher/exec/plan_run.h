// SPDX-License-Identifier: Apache-2.0
//
// One run of a plan from its first row to its last: an Execution and the chain of its operators.
// After kDone everything the statement does is done, and checked (nodes that were deleted while
// they kept relationships). Not thread-safe.
#pragma once

#include <memory>

#include "cypher/exec/chain.h"
#include "cypher/exec/execution.h"

namespace trellis::cypher::exec {

class PlanRun {
 public:
  static Result<std::unique_ptr<PlanRun>> start(ExecutionInputs inputs);

  // kOutput: rows() holds the next rows, at least one; valid until the next call.
  Result<Step> next(const PollContext& context);
  const RowBatch& rows() const;
  const Counters& counters() { return execution_.counters(); }

 private:
  explicit PlanRun(ExecutionInputs inputs)
      : execution_(std::move(inputs)), arguments_(execution_.slot_count()) {}

  Execution execution_;
  value::Batch arguments_;
  std::optional<Chain> chain_;
};

}  // namespace trellis::cypher::exec
