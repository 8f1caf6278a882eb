// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <limits>
#include <optional>

#include "cypher/functions/table.h"
#include "value/compare.h"
#include "value/number_text.h"
#include "value/unicode.h"

namespace trellis::cypher::functions {
namespace {

using value::Type;
using value::Value;
using Arguments = std::span<const Value>;

// A conversion's outcome: a value (null: cannot be read as such), or nullopt: the type is not one
// that converts.
using Converted = std::optional<Value>;

bool equal_ignoring_case(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i] >= 'A' && text[i] <= 'Z' ? static_cast<char>(text[i] + 32) : text[i];
    if (c != lower[i]) return false;
  }
  return true;
}

Result<Converted> boolean_of(Arena&, const Value& input) {
  if (input.is(Type::kBoolean)) return Converted(input);
  if (input.is(Type::kInteger)) return Converted(Value::boolean(input.as_integer() != 0));
  if (!input.is(Type::kString)) return Converted();
  const std::string_view text = value::trim(input.as_string(), value::TrimEnds::kBoth);
  if (equal_ignoring_case(text, "true")) return Converted(Value::boolean(true));
  if (equal_ignoring_case(text, "false")) return Converted(Value::boolean(false));
  return Converted(Value());
}

// Towards zero; beyond 64 bits the nearest INTEGER; NaN is 0.
int64_t saturated(double d) {
  constexpr double kTwoTo63 = 9223372036854775808.0;
  if (std::isnan(d)) return 0;
  if (d >= kTwoTo63) return std::numeric_limits<int64_t>::max();
  if (d < -kTwoTo63) return std::numeric_limits<int64_t>::min();
  return static_cast<int64_t>(d);
}

// Digits, dots, exponents: 1.7, .5, 1e3; not what only toFloat reads (white space, NaN, 1.5d).
bool plain_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789.eE+-") == std::string_view::npos;
}

Result<Converted> integer_of(Arena&, const Value& input) {
  if (input.is(Type::kInteger)) return Converted(input);
  if (input.is(Type::kFloat)) return Converted(Value::integer(saturated(input.as_float())));
  if (input.is(Type::kBoolean)) return Converted(Value::integer(input.as_boolean() ? 1 : 0));
  if (!input.is(Type::kString)) return Converted();
  const std::string_view text = input.as_string();
  if (const auto i = value::parse_integer(text)) return Converted(Value::integer(*i));
  if (!plain_number(text)) return Converted(Value());
  const auto d = value::parse_float(text);
  if (!d) return Converted(Value());
  if (!(std::fabs(*d) < 9223372036854775808.0)) {
    return fail(ErrorCode::TypeInvalidValue, "{} does not fit into an INTEGER.", text);
  }
  return Converted(Value::integer(static_cast<int64_t>(*d)));
}

Result<Converted> float_of(Arena&, const Value& input) {
  if (input.is_number()) return Converted(Value::real(input.as_number()));
  if (!input.is(Type::kString)) return Converted();
  const auto d = value::parse_float(input.as_string());
  return Converted(d ? Value::real(*d) : Value());
}

Result<Converted> string_of(Arena& arena, const Value& input) {
  switch (input.type()) {
    case Type::kString:
      return Converted(input);
    case Type::kBoolean:
    case Type::kInteger:
    case Type::kFloat:
    case Type::kDate:
    case Type::kLocalTime:
    case Type::kTime:
    case Type::kLocalDateTime:
    case Type::kDateTime:
    case Type::kDuration:
    case Type::kPoint:
      return Converted(value::make_string(arena, value::to_full_text(input)));
    default:
      return Converted();
  }
}

using Convert = Result<Converted> (*)(Arena&, const Value&);

struct BooleanNames {
  static constexpr std::string_view kFunction = "toBoolean";
  static constexpr std::string_view kExpected = "a BOOLEAN, an INTEGER or a STRING";
};
struct IntegerNames {
  static constexpr std::string_view kFunction = "toInteger";
  static constexpr std::string_view kExpected = "a BOOLEAN, a number or a STRING";
};
struct FloatNames {
  static constexpr std::string_view kFunction = "toFloat";
  static constexpr std::string_view kExpected = "a number or a STRING";
};
struct StringNames {
  static constexpr std::string_view kFunction = "toString";
  static constexpr std::string_view kExpected =
      "a BOOLEAN, a number, a STRING, a temporal value or a POINT";
};

template <class Names, Convert kConvert>
Result<Value> strict(const FunctionContext& context, Arguments args) {
  TRELLIS_TRY_ASSIGN(const Converted converted, kConvert(context.arena, args[0]));
  if (!converted) return wrong_argument(Names::kFunction, Names::kExpected, args[0]);
  return *converted;
}

// The null of what cannot be converted, errors included.
Value lenient_value(Convert convert, Arena& arena, const Value& input) {
  const auto converted = convert(arena, input);
  return converted && *converted ? **converted : Value();
}

template <Convert kConvert>
Result<Value> or_null(const FunctionContext& context, Arguments args) {
  return lenient_value(kConvert, context.arena, args[0]);
}

template <class Names, Convert kConvert>
Result<Value> each(const FunctionContext& context, Arguments args) {
  if (!args[0].is(Type::kList)) {
    return fail(ErrorCode::TypeInvalidValue, "{}List() takes a LIST, not {}.", Names::kFunction,
                value::type_name(args[0].type()));
  }
  const auto list = args[0].as_list();
  Value* out = context.arena.alloc_array<Value>(list.size());
  for (size_t i = 0; i < list.size(); ++i) {
    new (&out[i]) Value(lenient_value(kConvert, context.arena, list[i]));
  }
  return Value::list({out, list.size()});
}

}  // namespace

void add_conversion(Table& table) {
  const auto row = [](std::string_view signature, TypeMask argument, StaticType result,
                      std::string_view description, Function::Call call) {
    return Row{.signature = signature,
               .arguments = {argument},
               .result = result,
               .description = description,
               .call = call};
  };
  const StaticType boolean = StaticType::of(kBooleanType);
  const StaticType integer = StaticType::of(kIntegerType);
  const StaticType real = StaticType::of(kFloatType);
  const StaticType string = StaticType::of(kStringType);
  add_rows(table, FunctionCategory::kScalar,
           {
               row("toBoolean(input :: BOOLEAN | STRING | INTEGER) :: BOOLEAN",
                   kBooleanType | kStringType | kIntegerType, boolean,
                   "The BOOLEAN that a value stands for.", strict<BooleanNames, boolean_of>),
               row("toBooleanOrNull(input :: ANY) :: BOOLEAN", kAnyType, boolean,
                   "The BOOLEAN that a value stands for, or null.", or_null<boolean_of>),
               row("toInteger(input :: BOOLEAN | STRING | INTEGER | FLOAT) :: INTEGER",
                   kBooleanType | kStringType | kNumberType, integer,
                   "The INTEGER that a value stands for; fractions are cut off.",
                   strict<IntegerNames, integer_of>),
               row("toIntegerOrNull(input :: ANY) :: INTEGER", kAnyType, integer,
                   "The INTEGER that a value stands for, or null.", or_null<integer_of>),
               row("toFloat(input :: STRING | INTEGER | FLOAT) :: FLOAT", kStringType | kNumberType,
                   real, "The FLOAT that a value stands for.", strict<FloatNames, float_of>),
               row("toFloatOrNull(input :: ANY) :: FLOAT", kAnyType, real,
                   "The FLOAT that a value stands for, or null.", or_null<float_of>),
           });
  constexpr TypeMask kTexts = kBooleanType | kNumberType | kStringType | kTemporalType | kPointType;
  add_rows(table, FunctionCategory::kString,
           {
               row("toString(input :: ANY) :: STRING", kTexts, string, "A value as text.",
                   strict<StringNames, string_of>),
               row("toStringOrNull(input :: ANY) :: STRING", kAnyType, string,
                   "A value as text, or null.", or_null<string_of>),
           });
  add_rows(table, FunctionCategory::kList,
           {
               row("toBooleanList(input :: LIST<ANY>) :: LIST<BOOLEAN>", kListType,
                   StaticType::list_of(kBooleanType), "Every element as a BOOLEAN, or null.",
                   each<BooleanNames, boolean_of>),
               row("toIntegerList(input :: LIST<ANY>) :: LIST<INTEGER>", kListType,
                   StaticType::list_of(kIntegerType), "Every element as an INTEGER, or null.",
                   each<IntegerNames, integer_of>),
               row("toFloatList(input :: LIST<ANY>) :: LIST<FLOAT>", kListType,
                   StaticType::list_of(kFloatType), "Every element as a FLOAT, or null.",
                   each<FloatNames, float_of>),
               row("toStringList(input :: LIST<ANY>) :: LIST<STRING>", kListType,
                   StaticType::list_of(kStringType), "Every element as text, or null.",
                   each<StringNames, string_of>),
           });
}

}  // namespace trellis::cypher::functions
