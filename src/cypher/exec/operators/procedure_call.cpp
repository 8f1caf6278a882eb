// SPDX-License-Identifier: Apache-2.0
//
// ProcedureCall: for each input row, the rows of the procedure's source, a batch of the source at a
// time. A void procedure lets its row go on.
#include <algorithm>
#include <vector>

#include "cypher/exec/expression_evaluator.h"
#include "cypher/exec/operators/factory.h"

namespace trellis::cypher::exec {
namespace {

class ProcedureCallInstance final : public OperatorInstance {
 public:
  ProcedureCallInstance(Execution& x, const plan::ProcedureCall& op)
      : OperatorInstance(x),
        op_(op),
        evaluator_(x),
        arguments_arena_(&x.memory()),
        arguments_(op.arguments.size()) {}

  Result<Step> step(const PollContext& context) override {
    if (in_ == nullptr) return need_input();
    if (!prepared_) TRELLIS_TRY(prepare());
    while (row_ < in_->rows) {
      if (position_ < batch_.rows) {
        emit();
        return Step::kOutput;
      }
      if (source_ == nullptr) TRELLIS_TRY(open());
      batch_ = {};
      position_ = 0;
      TRELLIS_TRY_ASSIGN(const Poll poll, source_->next(context, batch_));
      if (poll == Poll::kBlocked) return Step::kBlocked;
      if (poll == Poll::kYielded) return Step::kYielded;
      if (batch_.rows > 0) continue;
      source_.reset();
      const uint32_t finished = row_++;
      if (op_.procedure->columns.empty()) {
        begin_output();
        pass_row(finished, 1);
        return Step::kOutput;
      }
    }
    return need_input();
  }

 protected:
  void on_input() override { prepared_ = false; }

 private:
  Result<> prepare() {
    prepared_ = true;
    row_ = 0;
    source_.reset();
    batch_ = {};
    position_ = 0;
    const CallEnvironment& environment = x_.environment();
    const Procedure& procedure = *op_.procedure;
    if (environment.access != nullptr &&
        !environment.access->may_execute_procedure(procedure.name, procedure.admin_only)) {
      return fail(ErrorCode::Forbidden,
                  "Executing the procedure `{}` is not allowed for the current user. Ask an "
                  "administrator for the privilege.",
                  procedure.name);
    }
    arguments_arena_.reset();
    for (size_t i = 0; i < arguments_.size(); ++i) {
      TRELLIS_TRY_ASSIGN(arguments_[i],
                         evaluator_.evaluate(*op_.arguments[i], *in_, arguments_arena_));
    }
    return {};
  }

  Result<> open() {
    std::vector<Value> values;
    for (const Vector& v : arguments_) values.push_back(v.get(row_));
    TRELLIS_TRY_ASSIGN(source_, op_.procedure->open(x_.environment(), values));
    return {};
  }

  void pass_row(uint32_t row, uint32_t times) {
    auto* parents = arena_.alloc_array<uint16_t>(times);
    std::fill_n(parents, times, static_cast<uint16_t>(row));
    out_.select(*in_, parents, times, arena_);
  }

  void emit() {
    begin_output();
    const uint32_t rows = std::min(batch_.rows - position_, capacity());
    pass_row(row_, rows);
    for (const auto& [column, slot] : op_.yields) {
      auto* values = arena_.alloc_array<Value>(rows);
      for (uint32_t i = 0; i < rows; ++i) values[i] = batch_.at(position_ + i, column);
      out_.slot(slot) = Vector::flat(values);
    }
    position_ += rows;
  }

  const plan::ProcedureCall& op_;
  ExpressionEvaluator evaluator_;
  Arena arguments_arena_;
  std::vector<Vector> arguments_;
  std::unique_ptr<RowSource> source_;
  RowBatch batch_;
  uint32_t position_ = 0;
  uint32_t row_ = 0;
  bool prepared_ = false;
};

class RowSourceInstance final : public OperatorInstance {
 public:
  RowSourceInstance(Execution& x, const plan::RowSourceScan& op) : OperatorInstance(x), op_(op) {}

  Result<Step> step(const PollContext& context) override {
    if (in_ == nullptr) return need_input();
    RowSource* source = x_.inputs().source;
    TRELLIS_ASSERT(source != nullptr && in_->rows == 1);
    if (position_ == batch_.rows) {
      batch_ = {};
      position_ = 0;
      TRELLIS_TRY_ASSIGN(const Poll poll, source->next(context, batch_));
      if (poll == Poll::kBlocked) return Step::kBlocked;
      if (poll == Poll::kYielded) return Step::kYielded;
      if (batch_.rows == 0) return need_input();
    }
    begin_output();
    const uint32_t rows = std::min(batch_.rows - position_, capacity());
    for (uint32_t c = 0; c < op_.columns.size(); ++c) {
      auto* values = arena_.alloc_array<Value>(rows);
      for (uint32_t i = 0; i < rows; ++i) values[i] = batch_.at(position_ + i, c);
      if (op_.columns[c] != plan::kNoSlot) out_.slot(op_.columns[c]) = Vector::flat(values);
    }
    out_.rows = rows;
    position_ += rows;
    return Step::kOutput;
  }

 protected:
  void on_input() override {
    batch_ = {};
    position_ = 0;
  }

 private:
  const plan::RowSourceScan& op_;
  RowBatch batch_;
  uint32_t position_ = 0;
};

}  // namespace

Result<OperatorInstancePtr> make_instance(Execution& x, const plan::ProcedureCall& op) {
  return std::make_unique<ProcedureCallInstance>(x, op);
}
Result<OperatorInstancePtr> make_instance(Execution& x, const plan::RowSourceScan& op) {
  return std::make_unique<RowSourceInstance>(x, op);
}
Result<OperatorInstancePtr> make_instance(Execution&, const plan::LoadCsv&) {
  return fail(ErrorCode::NotSupportedHere, "LOAD CSV is not supported by this version.");
}

}  // namespace trellis::cypher::exec
