// SPDX-License-Identifier: Apache-2.0
//
// SemiApply: for which input rows does the sub-plan have a row? RollUpApply: what the sub-plan
// yields per input row, as a list or counted.
#include <vector>

#include "cypher/exec/chain.h"
#include "cypher/exec/memory_charge.h"
#include "cypher/exec/operators/factory.h"

namespace trellis::cypher::exec {
namespace {

class SemiApplyInstance final : public OperatorInstance {
 public:
  SemiApplyInstance(Execution& x, const plan::SemiApply& op, Chain subplan)
      : OperatorInstance(x), op_(op), subplan_(std::move(subplan)) {}

  Result<Step> step(const PollContext& context) override {
    if (in_ == nullptr || done_) return need_input();
    if (!running_) {
      subplan_.start(*in_);
      running_ = true;
    }
    while (unmatched_ > 0) {
      TRELLIS_TRY_ASSIGN(const Step step, subplan_.next(context));
      if (step == Step::kDone) break;
      if (step != Step::kOutput) return step;
      const Batch& rows = subplan_.batch();
      for (uint32_t i = 0; i < rows.rows; ++i) {
        const uint16_t outer = rows.argument_of(i);
        if (!matched_[outer]) --unmatched_;
        matched_[outer] = true;
      }
    }
    done_ = true;
    begin_output();
    return op_.result != plan::kNoSlot ? emit_all() : emit_matching();
  }

 protected:
  void on_input() override {
    running_ = done_ = false;
    matched_.assign(in_->rows, false);
    unmatched_ = in_->rows;
  }

 private:
  Step emit_all() {
    auto* values = arena_.alloc_array<Value>(in_->rows);
    for (uint32_t i = 0; i < in_->rows; ++i) values[i] = Value::boolean(matched_[i] != op_.anti);
    out_.select(*in_, nullptr, in_->rows, arena_);
    out_.slot(op_.result) = Vector::flat(values);
    return Step::kOutput;
  }

  Step emit_matching() {
    auto* rows = arena_.alloc_array<uint16_t>(in_->rows);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < in_->rows; ++i) {
      if (matched_[i] != op_.anti) rows[kept++] = static_cast<uint16_t>(i);
    }
    if (kept == 0) return need_input();
    out_.select(*in_, kept == in_->rows ? nullptr : rows, kept, arena_);
    return Step::kOutput;
  }

  const plan::SemiApply& op_;
  Chain subplan_;
  bool running_ = false, done_ = false;
  std::vector<bool> matched_;
  uint32_t unmatched_ = 0;
};

class RollUpApplyInstance final : public OperatorInstance {
 public:
  RollUpApplyInstance(Execution& x, const plan::RollUpApply& op, Chain subplan)
      : OperatorInstance(x),
        op_(op),
        subplan_(std::move(subplan)),
        kept_(&x.memory()),
        charge_(x.memory()) {}

  Result<Step> step(const PollContext& context) override {
    if (in_ == nullptr || done_) return need_input();
    if (!running_) {
      subplan_.start(*in_);
      running_ = true;
    }
    while (true) {
      TRELLIS_TRY_ASSIGN(const Step step, subplan_.next(context));
      if (step == Step::kDone) break;
      if (step != Step::kOutput) return step;
      collect(subplan_.batch());
    }
    done_ = true;
    begin_output();
    out_.select(*in_, nullptr, in_->rows, arena_);
    auto* values = arena_.alloc_array<Value>(in_->rows);
    for (uint32_t i = 0; i < in_->rows; ++i) {
      values[i] = op_.count_only ? Value::integer(static_cast<int64_t>(counts_[i]))
                                 : value::make_list(arena_, lists_[i]);
    }
    out_.slot(op_.result) = Vector::flat(values);
    return Step::kOutput;
  }

 protected:
  void on_input() override {
    running_ = done_ = false;
    kept_.reset();
    charge_.set(0);
    counts_.assign(op_.count_only ? in_->rows : 0, 0);
    lists_.clear();
    lists_.resize(op_.count_only ? 0 : in_->rows);
  }

 private:
  void collect(const Batch& rows) {
    if (op_.count_only) {
      for (uint32_t i = 0; i < rows.rows; ++i) ++counts_[rows.argument_of(i)];
      return;
    }
    const Vector& v = rows.slot(op_.collected);
    for (uint32_t i = 0; i < rows.rows; ++i) {
      lists_[rows.argument_of(i)].push_back(value::copy_into(kept_, v.get(i)));
    }
    charge_.add(rows.rows * sizeof(Value));
  }

  const plan::RollUpApply& op_;
  Chain subplan_;
  Arena kept_;  // what the lists point to; lives until the next input
  MemoryCharge charge_;
  bool running_ = false, done_ = false;
  std::vector<uint64_t> counts_;
  std::vector<std::vector<Value>> lists_;
};

}  // namespace

Result<OperatorInstancePtr> make_instance(Execution& x, const plan::SemiApply& op) {
  TRELLIS_TRY_ASSIGN(Chain subplan, Chain::make(x, *op.subplan));
  return std::make_unique<SemiApplyInstance>(x, op, std::move(subplan));
}
Result<OperatorInstancePtr> make_instance(Execution& x, const plan::RollUpApply& op) {
  TRELLIS_TRY_ASSIGN(Chain subplan, Chain::make(x, *op.subplan));
  return std::make_unique<RollUpApplyInstance>(x, op, std::move(subplan));
}

}  // namespace trellis::cypher::exec
