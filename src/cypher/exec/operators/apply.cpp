// SPDX-License-Identifier: Apache-2.0
//
// Apply: for each input row the rows of the sub-plan, which runs once per input batch.
#include "cypher/exec/chain.h"
#include "cypher/exec/operators/factory.h"

namespace trellis::cypher::exec {
namespace {

class ApplyInstance final : public OperatorInstance {
 public:
  ApplyInstance(Execution& x, const plan::Apply& op, Chain subplan)
      : OperatorInstance(x), op_(op), subplan_(std::move(subplan)) {}

  Result<Step> step(const PollContext& context) override {
    while (in_ != nullptr && !done_) {
      if (!running_) {
        subplan_.start(*in_);
        running_ = true;
      }
      TRELLIS_TRY_ASSIGN(const Step step, subplan_.next(context));
      if (step == Step::kDone) {
        done_ = true;
        if (!op_.unit) break;
        begin_output();
        out_.select(*in_, nullptr, in_->rows, arena_);
        return Step::kOutput;
      }
      if (step != Step::kOutput) return step;
      if (op_.unit) continue;
      const Batch& rows = subplan_.batch();
      begin_output();
      out_.select(*in_, outer_rows(rows, arena_), rows.rows, arena_);
      out_.overlay(rows, nullptr, rows.rows, arena_);
      return Step::kOutput;
    }
    return need_input();
  }

 protected:
  void on_input() override { running_ = done_ = false; }

 private:
  const plan::Apply& op_;
  Chain subplan_;
  bool running_ = false, done_ = false;
};

}  // namespace

Result<OperatorInstancePtr> make_instance(Execution& x, const plan::Apply& op) {
  TRELLIS_TRY_ASSIGN(Chain subplan, Chain::make(x, *op.subplan));
  return std::make_unique<ApplyInstance>(x, op, std::move(subplan));
}

}  // namespace trellis::cypher::exec
