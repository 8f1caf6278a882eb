// SPDX-License-Identifier: Apache-2.0
//
// = <> < <= > >=, IN, STARTS WITH, ENDS WITH, CONTAINS, =~.
#include <algorithm>

#include "cypher/exec/expression_evaluator.h"
#include "cypher/exec/expressions/kernels.h"
#include "value/access.h"

namespace trellis::cypher::exec {

using plan::Comparison;
using plan::ExpressionKind;
using value::Ternary;
using value::Type;
using value::Value;
using value::Vector;

namespace {

template <class T>
bool holds(Comparison op, T a, T b) {
  switch (op) {
    case Comparison::kEqual:
      return a == b;
    case Comparison::kNotEqual:
      return a != b;
    case Comparison::kLess:
      return a < b;
    case Comparison::kLessOrEqual:
      return a <= b;
    case Comparison::kGreater:
      return a > b;
    case Comparison::kGreaterOrEqual:
      return a >= b;
  }
  TRELLIS_UNREACHABLE();
}

Value compare_values(Comparison op, const Value& a, const Value& b) {
  if (a.is(Type::kInteger) && b.is(Type::kInteger)) {
    return Value::boolean(holds(op, a.as_integer(), b.as_integer()));
  }
  if (op == Comparison::kEqual) return value::to_value(value::equals(a, b));
  if (op == Comparison::kNotEqual) {
    const Ternary t = value::equals(a, b);
    if (t == Ternary::kUnknown) return Value();
    return Value::boolean(t == Ternary::kFalse);
  }
  const auto order = value::compare(a, b);
  if (!order) return Value();
  if (*order == std::partial_ordering::unordered) return Value::boolean(false);  // NaN
  const int sign = *order < 0 ? -1 : (*order > 0 ? 1 : 0);
  return Value::boolean(holds(op, sign, 0));
}

// A constant list of many scalars: sorted once per batch, then searched.
class ScalarSet {
 public:
  // False: the list is not of a kind that searching pays for.
  bool build(const Value& list, uint32_t rows) {
    if (!list.is(Type::kList)) return false;
    const auto elements = list.as_list();
    if (elements.size() < 8 || size_t{rows} * 4 < elements.size()) return false;
    for (const Value& v : elements) {
      if (!v.is(Type::kInteger) && !v.is(Type::kString)) return false;
    }
    hashes_.reserve(elements.size());
    for (uint32_t i = 0; i < elements.size(); ++i)
      hashes_.emplace_back(value::hash(elements[i]), i);
    std::sort(hashes_.begin(), hashes_.end());
    elements_ = elements;
    return true;
  }
  Ternary contains(const Value& v) const {
    if (v.is_null()) return Ternary::kUnknown;
    const uint64_t h = value::hash(v);
    auto at = std::lower_bound(hashes_.begin(), hashes_.end(), std::pair<uint64_t, uint32_t>(h, 0));
    for (; at != hashes_.end() && at->first == h; ++at) {
      if (value::equals(v, elements_[at->second]) == Ternary::kTrue) return Ternary::kTrue;
    }
    return Ternary::kFalse;
  }

 private:
  std::vector<std::pair<uint64_t, uint32_t>> hashes_;
  std::span<const Value> elements_;
};

}  // namespace

Result<Vector> ExpressionEvaluator::compare(const Expression& e, const Rows& rows, Arena& arena) {
  TRELLIS_TRY_ASSIGN(const Vector a, evaluate(*e.args[0], rows, arena));
  TRELLIS_TRY_ASSIGN(const Vector b, evaluate(*e.args[1], rows, arena));
  const Comparison op = e.comparison;
  if (a.is_constant() && b.is_constant()) {
    return Vector::constant(compare_values(op, a.constant_value(), b.constant_value()));
  }
  auto* out = arena.alloc_array<Value>(rows.count);
  if (b.is_constant()) {
    const Value right = b.constant_value();
    for (uint32_t i = 0; i < rows.count; ++i) out[i] = compare_values(op, a.get(i), right);
  } else {
    for (uint32_t i = 0; i < rows.count; ++i) out[i] = compare_values(op, a.get(i), b.get(i));
  }
  return Vector::flat(out);
}

Result<Vector> ExpressionEvaluator::in(const Expression& e, const Rows& rows, Arena& arena) {
  TRELLIS_TRY_ASSIGN(const Vector a, evaluate(*e.args[0], rows, arena));
  TRELLIS_TRY_ASSIGN(const Vector b, evaluate(*e.args[1], rows, arena));
  ScalarSet set;
  if (b.is_constant() && set.build(b.constant_value(), rows.count)) {
    return map_one(a, rows.count, arena, [&](const Value& v) -> Result<Value> {
      return value::to_value(set.contains(v));
    });
  }
  return map_two(a, b, rows.count, arena,
                 [](const Value& v, const Value& l) { return value::in_list(v, l); });
}

Result<Vector> ExpressionEvaluator::text_predicate(const Expression& e, const Rows& rows,
                                                   Arena& arena) {
  TRELLIS_TRY_ASSIGN(const Vector a, evaluate(*e.args[0], rows, arena));
  TRELLIS_TRY_ASSIGN(const Vector b, evaluate(*e.args[1], rows, arena));
  const ExpressionKind kind = e.kind;
  return map_two(a, b, rows.count, arena, [&](const Value& l, const Value& r) -> Result<Value> {
    switch (kind) {
      case ExpressionKind::kStartsWith:
        return value::starts_with(l, r);
      case ExpressionKind::kEndsWith:
        return value::ends_with(l, r);
      case ExpressionKind::kContains:
        return value::contains(l, r);
      default:
        break;
    }
    if (!l.is(Type::kString) || !r.is(Type::kString)) return Value();
    TRELLIS_TRY_ASSIGN(const bool matches, x_.regexes().matches(l.as_string(), r.as_string()));
    return Value::boolean(matches);
  });
}

}  // namespace trellis::cypher::exec
