// SPDX-License-Identifier: Apache-2.0
#include "cypher/exec/chain.h"

#include <algorithm>

#include "cypher/exec/operators/factory.h"

namespace trellis::cypher::exec {

Result<Chain> Chain::make(Execution& x, const plan::Operator& top) {
  Chain chain(x);
  for (const plan::Operator* op = &top; op != nullptr; op = op->input.get()) {
    TRELLIS_TRY_ASSIGN(OperatorInstancePtr instance, make_operator(x, *op));
    chain.operators_.push_back(std::move(instance));
  }
  std::reverse(chain.operators_.begin(), chain.operators_.end());
  return chain;
}

void Chain::start(const Batch& arguments) {
  for (OperatorInstancePtr& op : operators_) op->reset(arguments.rows);
  operators_.front()->accept(arguments);
  current_ = 0;
}

Result<Step> Chain::next(const PollContext& context) {
  while (true) {
    TRELLIS_TRY(x_->check());
    TRELLIS_TRY_ASSIGN(const Step step, operators_[current_]->step(context));
    const bool last = current_ + 1 == operators_.size();
    switch (step) {
      case Step::kOutput:
        if (last) return Step::kOutput;
        operators_[current_ + 1]->accept(operators_[current_]->output());
        ++current_;
        break;
      case Step::kNeedInput:
        TRELLIS_ASSERT(current_ > 0);
        --current_;
        break;
      case Step::kDone:
        if (last) return Step::kDone;
        operators_[++current_]->finish();
        break;
      case Step::kBlocked:
      case Step::kYielded:
        return step;
    }
    if (context.slice_over()) return Step::kYielded;
  }
}

void slice(const Batch& input, uint32_t first, uint32_t count, Arena& arena, Batch& out) {
  auto* rows = arena.alloc_array<uint16_t>(count);
  for (uint32_t i = 0; i < count; ++i) rows[i] = static_cast<uint16_t>(first + i);
  out.select(input, rows, count, arena);
}

const uint16_t* outer_rows(const Batch& output, Arena& arena) {
  if (output.argument != nullptr) return output.argument;
  auto* zeros = arena.alloc_array<uint16_t>(output.rows);
  std::fill_n(zeros, output.rows, uint16_t{0});
  return zeros;
}

}  // namespace trellis::cypher::exec
