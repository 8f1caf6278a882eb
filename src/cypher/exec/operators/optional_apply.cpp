// SPDX-License-Identifier: Apache-2.0
//
// OptionalApply: as Apply; an input row for which the sub-plan has none comes once, with nulls. It
// comes in its place among the others when the sub-plan keeps the order of its argument rows
// (which all but unions do), else at the end of the batch.
#include <algorithm>
#include <vector>

#include "cypher/exec/chain.h"
#include "cypher/exec/operators/factory.h"

namespace trellis::cypher::exec {
namespace {

bool keeps_order(const plan::Operator& top) {
  for (const plan::Operator* op = &top; op != nullptr; op = op->input.get()) {
    if (op->kind == plan::OperatorKind::kUnion || op->kind == plan::OperatorKind::kAggregate) {
      return false;
    }
  }
  return true;
}

class OptionalApplyInstance final : public OperatorInstance {
 public:
  OptionalApplyInstance(Execution& x, const plan::OptionalApply& op, Chain subplan)
      : OperatorInstance(x),
        op_(op),
        subplan_(std::move(subplan)),
        ordered_(keeps_order(*op.subplan)) {}

  Result<Step> step(const PollContext& context) override {
    while (in_ != nullptr) {
      if (position_ < pending_.size()) {
        emit();
        return Step::kOutput;
      }
      if (done_) break;
      if (!running_) {
        subplan_.start(*in_);
        running_ = true;
      }
      TRELLIS_TRY_ASSIGN(const Step step, subplan_.next(context));
      if (step == Step::kBlocked || step == Step::kYielded) return step;
      pending_.clear();
      position_ = 0;
      if (step == Step::kDone) {
        done_ = true;
        rows_ = nullptr;
        add_missing(in_->rows);
      } else {
        rows_ = &subplan_.batch();
        add_found();
      }
    }
    return need_input();
  }

 protected:
  void on_input() override {
    running_ = done_ = false;
    pending_.clear();
    position_ = 0;
    next_missing_ = 0;
    matched_.assign(in_->rows, false);
  }

 private:
  static constexpr uint32_t kNull = 0xFFFF'FFFF;
  struct Row {
    uint16_t outer;
    uint32_t inner;  // row of the sub-plan's batch, or kNull
  };

  // Outer rows below `end` that nothing was found for and that were not looked at yet.
  void add_missing(uint32_t end) {
    for (; next_missing_ < end; ++next_missing_) {
      if (!matched_[next_missing_])
        pending_.push_back({static_cast<uint16_t>(next_missing_), kNull});
    }
  }

  void add_found() {
    for (uint32_t i = 0; i < rows_->rows; ++i) {
      const uint16_t outer = rows_->argument_of(i);
      matched_[outer] = true;
      if (ordered_) add_missing(outer);
      pending_.push_back({outer, i});
    }
  }

  void emit() {
    begin_output();
    const auto rows =
        static_cast<uint32_t>(std::min<size_t>(pending_.size() - position_, capacity()));
    const Row* const from = pending_.data() + position_;
    position_ += rows;
    auto* outer = arena_.alloc_array<uint16_t>(rows);
    auto* inner = arena_.alloc_array<uint16_t>(rows);
    bool all_found = true;
    for (uint32_t i = 0; i < rows; ++i) {
      outer[i] = from[i].outer;
      all_found = all_found && from[i].inner != kNull;
      inner[i] = static_cast<uint16_t>(from[i].inner);
    }
    out_.select(*in_, outer, rows, arena_);
    if (all_found) {
      out_.overlay(*rows_, inner, rows, arena_);
      return;
    }
    for (uint32_t s = 0; rows_ != nullptr && s < out_.slot_count(); ++s) {
      const Vector& v = rows_->slot(s);
      if (!v.is_set()) continue;
      auto* values = arena_.alloc_array<Value>(rows);
      for (uint32_t i = 0; i < rows; ++i) {
        // Slots of the outer row keep their values.
        values[i] = from[i].inner == kNull ? out_.slot(s).get(i) : v.get(from[i].inner);
      }
      out_.slot(s) = Vector::flat(values);
    }
    for (const plan::SlotId s : op_.nullable) {
      if (!out_.slot(s).is_set()) out_.slot(s) = Vector::constant(Value());
    }
  }

  const plan::OptionalApply& op_;
  Chain subplan_;
  const bool ordered_;
  bool running_ = false, done_ = false;
  const Batch* rows_ = nullptr;
  std::vector<Row> pending_;
  size_t position_ = 0;
  uint32_t next_missing_ = 0;
  std::vector<bool> matched_;
};

}  // namespace

Result<OperatorInstancePtr> make_instance(Execution& x, const plan::OptionalApply& op) {
  TRELLIS_TRY_ASSIGN(Chain subplan, Chain::make(x, *op.subplan));
  return std::make_unique<OptionalApplyInstance>(x, op, std::move(subplan));
}

}  // namespace trellis::cypher::exec
