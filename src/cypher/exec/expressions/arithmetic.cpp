// SPDX-License-Identifier: Apache-2.0
//
// + - * / % ^ || and unary minus, IS ..., NOT: operators on one or two values.
#include "value/arithmetic.h"

#include <utf8proc.h>

#include <cstdlib>
#include <string>

#include "cypher/exec/expression_evaluator.h"
#include "cypher/exec/expressions/kernels.h"
#include "cypher/functions/type_test.h"

namespace trellis::cypher::exec {

using plan::Arithmetic;
using plan::ExpressionKind;
using value::Type;
using value::Value;
using value::Vector;

Error not_boolean(const Value& value) {
  return make_error(ErrorCode::TypeError, "Expected a boolean value, but got: {}",
                    value::to_text(value));
}

namespace {

Result<Value> apply(Arithmetic op, Arena& arena, const Value& a, const Value& b) {
  switch (op) {
    case Arithmetic::kAdd:
      if (a.is(Type::kInteger) && b.is(Type::kInteger)) {
        int64_t sum;
        if (!__builtin_add_overflow(a.as_integer(), b.as_integer(), &sum)) {
          return Value::integer(sum);
        }
      }
      return value::add(arena, a, b);
    case Arithmetic::kSubtract:
      return value::subtract(arena, a, b);
    case Arithmetic::kMultiply:
      return value::multiply(arena, a, b);
    case Arithmetic::kDivide:
      return value::divide(arena, a, b);
    case Arithmetic::kModulo:
      return value::modulo(a, b);
    case Arithmetic::kPower:
      return value::power(a, b);
  }
  TRELLIS_UNREACHABLE();
}

Result<Value> is_normalized(const Value& v, std::string_view form) {
  if (!v.is(Type::kString)) return Value();
  int options = UTF8PROC_STABLE;
  options |= form.ends_with('D') ? UTF8PROC_DECOMPOSE : UTF8PROC_COMPOSE;
  if (form.starts_with("NFK")) options |= UTF8PROC_COMPAT;
  const std::string_view text = v.as_string();
  utf8proc_uint8_t* normal = nullptr;
  const auto length = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                   static_cast<utf8proc_ssize_t>(text.size()), &normal,
                                   static_cast<utf8proc_option_t>(options));
  if (length < 0) return Value();
  const bool same =
      text == std::string_view(reinterpret_cast<char*>(normal), static_cast<size_t>(length));
  std::free(normal);
  return Value::boolean(same);
}

Result<Value> size_of(const Value& v) {
  if (v.is_null()) return Value();
  TRELLIS_ASSERT(v.is(Type::kList));
  return Value::integer(static_cast<int64_t>(v.as_list().size()));
}

}  // namespace

Result<Vector> ExpressionEvaluator::arithmetic(const Expression& e, const Rows& rows,
                                               Arena& arena) {
  TRELLIS_TRY_ASSIGN(const Vector a, evaluate(*e.args[0], rows, arena));
  TRELLIS_TRY_ASSIGN(const Vector b, evaluate(*e.args[1], rows, arena));
  if (e.kind == ExpressionKind::kConcatenate) {
    return map_two(a, b, rows.count, arena,
                   [&](const Value& l, const Value& r) { return value::concatenate(arena, l, r); });
  }
  const Arithmetic op = e.arithmetic;
  return map_two(a, b, rows.count, arena,
                 [&](const Value& l, const Value& r) { return apply(op, arena, l, r); });
}

Result<Vector> ExpressionEvaluator::unary(const Expression& e, const Rows& rows, Arena& arena) {
  TRELLIS_TRY_ASSIGN(const Vector a, evaluate(*e.args[0], rows, arena));
  return map_one(a, rows.count, arena, [&](const Value& v) -> Result<Value> {
    switch (e.kind) {
      case ExpressionKind::kNot:
        if (v.is_null()) return v;
        if (!v.is(Type::kBoolean)) return fail(not_boolean(v));
        return Value::boolean(!v.as_boolean());
      case ExpressionKind::kNegate:
        return value::negate(arena, v);
      case ExpressionKind::kIsNull:
        return Value::boolean(v.is_null());
      case ExpressionKind::kIsNotNull:
        return Value::boolean(!v.is_null());
      case ExpressionKind::kIsNormalized:
        return is_normalized(v, e.name);
      case ExpressionKind::kTypeTest:
        return Value::boolean(has_type(v, e.type));
      case ExpressionKind::kCountOfSlots:
        return size_of(v);
      default:
        TRELLIS_UNREACHABLE();
    }
  });
}

}  // namespace trellis::cypher::exec
