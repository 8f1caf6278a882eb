// SPDX-License-Identifier: Apache-2.0
//
// Filter: the rows for which the predicate is true.
#include "cypher/exec/expression_evaluator.h"
#include "cypher/exec/operators/factory.h"

namespace trellis::cypher::exec {
namespace {

class FilterInstance final : public OperatorInstance {
 public:
  FilterInstance(Execution& x, const plan::Filter& op)
      : OperatorInstance(x), op_(op), evaluator_(x) {}

  Result<Step> step(const PollContext&) override {
    if (in_ == nullptr || done_) return need_input();
    done_ = true;
    begin_output();
    auto* rows = arena_.alloc_array<uint16_t>(in_->rows);
    TRELLIS_TRY_ASSIGN(const uint32_t kept,
                       evaluator_.filter(*op_.predicate, Rows::of(*in_), arena_, rows));
    if (kept == 0) return need_input();
    out_.select(*in_, kept == in_->rows ? nullptr : rows, kept, arena_);
    return Step::kOutput;
  }

 protected:
  void on_input() override { done_ = false; }

 private:
  const plan::Filter& op_;
  ExpressionEvaluator evaluator_;
  bool done_ = false;
};

}  // namespace

Result<OperatorInstancePtr> make_instance(Execution& x, const plan::Filter& op) {
  return std::make_unique<FilterInstance>(x, op);
}

}  // namespace trellis::cypher::exec
