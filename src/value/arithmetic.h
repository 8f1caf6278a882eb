// SPDX-License-Identifier: Apache-2.0
//
// + - * / % ^ || and unary minus on values. A null operand makes null, except where said.
//   INTEGER op INTEGER is INTEGER (ArithmeticOverflow; division truncates; by zero:
//   DivisionByZero); with a FLOAT the result is FLOAT; ^ is always FLOAT STRING + STRING, STRING +
//   number or boolean (either side): concatenation LIST + LIST, LIST + value, value + LIST:
//   concatenation, appending, prepending temporal instant +- DURATION, DURATION + temporal instant,
//   DURATION +- DURATION, DURATION * number, number * DURATION, DURATION / number
// Anything else is TypeError. Results live in the arena or point to the operands' memory.
#pragma once

#include "base/result.h"
#include "value/value.h"

namespace trellis::value {

Result<Value> add(Arena& arena, const Value& a, const Value& b);
Result<Value> subtract(Arena& arena, const Value& a, const Value& b);
Result<Value> multiply(Arena& arena, const Value& a, const Value& b);
Result<Value> divide(Arena& arena, const Value& a, const Value& b);
Result<Value> modulo(const Value& a, const Value& b);
Result<Value> power(const Value& a, const Value& b);
Result<Value> negate(Arena& arena, const Value& a);
// || : STRING || STRING, LIST || LIST, only.
Result<Value> concatenate(Arena& arena, const Value& a, const Value& b);

}  // namespace trellis::value
