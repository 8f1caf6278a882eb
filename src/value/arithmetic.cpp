// SPDX-License-Identifier: Apache-2.0
#include "value/arithmetic.h"

#include <cmath>
#include <limits>

#include "base/memory_limit.h"
#include "value/compare.h"
#include "value/temporal.h"

namespace trellis::value {
namespace {

tl::unexpected<Error> mismatch(std::string_view what, const Value& a, const Value& b) {
  return fail(ErrorCode::TypeError, "Cannot {} {} and {}.", what, type_name(a.type()),
              type_name(b.type()));
}

tl::unexpected<Error> overflow() {
  return fail(ErrorCode::ArithmeticOverflow,
              "The result does not fit into a 64-bit INTEGER. Use FLOAT operands.");
}

tl::unexpected<Error> by_zero() {
  return fail(ErrorCode::DivisionByZero, "An INTEGER cannot be divided by zero.");
}

bool both(const Value& a, const Value& b, Type type) { return a.is(type) && b.is(type); }
bool both_numbers(const Value& a, const Value& b) { return a.is_number() && b.is_number(); }
bool any_null(const Value& a, const Value& b) { return a.is_null() || b.is_null(); }

bool is_instant(const Value& v) {
  switch (v.type()) {
    case Type::kDate:
    case Type::kLocalTime:
    case Type::kTime:
    case Type::kLocalDateTime:
    case Type::kDateTime:
      return true;
    default:
      return false;
  }
}

// What a string may be joined with.
bool has_plain_text(const Value& v) {
  return v.is(Type::kString) || v.is(Type::kBoolean) || v.is_number() || is_instant(v) ||
         v.is(Type::kDuration) || v.is(Type::kPoint);
}

Result<Value> join_text(Arena& arena, std::string_view a, std::string_view b) {
  TRELLIS_TRY(ask_for(arena, uint64_t{a.size()} + b.size()));
  char* out = static_cast<char*>(arena.alloc(a.size() + b.size() + 1, 1));
  if (!a.empty()) std::memcpy(out, a.data(), a.size());
  if (!b.empty()) std::memcpy(out + a.size(), b.data(), b.size());
  return Value::string({out, a.size() + b.size()});
}

Result<Value> join_lists(Arena& arena, std::span<const Value> a, std::span<const Value> b) {
  TRELLIS_TRY(ask_for(arena, (uint64_t{a.size()} + b.size()) * sizeof(Value)));
  Value* out = arena.alloc_array<Value>(a.size() + b.size());
  std::uninitialized_copy(a.begin(), a.end(), out);
  std::uninitialized_copy(b.begin(), b.end(), out + a.size());
  return Value::list({out, a.size() + b.size()});
}

Result<Value> wrap(Arena& arena, Result<Duration> duration) {
  if (!duration) return tl::unexpected<Error>(std::move(duration).error());
  return make_duration(arena, *duration);
}

Result<Value> multiply_duration(Arena& arena, const Duration& d, const Value& number) {
  if (number.is(Type::kInteger)) return wrap(arena, scale(d, number.as_integer()));
  return wrap(arena, scale(d, number.as_float()));
}

}  // namespace

Result<Value> add(Arena& arena, const Value& a, const Value& b) {
  if (any_null(a, b)) return Value();
  if (both(a, b, Type::kInteger)) {
    int64_t sum = 0;
    if (__builtin_add_overflow(a.as_integer(), b.as_integer(), &sum)) return overflow();
    return Value::integer(sum);
  }
  if (both_numbers(a, b)) return Value::real(a.as_number() + b.as_number());
  if (a.is(Type::kList)) {
    const std::span<const Value> tail = b.is(Type::kList) ? b.as_list() : std::span(&b, 1);
    return join_lists(arena, a.as_list(), tail);
  }
  if (b.is(Type::kList)) return join_lists(arena, std::span(&a, 1), b.as_list());
  if (both(a, b, Type::kString)) return join_text(arena, a.as_string(), b.as_string());
  if ((a.is(Type::kString) && has_plain_text(b)) || (b.is(Type::kString) && has_plain_text(a))) {
    return join_text(arena, to_full_text(a), to_full_text(b));
  }
  if (both(a, b, Type::kDuration)) {
    return wrap(arena, plus(a.as_duration(), b.as_duration()));
  }
  if (is_instant(a) && b.is(Type::kDuration)) return add_duration(arena, a, b.as_duration());
  if (is_instant(b) && a.is(Type::kDuration)) return add_duration(arena, b, a.as_duration());
  return mismatch("add", a, b);
}

Result<Value> subtract(Arena& arena, const Value& a, const Value& b) {
  if (any_null(a, b)) return Value();
  if (both(a, b, Type::kInteger)) {
    int64_t difference = 0;
    if (__builtin_sub_overflow(a.as_integer(), b.as_integer(), &difference)) return overflow();
    return Value::integer(difference);
  }
  if (both_numbers(a, b)) return Value::real(a.as_number() - b.as_number());
  if (both(a, b, Type::kDuration)) {
    return wrap(arena, minus(a.as_duration(), b.as_duration()));
  }
  if (is_instant(a) && b.is(Type::kDuration)) return subtract_duration(arena, a, b.as_duration());
  return mismatch("subtract", a, b);
}

Result<Value> multiply(Arena& arena, const Value& a, const Value& b) {
  if (any_null(a, b)) return Value();
  if (both(a, b, Type::kInteger)) {
    int64_t product = 0;
    if (__builtin_mul_overflow(a.as_integer(), b.as_integer(), &product)) return overflow();
    return Value::integer(product);
  }
  if (both_numbers(a, b)) return Value::real(a.as_number() * b.as_number());
  if (a.is(Type::kDuration) && b.is_number()) return multiply_duration(arena, a.as_duration(), b);
  if (b.is(Type::kDuration) && a.is_number()) return multiply_duration(arena, b.as_duration(), a);
  return mismatch("multiply", a, b);
}

Result<Value> divide(Arena& arena, const Value& a, const Value& b) {
  if (any_null(a, b)) return Value();
  if (both(a, b, Type::kInteger)) {
    if (b.as_integer() == 0) return by_zero();
    if (b.as_integer() == -1) return negate(arena, a);
    return Value::integer(a.as_integer() / b.as_integer());
  }
  if (both_numbers(a, b)) return Value::real(a.as_number() / b.as_number());
  if (a.is(Type::kDuration) && b.is_number()) {
    if (b.is(Type::kInteger) && b.as_integer() == 0) return by_zero();
    return wrap(arena, quotient(a.as_duration(), b.as_number()));
  }
  return mismatch("divide", a, b);
}

Result<Value> modulo(const Value& a, const Value& b) {
  if (any_null(a, b)) return Value();
  if (both(a, b, Type::kInteger)) {
    if (b.as_integer() == 0) return by_zero();
    if (b.as_integer() == -1) return Value::integer(0);
    return Value::integer(a.as_integer() % b.as_integer());
  }
  if (both_numbers(a, b)) return Value::real(std::fmod(a.as_number(), b.as_number()));
  return mismatch("take the remainder of", a, b);
}

Result<Value> power(const Value& a, const Value& b) {
  if (any_null(a, b)) return Value();
  if (both_numbers(a, b)) return Value::real(std::pow(a.as_number(), b.as_number()));
  return mismatch("raise to a power", a, b);
}

Result<Value> negate(Arena& arena, const Value& a) {
  if (a.is_null()) return Value();
  if (a.is(Type::kInteger)) {
    if (a.as_integer() == std::numeric_limits<int64_t>::min()) return overflow();
    return Value::integer(-a.as_integer());
  }
  if (a.is(Type::kFloat)) return Value::real(-a.as_float());
  if (a.is(Type::kDuration)) return wrap(arena, scale(a.as_duration(), int64_t{-1}));
  return fail(ErrorCode::TypeError, "Cannot negate {}.", type_name(a.type()));
}

Result<Value> concatenate(Arena& arena, const Value& a, const Value& b) {
  if (any_null(a, b)) return Value();
  if (both(a, b, Type::kString)) return join_text(arena, a.as_string(), b.as_string());
  if (both(a, b, Type::kList)) return join_lists(arena, a.as_list(), b.as_list());
  return mismatch("concatenate", a, b);
}

}  // namespace trellis::value
