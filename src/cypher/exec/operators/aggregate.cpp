// SPDX-License-Identifier: Apache-2.0
//
// Aggregate: groups by key values, per argument row. Without keys each argument row is one group,
// also one that no row comes for.
#include <algorithm>
#include <memory>
#include <vector>

#include "cypher/exec/expression_evaluator.h"
#include "cypher/exec/group_table.h"
#include "cypher/exec/operators/factory.h"
#include "cypher/functions/aggregation.h"

namespace trellis::cypher::exec {
namespace {

class AggregateInstance final : public OperatorInstance {
 public:
  AggregateInstance(Execution& x, const plan::Aggregate& op)
      : OperatorInstance(x),
        op_(op),
        evaluator_(x),
        states_arena_(&x.memory()),
        table_(static_cast<uint32_t>(op.keys.size()), x.memory()) {}

  Result<Step> step(const PollContext&) override {
    if (in_ != nullptr) {
      TRELLIS_TRY(consume());
      return need_input();
    }
    if (!finished_) return Step::kNeedInput;
    return emit();
  }

 protected:
  void on_reset() override {
    aggregations_.clear();
    states_arena_.reset();
    table_.clear();
    emitted_ = 0;
    for (const plan::AggregateItem& item : op_.items) {
      aggregations_.push_back(make_aggregation(item.function, item.distinct, states_arena_));
      if (op_.keys.empty()) aggregations_.back()->grow(argument_rows_);
    }
  }

 private:
  Result<> consume() {
    begin_output();  // scratch of this batch
    const uint32_t rows = in_->rows;
    groups_.resize(rows);
    if (op_.keys.empty()) {
      for (uint32_t i = 0; i < rows; ++i) groups_[i] = in_->argument_of(i);
    } else {
      std::vector<Vector> keys;
      for (const plan::ProjectItem& key : op_.keys) {
        TRELLIS_TRY_ASSIGN(const Vector v, evaluator_.evaluate(*key.expression, *in_, arena_));
        keys.push_back(v);
      }
      table_.find_or_add(keys, *in_, groups_.data());
    }
    for (size_t i = 0; i < op_.items.size(); ++i) {
      std::vector<const Value*> arguments;
      for (const plan::ExpressionPtr& argument : op_.items[i].arguments) {
        TRELLIS_TRY_ASSIGN(const Vector v, evaluator_.evaluate(*argument, *in_, arena_));
        arguments.push_back(flatten(v, rows));
      }
      if (!op_.keys.empty()) aggregations_[i]->grow(table_.size());
      TRELLIS_TRY(aggregations_[i]->update(groups_, arguments));
    }
    return {};
  }

  const Value* flatten(const Vector& v, uint32_t rows) {
    if (v.layout() == Vector::Layout::kFlat && v.selection() == nullptr) return v.values();
    auto* values = arena_.alloc_array<Value>(rows);
    for (uint32_t i = 0; i < rows; ++i) values[i] = v.get(i);
    return values;
  }

  Result<Step> emit() {
    const uint32_t total = op_.keys.empty() ? argument_rows_ : table_.size();
    if (emitted_ == total) return Step::kDone;
    begin_output();
    const uint32_t rows = std::min(total - emitted_, capacity());
    for (uint32_t k = 0; k < op_.keys.size(); ++k) {
      auto* values = arena_.alloc_array<Value>(rows);
      for (uint32_t i = 0; i < rows; ++i) values[i] = table_.key(emitted_ + i, k);
      out_.slot(op_.keys[k].slot) = Vector::flat(values);
    }
    for (size_t a = 0; a < op_.items.size(); ++a) {
      auto* values = arena_.alloc_array<Value>(rows);
      for (uint32_t i = 0; i < rows; ++i) {
        TRELLIS_TRY_ASSIGN(values[i], aggregations_[a]->result(emitted_ + i, arena_));
      }
      out_.slot(op_.items[a].slot) = Vector::flat(values);
    }
    auto* arguments = arena_.alloc_array<uint16_t>(rows);
    for (uint32_t i = 0; i < rows; ++i) {
      arguments[i] =
          op_.keys.empty() ? static_cast<uint16_t>(emitted_ + i) : table_.argument(emitted_ + i);
    }
    out_.argument = arguments;
    out_.rows = rows;
    emitted_ += rows;
    return Step::kOutput;
  }

  const plan::Aggregate& op_;
  ExpressionEvaluator evaluator_;
  Arena states_arena_;
  GroupTable table_;
  std::vector<std::unique_ptr<Aggregation>> aggregations_;
  std::vector<uint32_t> groups_;
  uint32_t emitted_ = 0;
};

}  // namespace

Result<OperatorInstancePtr> make_instance(Execution& x, const plan::Aggregate& op) {
  return std::make_unique<AggregateInstance>(x, op);
}

}  // namespace trellis::cypher::exec
