// SPDX-License-Identifier: Apache-2.0
//
// Evaluates plan expressions over rows, a vector at a time.
//
//   Rows   what an expression is evaluated over: a batch; or chosen rows of other Rows, perhaps
//   with
//          slots bound on top (the element of a comprehension, the accumulator of a reduce). At
//          most kBatchRows of them.
//
// Invariants
//   1. Results live in the arena given, in the batch, in the plan, or in the parameters.
//   2. What Cypher evaluates lazily is evaluated for those rows only that need it: the right sides
//      of AND and OR, branches of CASE, later arguments of coalesce.
//   3. Errors carry the position of the innermost expression that raised them.
// One per operator; not thread-safe.
#pragma once

#include <vector>

#include "cypher/exec/execution.h"
#include "cypher/plan/expression.h"
#include "value/batch.h"

namespace trellis::cypher::exec {

struct Rows {
  uint32_t count = 0;
  const value::Batch* batch = nullptr;    // these rows, or
  const Rows* parent = nullptr;           // rows of those:
  const uint16_t* from_parent = nullptr;  // row i is the parent's row from_parent[i] (null: row i)
  plan::SlotId bound[2] = {plan::kNoSlot, plan::kNoSlot};
  value::Vector bound_values[2];

  static Rows of(const value::Batch& batch) {
    Rows rows;
    rows.count = batch.rows;
    rows.batch = &batch;
    return rows;
  }
  static Rows chosen(const Rows& parent, const uint16_t* rows_of_parent, uint32_t count) {
    Rows rows;
    rows.count = count;
    rows.parent = &parent;
    rows.from_parent = rows_of_parent;
    return rows;
  }
  value::Vector slot(plan::SlotId slot, Arena& arena) const;
};

class ExpressionEvaluator {
 public:
  explicit ExpressionEvaluator(Execution& x) : x_(x) {}

  Result<value::Vector> evaluate(const plan::Expression& e, const Rows& rows, Arena& arena);
  Result<value::Vector> evaluate(const plan::Expression& e, const value::Batch& batch,
                                 Arena& arena) {
    return evaluate(e, Rows::of(batch), arena);
  }
  // An expression without slots (LIMIT, SKIP): evaluated for one row of its own.
  Result<value::Value> evaluate_once(const plan::Expression& e, Arena& arena);
  // Properties of a node or relationship, reference or record. TypeError for anything else.
  Result<std::span<const value::MapEntry>> properties_of_entity(const value::Value& entity,
                                                                Arena& arena);
  // The rows for which the predicate is true, in `out` (rows.count entries); returns how many.
  // Values that are neither boolean nor null are a TypeError.
  Result<uint32_t> filter(const plan::Expression& predicate, const Rows& rows, Arena& arena,
                          uint16_t* out);

 private:
  using Expression = plan::Expression;
  using Value = value::Value;
  using Vector = value::Vector;

  Result<Vector> dispatch(const Expression& e, const Rows& rows, Arena& arena);

  // -- expressions/*.cpp, one family each --
  Result<Vector> property(const Expression& e, const Rows& rows, Arena& arena);
  Result<Vector> properties_of(const Vector& subjects, const plan::Token& key, uint32_t count,
                               Arena& arena);
  Result<Vector> index(const Expression& e, const Rows& rows, Arena& arena);
  Result<Vector> slice(const Expression& e, const Rows& rows, Arena& arena);
  Result<Vector> has_label(const Expression& e, const Rows& rows, Arena& arena);
  Result<Vector> compare(const Expression& e, const Rows& rows, Arena& arena);
  Result<Vector> arithmetic(const Expression& e, const Rows& rows, Arena& arena);
  Result<Vector> in(const Expression& e, const Rows& rows, Arena& arena);
  Result<Vector> text_predicate(const Expression& e, const Rows& rows, Arena& arena);
  Result<Vector> unary(const Expression& e, const Rows& rows, Arena& arena);
  Result<Vector> logic(const Expression& e, const Rows& rows, Arena& arena);
  Result<Vector> exclusive_or(const Expression& e, const Rows& rows, Arena& arena);
  Result<Vector> case_of(const Expression& e, const Rows& rows, Arena& arena);
  Result<Vector> coalesce(const Expression& e, const Rows& rows, Arena& arena);
  Result<Vector> call(const Expression& e, const Rows& rows, Arena& arena);
  Result<Vector> list(const Expression& e, const Rows& rows, Arena& arena);
  Result<Vector> map(const Expression& e, const Rows& rows, Arena& arena);
  Result<Vector> map_projection(const Expression& e, const Rows& rows, Arena& arena);
  Result<Vector> comprehension(const Expression& e, const Rows& rows, Arena& arena);
  Result<Vector> quantifier(const Expression& e, const Rows& rows, Arena& arena);
  Result<Vector> reduce(const Expression& e, const Rows& rows, Arena& arena);
  Result<Vector> path(const Expression& e, const Rows& rows, Arena& arena);
  Result<bool> walk_of(const Expression& e, const std::vector<Vector>& parts, uint32_t row,
                       Arena& arena, std::vector<Value>& walk);

  Execution& x_;
};

}  // namespace trellis::cypher::exec
