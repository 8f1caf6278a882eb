// SPDX-License-Identifier: Apache-2.0
#include "cypher/exec/expression_evaluator.h"

#include "cypher/exec/expressions/kernels.h"

namespace trellis::cypher::exec {

using plan::ExpressionKind;
using value::Batch;
using value::Value;
using value::Vector;

Vector Rows::slot(plan::SlotId slot, Arena& arena) const {
  if (batch != nullptr) return batch->slot(slot);
  for (int i = 0; i < 2; ++i) {
    if (bound[i] == slot) return bound_values[i];
  }
  const Vector v = parent->slot(slot, arena);
  if (from_parent == nullptr) return v;
  return value::RowSelector(from_parent, count, arena).select(v);
}

Result<Vector> ExpressionEvaluator::evaluate(const Expression& e, const Rows& rows, Arena& arena) {
  auto result = dispatch(e, rows, arena);
  if (!result && result.error().position().line == 0 && e.position.line != 0) {
    return fail(std::move(result.error()).at(e.position));
  }
  return result;
}

Result<Vector> ExpressionEvaluator::dispatch(const Expression& e, const Rows& rows, Arena& arena) {
  switch (e.kind) {
    case ExpressionKind::kLiteral:
      return Vector::constant(e.literal.get());
    case ExpressionKind::kParameter: {
      TRELLIS_TRY_ASSIGN(const Value v, x_.parameter(e.name));
      return Vector::constant(v);
    }
    case ExpressionKind::kAutoParameter: {
      TRELLIS_TRY_ASSIGN(const Value v, x_.auto_parameter(e.index));
      return Vector::constant(v);
    }
    case ExpressionKind::kSlot: {
      const Vector v = rows.slot(e.slot, arena);
      return v.is_set() ? v : Vector::constant(Value());
    }
    case ExpressionKind::kProperty:
      return property(e, rows, arena);
    case ExpressionKind::kIndex:
      return index(e, rows, arena);
    case ExpressionKind::kSlice:
      return slice(e, rows, arena);
    case ExpressionKind::kAnd:
    case ExpressionKind::kOr:
      return logic(e, rows, arena);
    case ExpressionKind::kXor:
      return exclusive_or(e, rows, arena);
    case ExpressionKind::kCompare:
      return compare(e, rows, arena);
    case ExpressionKind::kArithmetic:
    case ExpressionKind::kConcatenate:
      return arithmetic(e, rows, arena);
    case ExpressionKind::kIn:
      return in(e, rows, arena);
    case ExpressionKind::kStartsWith:
    case ExpressionKind::kEndsWith:
    case ExpressionKind::kContains:
    case ExpressionKind::kRegexMatch:
      return text_predicate(e, rows, arena);
    case ExpressionKind::kNot:
    case ExpressionKind::kNegate:
    case ExpressionKind::kIsNull:
    case ExpressionKind::kIsNotNull:
    case ExpressionKind::kIsNormalized:
    case ExpressionKind::kTypeTest:
    case ExpressionKind::kCountOfSlots:
      return unary(e, rows, arena);
    case ExpressionKind::kHasLabel:
      return has_label(e, rows, arena);
    case ExpressionKind::kCall:
      return call(e, rows, arena);
    case ExpressionKind::kCoalesce:
      return coalesce(e, rows, arena);
    case ExpressionKind::kCase:
      return case_of(e, rows, arena);
    case ExpressionKind::kList:
      return list(e, rows, arena);
    case ExpressionKind::kMap:
      return map(e, rows, arena);
    case ExpressionKind::kMapProjection:
      return map_projection(e, rows, arena);
    case ExpressionKind::kListComprehension:
      return comprehension(e, rows, arena);
    case ExpressionKind::kQuantifier:
      return quantifier(e, rows, arena);
    case ExpressionKind::kReduce:
      return reduce(e, rows, arena);
    case ExpressionKind::kPath:
      return path(e, rows, arena);
  }
  TRELLIS_UNREACHABLE();
}

Result<Value> ExpressionEvaluator::evaluate_once(const Expression& e, Arena& arena) {
  Batch batch(x_.slot_count());
  batch.rows = 1;
  TRELLIS_TRY_ASSIGN(const Vector v, evaluate(e, batch, arena));
  return v.get(0);
}

Result<uint32_t> ExpressionEvaluator::filter(const Expression& predicate, const Rows& rows,
                                             Arena& arena, uint16_t* out) {
  TRELLIS_TRY_ASSIGN(const Vector v, evaluate(predicate, rows, arena));
  uint32_t kept = 0;
  for (uint32_t i = 0; i < rows.count; ++i) {
    const Value b = v.get(i);
    if (b.is_true()) {
      out[kept++] = static_cast<uint16_t>(i);
    } else if (!b.is(value::Type::kBoolean) && !b.is_null()) {
      return fail(not_boolean(b).at(predicate.position));
    }
  }
  return kept;
}

}  // namespace trellis::cypher::exec
