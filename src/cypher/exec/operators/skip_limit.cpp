// SPDX-License-Identifier: Apache-2.0
//
// Skip and Limit, each counted per argument row.
#include <algorithm>
#include <vector>

#include "cypher/exec/expression_evaluator.h"
#include "cypher/exec/operators/factory.h"
#include "cypher/exec/operators/row_count.h"
#include "value/compare.h"

namespace trellis::cypher::exec {

Result<uint64_t> evaluate_row_count(Execution& x, const plan::Expression& e,
                                    std::string_view clause) {
  Arena arena;
  ExpressionEvaluator evaluator(x);
  TRELLIS_TRY_ASSIGN(const Value v, evaluator.evaluate_once(e, arena));
  if (!v.is(value::Type::kInteger)) {
    return fail(make_error(ErrorCode::RuntimeInvalidArgumentType,
                           "{} needs a non-negative integer, but got: {}", clause,
                           value::to_text(v))
                    .at(e.position));
  }
  if (v.as_integer() < 0) {
    return fail(make_error(ErrorCode::RuntimeNegativeIntegerArgument,
                           "{} needs a non-negative integer, but got: {}", clause, v.as_integer())
                    .at(e.position));
  }
  return static_cast<uint64_t>(v.as_integer());
}

namespace {

class SkipInstance final : public OperatorInstance {
 public:
  SkipInstance(Execution& x, const plan::Skip& op) : OperatorInstance(x), op_(op) {}

  Result<Step> step(const PollContext&) override {
    if (left_.empty()) {
      TRELLIS_TRY_ASSIGN(const uint64_t count, evaluate_row_count(x_, *op_.count, "SKIP"));
      left_.assign(std::max(argument_rows_, 1U), count);
    }
    if (in_ == nullptr || done_) return need_input();
    done_ = true;
    begin_output();
    auto* rows = arena_.alloc_array<uint16_t>(in_->rows);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < in_->rows; ++i) {
      uint64_t& left = left_[in_->argument_of(i)];
      if (left > 0) {
        --left;
      } else {
        rows[kept++] = static_cast<uint16_t>(i);
      }
    }
    if (kept == 0) return need_input();
    out_.select(*in_, kept == in_->rows ? nullptr : rows, kept, arena_);
    return Step::kOutput;
  }

 protected:
  void on_reset() override { left_.clear(); }
  void on_input() override { done_ = false; }

 private:
  const plan::Skip& op_;
  std::vector<uint64_t> left_;  // by argument row
  bool done_ = false;
};

class LimitInstance final : public OperatorInstance {
 public:
  LimitInstance(Execution& x, const plan::Limit& op) : OperatorInstance(x), op_(op) {}

  Result<Step> step(const PollContext&) override {
    if (left_.empty()) {
      TRELLIS_TRY_ASSIGN(const uint64_t count, evaluate_row_count(x_, *op_.count, "LIMIT"));
      left_.assign(std::max(argument_rows_, 1U), count);
      open_ = count == 0 ? 0 : static_cast<uint32_t>(left_.size());
    }
    if (open_ == 0 && !op_.exhaust_input) return Step::kDone;
    if (in_ == nullptr || done_) return need_input();
    done_ = true;
    begin_output();
    auto* rows = arena_.alloc_array<uint16_t>(in_->rows);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < in_->rows; ++i) {
      uint64_t& left = left_[in_->argument_of(i)];
      if (left == 0) continue;
      if (--left == 0) --open_;
      rows[kept++] = static_cast<uint16_t>(i);
    }
    if (kept == 0) return need_input();
    out_.select(*in_, kept == in_->rows ? nullptr : rows, kept, arena_);
    return Step::kOutput;
  }

 protected:
  void on_reset() override { left_.clear(); }
  void on_input() override { done_ = false; }

 private:
  const plan::Limit& op_;
  std::vector<uint64_t> left_;  // by argument row
  uint32_t open_ = 0;           // argument rows that still want rows
  bool done_ = false;
};

}  // namespace

Result<OperatorInstancePtr> make_instance(Execution& x, const plan::Skip& op) {
  return std::make_unique<SkipInstance>(x, op);
}
Result<OperatorInstancePtr> make_instance(Execution& x, const plan::Limit& op) {
  return std::make_unique<LimitInstance>(x, op);
}

}  // namespace trellis::cypher::exec
