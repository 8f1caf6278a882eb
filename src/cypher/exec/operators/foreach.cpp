// SPDX-License-Identifier: Apache-2.0
//
// Foreach: runs its sub-plan for every element of each row's list, for the effects; then the input
// rows go on. Elements of many rows make one run, a batch at a time, in order.
#include <vector>

#include "cypher/exec/chain.h"
#include "cypher/exec/expression_evaluator.h"
#include "cypher/exec/operators/factory.h"
#include "value/compare.h"

namespace trellis::cypher::exec {
namespace {

class ForeachInstance final : public OperatorInstance {
 public:
  ForeachInstance(Execution& x, const plan::Foreach& op, Chain subplan)
      : OperatorInstance(x),
        op_(op),
        evaluator_(x),
        subplan_(std::move(subplan)),
        lists_arena_(&x.memory()),
        chunk_arena_(&x.memory()),
        chunk_(x.slot_count()) {}

  Result<Step> step(const PollContext& context) override {
    if (in_ == nullptr || done_) return need_input();
    if (!prepared_) {
      prepared_ = true;
      lists_arena_.reset();
      TRELLIS_TRY_ASSIGN(lists_, evaluator_.evaluate(*op_.list, *in_, lists_arena_));
    }
    while (true) {
      if (running_) {
        TRELLIS_TRY_ASSIGN(const Step step, subplan_.next(context));
        if (step == Step::kOutput) continue;
        if (step != Step::kDone) return step;
        running_ = false;
      }
      TRELLIS_TRY_ASSIGN(const bool more, next_chunk());
      if (!more) break;
      subplan_.start(chunk_);
      running_ = true;
    }
    done_ = true;
    begin_output();
    out_.select(*in_, nullptr, in_->rows, arena_);
    return Step::kOutput;
  }

 protected:
  void on_input() override {
    prepared_ = running_ = done_ = false;
    row_ = 0;
    element_ = 0;
  }

 private:
  Result<bool> next_chunk() {
    chunk_arena_.reset();
    auto* parents = chunk_arena_.alloc_array<uint16_t>(capacity());
    auto* elements = chunk_arena_.alloc_array<Value>(capacity());
    uint32_t rows = 0;
    while (rows < capacity() && row_ < in_->rows) {
      const Value v = lists_.get(row_);
      if (!v.is_null() && !v.is(value::Type::kList)) {
        return fail(
            make_error(ErrorCode::TypeError, "FOREACH needs a list, but got: {}", value::to_text(v))
                .at(op_.list->position));
      }
      if (v.is_null() || element_ == v.as_list().size()) {
        ++row_;
        element_ = 0;
        continue;
      }
      elements[rows] = v.as_list()[element_++];
      parents[rows++] = static_cast<uint16_t>(row_);
    }
    if (rows == 0) return false;
    chunk_.select(*in_, parents, rows, chunk_arena_);
    chunk_.slot(op_.element) = Vector::flat(elements);
    return true;
  }

  const plan::Foreach& op_;
  ExpressionEvaluator evaluator_;
  Chain subplan_;
  Arena lists_arena_;
  Arena chunk_arena_;
  Batch chunk_;
  Vector lists_;
  bool prepared_ = false, running_ = false, done_ = false;
  uint32_t row_ = 0;
  size_t element_ = 0;
};

}  // namespace

Result<OperatorInstancePtr> make_instance(Execution& x, const plan::Foreach& op) {
  TRELLIS_TRY_ASSIGN(Chain subplan, Chain::make(x, *op.subplan));
  return std::make_unique<ForeachInstance>(x, op, std::move(subplan));
}

}  // namespace trellis::cypher::exec
