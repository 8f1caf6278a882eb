// SPDX-License-Identifier: Apache-2.0
//
// AND, OR, XOR in three values, CASE and coalesce: each evaluates a part for those rows only that
// still need it.
#include <numeric>

#include "cypher/exec/expression_evaluator.h"
#include "cypher/exec/expressions/kernels.h"

namespace trellis::cypher::exec {

using plan::ExpressionKind;
using value::Type;
using value::Value;
using value::Vector;

namespace {

// The rows that are still undecided.
struct Active {
  Active(const Rows& all, Arena& arena)
      : rows(all), numbers(arena.alloc_array<uint16_t>(all.count)), count(all.count) {
    std::iota(numbers, numbers + count, uint16_t{0});
  }
  bool is_all() const { return count == rows.count; }
  Rows view() const { return is_all() ? rows : Rows::chosen(rows, numbers, count); }

  const Rows& rows;
  uint16_t* numbers;
  uint32_t count;
};

}  // namespace

Result<Vector> ExpressionEvaluator::logic(const Expression& e, const Rows& rows, Arena& arena) {
  const bool decisive = e.kind == ExpressionKind::kOr;  // the value that ends it
  auto* out = arena.alloc_array<Value>(rows.count);
  std::fill_n(out, rows.count, Value::boolean(!decisive));
  Active active(rows, arena);
  for (const plan::ExpressionPtr& arg : e.args) {
    if (active.count == 0) break;
    // A selection in use must not change under the vectors that refer to it.
    auto* next = arena.alloc_array<uint16_t>(active.count);
    uint32_t kept = 0;
    TRELLIS_TRY_ASSIGN(const Vector v, evaluate(*arg, active.view(), arena));
    for (uint32_t i = 0; i < active.count; ++i) {
      const Value b = v.get(i);
      const uint16_t row = active.numbers[i];
      if (b.is_null()) {
        out[row] = Value();
      } else if (!b.is(Type::kBoolean)) {
        return fail(not_boolean(b).at(arg->position));
      } else if (b.as_boolean() == decisive) {
        out[row] = b;
        continue;
      }
      next[kept++] = row;
    }
    active.numbers = next;
    active.count = kept;
  }
  return Vector::flat(out);
}

Result<Vector> ExpressionEvaluator::exclusive_or(const Expression& e, const Rows& rows,
                                                 Arena& arena) {
  TRELLIS_TRY_ASSIGN(const Vector a, evaluate(*e.args[0], rows, arena));
  TRELLIS_TRY_ASSIGN(const Vector b, evaluate(*e.args[1], rows, arena));
  return map_two(a, b, rows.count, arena, [](const Value& l, const Value& r) -> Result<Value> {
    if (!l.is_null() && !l.is(Type::kBoolean)) return fail(not_boolean(l));
    if (!r.is_null() && !r.is(Type::kBoolean)) return fail(not_boolean(r));
    if (l.is_null() || r.is_null()) return Value();
    return Value::boolean(l.as_boolean() != r.as_boolean());
  });
}

Result<Vector> ExpressionEvaluator::case_of(const Expression& e, const Rows& rows, Arena& arena) {
  auto* out = arena.alloc_array<Value>(rows.count);
  Active active(rows, arena);
  size_t arg = 0;
  for (; arg + 1 < e.args.size() && active.count > 0; arg += 2) {
    TRELLIS_TRY_ASSIGN(const Vector condition, evaluate(*e.args[arg], active.view(), arena));
    auto* yes = arena.alloc_array<uint16_t>(active.count);
    auto* no = arena.alloc_array<uint16_t>(active.count);
    uint32_t yes_count = 0;
    uint32_t no_count = 0;
    for (uint32_t i = 0; i < active.count; ++i) {
      const bool holds = condition.get(i).is_true();
      (holds ? yes[yes_count++] : no[no_count++]) = active.numbers[i];
    }
    if (yes_count > 0) {
      const Rows chosen = Rows::chosen(rows, yes, yes_count);
      TRELLIS_TRY_ASSIGN(const Vector v, evaluate(*e.args[arg + 1], chosen, arena));
      for (uint32_t i = 0; i < yes_count; ++i) out[yes[i]] = v.get(i);
    }
    active.numbers = no;
    active.count = no_count;
  }
  if (active.count > 0) {
    TRELLIS_TRY_ASSIGN(const Vector v, evaluate(*e.args.back(), active.view(), arena));
    for (uint32_t i = 0; i < active.count; ++i) out[active.numbers[i]] = v.get(i);
  }
  return Vector::flat(out);
}

Result<Vector> ExpressionEvaluator::coalesce(const Expression& e, const Rows& rows, Arena& arena) {
  auto* out = arena.alloc_array<Value>(rows.count);
  std::fill_n(out, rows.count, Value());
  Active active(rows, arena);
  for (const plan::ExpressionPtr& arg : e.args) {
    if (active.count == 0) break;
    TRELLIS_TRY_ASSIGN(const Vector v, evaluate(*arg, active.view(), arena));
    auto* next = arena.alloc_array<uint16_t>(active.count);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < active.count; ++i) {
      const Value found = v.get(i);
      if (found.is_null()) {
        next[kept++] = active.numbers[i];
      } else {
        out[active.numbers[i]] = found;
      }
    }
    active.numbers = next;
    active.count = kept;
  }
  return Vector::flat(out);
}

}  // namespace trellis::cypher::exec
