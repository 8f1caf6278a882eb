// SPDX-License-Identifier: Apache-2.0
#include "cypher/functions/table.h"
#include "value/temporal.h"

namespace trellis::cypher::functions {
namespace {

using value::Type;
using value::Value;
using Arguments = std::span<const Value>;

Result<Value> duration(const FunctionContext& context, Arguments args) {
  value::Duration made{};
  if (args[0].is(Type::kDuration)) return args[0];
  if (args[0].is(Type::kString)) {
    TRELLIS_TRY_ASSIGN(made, value::parse_duration(args[0].as_string()));
  } else if (args[0].is(Type::kMap)) {
    TRELLIS_TRY_ASSIGN(made, value::make_duration_from(args[0].as_map()));
  } else {
    return wrong_argument("duration", "a STRING or a MAP", args[0]);
  }
  return value::make_duration(context.arena, made);
}

template <value::DurationUnit kUnit>
Result<Value> between(const FunctionContext& context, Arguments args) {
  TRELLIS_TRY_ASSIGN(const value::Duration made, value::duration_between(args[0], args[1], kUnit));
  return value::make_duration(context.arena, made);
}

}  // namespace

void add_duration(Table& table) {
  const auto row = [](std::string_view signature, std::vector<TypeMask> arguments,
                      std::string_view description, Function::Call call) {
    return Row{.signature = signature,
               .arguments = std::move(arguments),
               .result = StaticType::of(kDurationType),
               .description = description,
               .call = call};
  };
  using value::DurationUnit;
  add_rows(
      table, FunctionCategory::kTemporal,
      {
          row("duration(input :: ANY) :: DURATION", {kAnyType},
              "A duration from a text or a map of components.", duration),
          row("duration.between(from :: ANY, to :: ANY) :: DURATION", {kAnyType, kAnyType},
              "From one temporal value to another, in months, days, seconds and nanoseconds.",
              between<DurationUnit::kAll>),
          row("duration.inMonths(from :: ANY, to :: ANY) :: DURATION", {kAnyType, kAnyType},
              "From one temporal value to another, in whole months.",
              between<DurationUnit::kMonths>),
          row("duration.inDays(from :: ANY, to :: ANY) :: DURATION", {kAnyType, kAnyType},
              "From one temporal value to another, in whole days.", between<DurationUnit::kDays>),
          row("duration.inSeconds(from :: ANY, to :: ANY) :: DURATION", {kAnyType, kAnyType},
              "From one temporal value to another, in seconds and nanoseconds.",
              between<DurationUnit::kSeconds>),
      });
}

}  // namespace trellis::cypher::functions
