// SPDX-License-Identifier: Apache-2.0
#include "cypher/exec/operators/produce_results.h"

#include "cypher/exec/entity_access.h"
#include "cypher/exec/operators/factory.h"

namespace trellis::cypher::exec {

Result<Step> ProduceResultsInstance::step(const PollContext&) {
  if (in_ == nullptr || done_) return need_input();
  done_ = true;
  begin_output();
  const uint32_t rows = in_->rows;
  const auto columns = static_cast<uint32_t>(op_.columns.size());
  auto* values = arena_.alloc_array<Value>(size_t{rows} * columns);
  for (uint32_t c = 0; c < columns; ++c) {
    const Vector& v = in_->slot(op_.columns[c].slot);
    Value* column = values + size_t{c} * rows;
    for (uint32_t i = 0; i < rows; ++i) {
      const Value value = v.get(i);
      if (value.type() < value::Type::kList || value.type() > value::Type::kPath ||
          !x_.has_graph()) {
        column[i] = value;
      } else {
        TRELLIS_TRY_ASSIGN(column[i], x_.entities().materialize(value, arena_));
      }
    }
  }
  rows_ = RowBatch{rows, columns, values, 1, rows};
  out_.rows = rows;
  return Step::kOutput;
}

Result<OperatorInstancePtr> make_instance(Execution& x, const plan::ProduceResults& op) {
  return std::make_unique<ProduceResultsInstance>(x, op);
}

namespace {

class EmptyResultInstance final : public OperatorInstance {
 public:
  explicit EmptyResultInstance(Execution& x) : OperatorInstance(x) {}
  Result<Step> step(const PollContext&) override { return need_input(); }
};

}  // namespace

Result<OperatorInstancePtr> make_instance(Execution& x, const plan::EmptyResult&) {
  return std::make_unique<EmptyResultInstance>(x);
}

}  // namespace trellis::cypher::exec
