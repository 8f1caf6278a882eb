// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <limits>
#include <string>

#include "cypher/functions/table.h"
#include "value/compare.h"
#include "value/number_text.h"

namespace trellis::cypher::functions {
namespace {

using value::Type;
using value::Value;
using Arguments = std::span<const Value>;

constexpr std::string_view kNumber = "an INTEGER or a FLOAT";

Result<Value> abs(const FunctionContext&, Arguments args) {
  if (args[0].is(Type::kFloat)) return Value::real(std::fabs(args[0].as_float()));
  if (!args[0].is(Type::kInteger)) return wrong_argument("abs", kNumber, args[0]);
  const int64_t i = args[0].as_integer();
  if (i == std::numeric_limits<int64_t>::min()) {
    return fail(ErrorCode::ArithmeticOverflow, "abs({}) does not fit into an INTEGER.", i);
  }
  return Value::integer(i < 0 ? -i : i);
}

Result<Value> ceil(const FunctionContext&, Arguments args) {
  if (!args[0].is_number()) return wrong_argument("ceil", kNumber, args[0]);
  return Value::real(std::ceil(args[0].as_number()));
}

Result<Value> floor(const FunctionContext&, Arguments args) {
  if (!args[0].is_number()) return wrong_argument("floor", kNumber, args[0]);
  return Value::real(std::floor(args[0].as_number()));
}

Result<Value> is_nan(const FunctionContext&, Arguments args) {
  if (!args[0].is_number()) return wrong_argument("isNaN", kNumber, args[0]);
  return Value::boolean(std::isnan(args[0].as_number()));
}

Result<Value> sign(const FunctionContext&, Arguments args) {
  if (!args[0].is_number()) return wrong_argument("sign", kNumber, args[0]);
  const double d = args[0].as_number();
  return Value::integer(d > 0 ? 1 : d < 0 ? -1 : 0);
}

Result<Value> rand(const FunctionContext& context, Arguments) {
  TRELLIS_ASSERT(context.environment.random != nullptr);
  return Value::real(context.environment.random->next_unit());
}

enum class Rounding : uint8_t {
  kCeiling,
  kFloor,
  kUp,
  kDown,
  kHalfEven,
  kHalfUp,
  kHalfDown,
  kUnnecessary,
};

std::optional<Rounding> find_rounding(std::string_view name) {
  constexpr std::string_view kNames[] = {"CEILING",   "FLOOR",   "UP",        "DOWN",
                                         "HALF_EVEN", "HALF_UP", "HALF_DOWN", "UNNECESSARY"};
  for (size_t i = 0; i < std::size(kNames); ++i) {
    if (kNames[i] == name) return static_cast<Rounding>(i);
  }
  return std::nullopt;
}

// Whether the digits before the cut go one up, in size. `rest` compares the part cut off with a
// half
// (-1 below, 0 equal, 1 above).
bool goes_up(Rounding mode, bool negative, bool odd, int rest) {
  switch (mode) {
    case Rounding::kCeiling:
      return !negative;
    case Rounding::kFloor:
      return negative;
    case Rounding::kUp:
      return true;
    case Rounding::kDown:
    case Rounding::kUnnecessary:
      return false;
    case Rounding::kHalfEven:
      return rest > 0 || (rest == 0 && odd);
    case Rounding::kHalfUp:
      return rest >= 0;
    case Rounding::kHalfDown:
      return rest > 0;
  }
  return false;
}

// Adds one to the last digit of digits such as "0999.9".
void increment(std::string& digits) {
  for (size_t i = digits.size(); i-- > 0;) {
    if (digits[i] == '.') continue;
    if (digits[i] != '9') {
      ++digits[i];
      return;
    }
    digits[i] = '0';
  }
  digits.insert(digits.begin(), '1');
}

// Rounds the shortest decimal text of d, as people read it: 2.675 to two digits is 2.68.
Result<double> round_decimal(double d, size_t precision, Rounding mode) {
  const bool negative = std::signbit(d);
  std::string digits = fmt::format("{:f}", 0.0);
  {
    // Plain notation with every digit that identifies d.
    std::string shortest = fmt::format("{}", std::fabs(d));
    const size_t e = shortest.find('e');
    if (e == std::string::npos) {
      digits = shortest;
    } else {
      const int exponent = std::atoi(shortest.c_str() + e + 1);
      if (exponent > 0) return d;  // no fraction digits left
      std::string mantissa = shortest.substr(0, e);
      std::erase(mantissa, '.');
      digits = "0." + std::string(static_cast<size_t>(-exponent - 1), '0') + mantissa;
    }
  }
  const size_t dot = digits.find('.');
  if (dot == std::string::npos || digits.size() - dot - 1 <= precision) return d;
  const std::string cut = digits.substr(dot + 1 + precision);
  digits.erase(dot + 1 + precision);
  if (cut.find_first_not_of('0') == std::string::npos) return d;
  if (mode == Rounding::kUnnecessary) {
    return fail(ErrorCode::ArgumentError, "round() with mode UNNECESSARY had to round {}.", d);
  }
  const bool exact_half = cut[0] == '5' && cut.find_first_not_of('0', 1) == std::string::npos;
  const int rest = exact_half ? 0 : cut[0] >= '5' ? 1 : -1;
  const char last_digit = digits.back() == '.' ? digits[digits.size() - 2] : digits.back();
  if (goes_up(mode, negative, (last_digit - '0') % 2 != 0, rest)) increment(digits);
  const double out = std::strtod(digits.c_str(), nullptr);
  return negative ? -out : out;
}

Result<Value> round(const FunctionContext&, Arguments args) {
  if (!args[0].is_number()) return wrong_argument("round", kNumber, args[0]);
  const double d = args[0].as_number();
  if (!std::isfinite(d)) return Value::real(d);
  int64_t precision = 0;
  if (args.size() > 1) {
    if (!args[1].is_number()) return wrong_argument("round", "a number as precision", args[1]);
    const double given = args[1].as_number();
    if (!(given >= 0)) {
      return fail(ErrorCode::NumberOutOfRange, "The precision of round() cannot be negative ({}).",
                  value::to_text(args[1]));
    }
    precision = given > 400 ? 400 : static_cast<int64_t>(given);
  }
  Rounding mode = Rounding::kHalfUp;
  if (args.size() > 2) {
    if (!args[2].is(Type::kString)) return wrong_argument("round", "a STRING as mode", args[2]);
    const auto found = find_rounding(args[2].as_string());
    if (!found) {
      return fail(ErrorCode::ArgumentError,
                  "Unknown rounding mode {}: use CEILING, FLOOR, UP, DOWN, HALF_EVEN, HALF_UP, "
                  "HALF_DOWN or UNNECESSARY.",
                  args[2].as_string());
    }
    mode = *found;
  } else if (precision == 0) {
    // Ties towards the larger number, also below zero.
    const double low = std::floor(d);
    return Value::real(d - low >= 0.5 ? low + 1 : low);
  }
  TRELLIS_TRY_ASSIGN(const double rounded, round_decimal(d, static_cast<size_t>(precision), mode));
  return Value::real(rounded);
}

}  // namespace

void add_numeric(Table& table) {
  const StaticType real = StaticType::of(kFloatType);
  add_rows(table, FunctionCategory::kNumeric,
           {
               {.signature = "abs(input :: INTEGER | FLOAT) :: INTEGER | FLOAT",
                .arguments = {kNumberType},
                .result = StaticType::of(kNumberType),
                .description = "A number without its sign.",
                .call = abs},
               {.signature = "ceil(input :: FLOAT) :: FLOAT",
                .arguments = {kNumberType},
                .result = real,
                .description = "The smallest whole number that is not below a number.",
                .call = ceil},
               {.signature = "floor(input :: FLOAT) :: FLOAT",
                .arguments = {kNumberType},
                .result = real,
                .description = "The largest whole number that is not above a number.",
                .call = floor},
               {.signature = "isNaN(input :: INTEGER | FLOAT) :: BOOLEAN",
                .arguments = {kNumberType},
                .result = StaticType::of(kBooleanType),
                .description = "Whether a number is NaN.",
                .call = is_nan},
               {.signature = "sign(input :: INTEGER | FLOAT) :: INTEGER",
                .arguments = {kNumberType},
                .result = StaticType::of(kIntegerType),
                .description = "-1, 0 or 1: the sign of a number.",
                .call = sign},
               {.signature = "rand() :: FLOAT",
                .result = real,
                .description = "A random number from 0 up to below 1.",
                .call = rand,
                .deterministic = false},
               {.signature = "round(value :: FLOAT, precision :: INTEGER | FLOAT, mode :: STRING) "
                             ":: FLOAT",
                .arguments = {kNumberType, kNumberType, kStringType},
                .result = real,
                .description = "A number rounded to so many fraction digits (none), ties up.",
                .call = round,
                .min_arguments = 1},
           });
}

}  // namespace trellis::cypher::functions
