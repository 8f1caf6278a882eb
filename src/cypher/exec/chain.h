// SPDX-License-Identifier: Apache-2.0
//
// A chain of operators, run as a stack of unfinished ones: the topmost that has output is stepped;
// what it makes is handed to the one above it; who needs input hands over to the one below. No
// recursion per row or per operator; a sub-plan is a chain inside an operator.
//
// Protocol: start(arguments), then next() until it answers kDone. The arguments must stay valid
// until then.
#pragma once

#include <vector>

#include "cypher/exec/operator.h"

namespace trellis::cypher::exec {

class Chain {
 public:
  // Instances for `top` and everything below it.
  static Result<Chain> make(Execution& x, const plan::Operator& top);

  // Argument rows are numbered from 0 in the order of the batch.
  void start(const Batch& arguments);
  // kOutput: batch() holds rows. kDone, kBlocked, kYielded: as of operators.
  Result<Step> next(const PollContext& context);
  const Batch& batch() const { return operators_.back()->output(); }
  const OperatorInstance& last() const { return *operators_.back(); }

 private:
  explicit Chain(Execution& x) : x_(&x) {}

  Execution* x_;
  std::vector<OperatorInstancePtr> operators_;  // source first
  size_t current_ = 0;
};

// Rows of a batch beginning at `first`, at most `count`, seen as a batch of their own.
void slice(const Batch& input, uint32_t first, uint32_t count, Arena& arena, Batch& out);

// The argument row of every row of a sub-plan's output, as a selection on the outer batch.
const uint16_t* outer_rows(const Batch& output, Arena& arena);

}  // namespace trellis::cypher::exec
