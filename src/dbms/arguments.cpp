// SPDX-License-Identifier: Apache-2.0
#include "dbms/arguments.h"

#include <cmath>

#include "dbms/names.h"
#include "value/number_text.h"

namespace trellis::dbms {
namespace {

using value::Type;
using value::Value;

constexpr double kNanosPerSecond = 1e9;

// A duration from its components; fractions of days and weeks go down to seconds.
class DurationParts {
 public:
  bool add(std::string_view unit, double amount) {
    if (unit == "years") return whole(months_, amount * 12);
    if (unit == "quarters") return whole(months_, amount * 3);
    if (unit == "months") return whole(months_, amount);
    if (unit == "weeks") return seconds(amount * 7 * 86'400, true);
    if (unit == "days") return seconds(amount * 86'400, true);
    if (unit == "hours") return seconds(amount * 3'600, false);
    if (unit == "minutes") return seconds(amount * 60, false);
    if (unit == "seconds") return seconds(amount, false);
    if (unit == "milliseconds") return seconds(amount / 1e3, false);
    if (unit == "microseconds") return seconds(amount / 1e6, false);
    if (unit == "nanoseconds") return seconds(amount / 1e9, false);
    return false;
  }
  value::Duration result() const {
    const double floor = std::floor(seconds_);
    return {
        months_, days_, static_cast<int64_t>(floor),
        static_cast<int32_t>(std::llround((seconds_ - floor) * kNanosPerSecond) % 1'000'000'000)};
  }

 private:
  static bool whole(int64_t& total, double amount) {
    if (amount != std::floor(amount) || std::abs(amount) > 1e12) return false;
    total += static_cast<int64_t>(amount);
    return true;
  }
  bool seconds(double amount, bool count_days) {
    if (!(std::abs(amount) < 1e15)) return false;
    if (count_days) {
      const double full = std::trunc(amount / 86'400);
      days_ += static_cast<int64_t>(full);
      amount -= full * 86'400;
    }
    seconds_ += amount;
    return true;
  }
  int64_t months_ = 0;
  int64_t days_ = 0;
  double seconds_ = 0;
};

// P1Y2M3W4DT5H6M7.8S
std::optional<value::Duration> parse_duration(std::string_view text) {
  if (text.size() < 3 || text[0] != 'P') return std::nullopt;
  DurationParts parts;
  bool in_time = false;
  for (size_t i = 1; i < text.size();) {
    if (text[i] == 'T') {
      in_time = true;
      ++i;
      continue;
    }
    const size_t unit_at = text.find_first_not_of("+-0123456789.", i);
    if (unit_at == std::string_view::npos || unit_at == i) return std::nullopt;
    const auto amount = value::parse_float(text.substr(i, unit_at - i));
    if (!amount) return std::nullopt;
    std::string_view unit;
    switch (text[unit_at]) {
      case 'Y':
        unit = "years";
        break;
      case 'M':
        unit = in_time ? "minutes" : "months";
        break;
      case 'W':
        unit = "weeks";
        break;
      case 'D':
        unit = "days";
        break;
      case 'H':
        unit = "hours";
        break;
      case 'S':
        unit = "seconds";
        break;
      default:
        return std::nullopt;
    }
    if (!parts.add(unit, *amount)) return std::nullopt;
    i = unit_at + 1;
  }
  return parts.result();
}

Value literal_value(Arena& arena, const ast::LiteralValue& literal) {
  if (const auto* b = std::get_if<bool>(&literal)) return Value::boolean(*b);
  if (const auto* i = std::get_if<int64_t>(&literal)) return Value::integer(*i);
  if (const auto* d = std::get_if<double>(&literal)) return Value::real(*d);
  if (const auto* s = std::get_if<std::string>(&literal)) return value::make_string(arena, *s);
  return Value::null();
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return normalize_database_name(a) == normalize_database_name(b);
}

}  // namespace

Result<Value> Arguments::parameter(std::string_view name) const {
  if (parameters_.is(Type::kMap)) {
    for (const value::MapEntry& entry : parameters_.as_map()) {
      if (entry.key == name) return entry.value;
    }
  }
  return fail(ErrorCode::ParameterMissing, "Expected parameter(s): {}", name);
}

Result<std::string> Arguments::text_parameter(std::string_view name) const {
  TRELLIS_TRY_ASSIGN(const Value v, parameter(name));
  if (!v.is(Type::kString)) {
    return fail(ErrorCode::TypeError, "The parameter ${} must be a STRING here.", name);
  }
  return std::string(v.as_string());
}

Result<std::string> Arguments::name(const ast::Name& name) const {
  if (!name.parameter) return name.text;
  return text_parameter(name.text);
}

Result<std::vector<std::string>> Arguments::names(const std::vector<ast::Name>& names) const {
  std::vector<std::string> result;
  for (const ast::Name& one : names) {
    TRELLIS_TRY_ASSIGN(std::string text, name(one));
    result.push_back(std::move(text));
  }
  return result;
}

Result<std::string> Arguments::graph_name(const ast::GraphName& name) const {
  std::string joined;
  if (name.parameter) {
    TRELLIS_TRY_ASSIGN(joined, text_parameter(name.parts.front()));
  } else {
    for (const std::string& part : name.parts) {
      if (!joined.empty()) joined += '.';
      joined += part;
    }
  }
  return normalize_database_name(joined);
}

Result<Secret> Arguments::password(const ast::Password& password) const {
  if (password.parameter.empty()) return password.literal.clone();
  TRELLIS_TRY_ASSIGN(const Value v, parameter(password.parameter));
  if (!v.is(Type::kString)) {
    return fail(ErrorCode::TypeError, "The parameter ${} must be a STRING: it is a password.",
                password.parameter);
  }
  return Secret(v.as_string());
}

Result<int64_t> Arguments::count(const ast::Count& count) const {
  if (count.parameter.empty()) return count.value;
  TRELLIS_TRY_ASSIGN(const Value v, parameter(count.parameter));
  if (!v.is(Type::kInteger)) {
    return fail(ErrorCode::TypeError, "The parameter ${} must be an INTEGER.", count.parameter);
  }
  return v.as_integer();
}

Result<Value> Arguments::call(const ast::FunctionCall& call) {
  if (equal_ignoring_case(call.name, "duration") && call.arguments.size() == 1) {
    TRELLIS_TRY_ASSIGN(const Value argument, evaluate(*call.arguments[0]));
    if (argument.is(Type::kString)) {
      if (const auto duration = parse_duration(argument.as_string())) {
        return value::make_duration(arena_, *duration);
      }
      return fail(ErrorCode::InvalidTemporal, "'{}' is no duration.", argument.as_string());
    }
    if (argument.is(Type::kMap)) {
      DurationParts parts;
      for (const value::MapEntry& entry : argument.as_map()) {
        if (!entry.value.is_number() || !parts.add(entry.key, entry.value.as_number())) {
          return fail(ErrorCode::InvalidTemporal, "'{}' is no component of a duration here.",
                      entry.key);
        }
      }
      return value::make_duration(arena_, parts.result());
    }
  }
  return fail(ErrorCode::NotSupportedHere,
              "The function {}() cannot be used in an administration command. Give the value as a "
              "parameter.",
              call.name);
}

Result<Value> Arguments::evaluate(const ast::Expression& expression) {
  using Kind = ast::ExpressionKind;
  switch (expression.kind) {
    case Kind::kLiteral:
      return literal_value(arena_, ast::as<ast::Literal>(expression).value);
    case Kind::kParameter:
      return parameter(ast::as<ast::Parameter>(expression).name);
    case Kind::kAutoParameter: {
      const uint32_t index = ast::as<ast::AutoParameter>(expression).index;
      TRELLIS_ASSERT(auto_parameters_.is(Type::kList) && index < auto_parameters_.as_list().size());
      return auto_parameters_.as_list()[index];
    }
    case Kind::kUnary: {
      const auto& unary = ast::as<ast::Unary>(expression);
      TRELLIS_TRY_ASSIGN(const Value operand, evaluate(*unary.operand));
      if (unary.op == ast::UnaryOperator::kMinus && operand.is(Type::kInteger)) {
        return Value::integer(-operand.as_integer());
      }
      if (unary.op == ast::UnaryOperator::kMinus && operand.is(Type::kFloat)) {
        return Value::real(-operand.as_float());
      }
      if (unary.op == ast::UnaryOperator::kPlus && operand.is_number()) return operand;
      break;
    }
    case Kind::kListLiteral: {
      std::vector<Value> items;
      for (const auto& item : ast::as<ast::ListLiteral>(expression).items) {
        TRELLIS_TRY_ASSIGN(const Value v, evaluate(*item));
        items.push_back(v);
      }
      return value::copy_into(arena_, Value::list(items));
    }
    case Kind::kMapLiteral: {
      std::vector<value::MapEntry> entries;
      for (const auto& entry : ast::as<ast::MapLiteral>(expression).entries) {
        TRELLIS_TRY_ASSIGN(const Value v, evaluate(*entry.value));
        entries.push_back({entry.key, v});
      }
      return value::copy_into(arena_, Value::map(entries));
    }
    case Kind::kFunctionCall:
      return call(ast::as<ast::FunctionCall>(expression));
    default:
      break;
  }
  return fail(make_error(ErrorCode::NotSupportedHere,
                         "Only literals, lists, maps, parameters and durations can stand here.")
                  .at(expression.position));
}

Result<ValueMap> Arguments::map(const ast::ExpressionPtr& expression) {
  ValueMap result;
  if (!expression) return result;
  TRELLIS_TRY_ASSIGN(const Value v, evaluate(*expression));
  if (!v.is(Type::kMap)) {
    return fail(
        make_error(ErrorCode::TypeError, "A MAP must stand here.").at(expression->position));
  }
  for (const value::MapEntry& entry : v.as_map()) {
    result.emplace(std::string(entry.key), value::ValueHolder(entry.value));
  }
  return result;
}

Result<std::vector<std::string>> Arguments::strings(const ast::ExpressionList& expressions) {
  std::vector<std::string> result;
  const auto add = [&](const Value& v) -> Result<> {
    if (!v.is(Type::kString)) return fail(ErrorCode::TypeError, "A STRING must stand here.");
    result.emplace_back(v.as_string());
    return {};
  };
  for (const auto& expression : expressions) {
    TRELLIS_TRY_ASSIGN(const Value v, evaluate(*expression));
    if (v.is(Type::kList)) {
      for (const Value& item : v.as_list()) TRELLIS_TRY(add(item));
    } else {
      TRELLIS_TRY(add(v));
    }
  }
  return result;
}

}  // namespace trellis::dbms
