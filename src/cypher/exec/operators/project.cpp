// SPDX-License-Identifier: Apache-2.0
//
// Project: expressions into slots.
#include <vector>

#include "cypher/exec/expression_evaluator.h"
#include "cypher/exec/operators/factory.h"

namespace trellis::cypher::exec {
namespace {

class ProjectInstance final : public OperatorInstance {
 public:
  ProjectInstance(Execution& x, const plan::Project& op)
      : OperatorInstance(x), op_(op), evaluator_(x), results_(op.items.size()) {}

  Result<Step> step(const PollContext&) override {
    if (in_ == nullptr || done_) return need_input();
    done_ = true;
    begin_output();
    // All before any is written: an item may read a slot that another one writes.
    for (size_t i = 0; i < results_.size(); ++i) {
      TRELLIS_TRY_ASSIGN(results_[i], evaluator_.evaluate(*op_.items[i].expression, *in_, arena_));
    }
    if (op_.replaces) {
      out_.rows = in_->rows;
      out_.argument = in_->argument;
    } else {
      out_.select(*in_, nullptr, in_->rows, arena_);
    }
    for (size_t i = 0; i < results_.size(); ++i) out_.slot(op_.items[i].slot) = results_[i];
    return Step::kOutput;
  }

 protected:
  void on_input() override { done_ = false; }

 private:
  const plan::Project& op_;
  ExpressionEvaluator evaluator_;
  std::vector<Vector> results_;
  bool done_ = false;
};

}  // namespace

Result<OperatorInstancePtr> make_instance(Execution& x, const plan::Project& op) {
  return std::make_unique<ProjectInstance>(x, op);
}

}  // namespace trellis::cypher::exec
