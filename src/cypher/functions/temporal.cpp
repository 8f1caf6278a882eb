// SPDX-License-Identifier: Apache-2.0
//
// date(), time(), ... and what hangs on their names: transaction, statement, realtime, truncate.
#include "value/temporal.h"

#include <array>
#include <chrono>

#include "cypher/functions/table.h"
#include "value/calendar.h"
#include "value/compare.h"

namespace trellis::cypher::functions {
namespace {

using value::Type;
using value::Value;
using Arguments = std::span<const Value>;

value::Instant instant_of(os::Clock::Wall time) {
  const int64_t nanos = time.time_since_epoch().count();
  return {value::floor_div(nanos, value::kNanosPerSecond),
          static_cast<int32_t>(value::floor_mod(nanos, value::kNanosPerSecond))};
}

value::TemporalContext temporal_context(const FunctionContext& context, os::Clock::Wall now) {
  return {context.arena, instant_of(now), context.environment.default_zone};
}

value::TemporalContext at_statement(const FunctionContext& context) {
  return temporal_context(context, context.environment.statement_time);
}

template <Type kType>
Result<Value> make(const FunctionContext& context, Arguments args) {
  const value::TemporalContext temporal = at_statement(context);
  if (args.empty()) return value::current_temporal(temporal, kType, Value());
  return value::make_temporal(temporal, kType, args[0]);
}

enum class Moment : uint8_t { kTransaction, kStatement, kRealtime };

os::Clock::Wall time_of(const FunctionEnvironment& environment, Moment moment) {
  if (moment == Moment::kTransaction) return environment.transaction_time;
  if (moment == Moment::kRealtime && environment.clock) return environment.clock->wall();
  return environment.statement_time;
}

// The argument is a zone's name, or a map with a timezone.
template <Type kType, Moment kMoment>
Result<Value> current(const FunctionContext& context, Arguments args) {
  const value::TemporalContext temporal =
      temporal_context(context, time_of(context.environment, kMoment));
  if (args.empty()) return value::current_temporal(temporal, kType, Value());
  if (args[0].is(Type::kMap)) return value::make_temporal(temporal, kType, args[0]);
  return value::current_temporal(temporal, kType, args[0]);
}

template <Type kType>
Result<Value> truncate(const FunctionContext& context, Arguments args) {
  if (args.size() > 1 && args[1].is_null()) return Value();
  if (!args[0].is(Type::kString)) return wrong_argument("truncate", "a STRING as unit", args[0]);
  const value::TemporalContext temporal = at_statement(context);
  Value subject;
  if (args.size() > 1) {
    subject = args[1];
  } else {
    TRELLIS_TRY_ASSIGN(subject, value::current_temporal(temporal, kType, Value()));
  }
  std::span<const value::MapEntry> fields;
  if (args.size() > 2 && !args[2].is_null()) {
    if (!args[2].is(Type::kMap)) return wrong_argument("truncate", "a MAP of components", args[2]);
    fields = args[2].as_map();
  }
  return value::truncate_temporal(temporal, kType, args[0].as_string(), subject, fields);
}

Result<Value> from_epoch(const FunctionContext& context, Arguments args) {
  for (const Value& argument : args) {
    if (!argument.is(Type::kInteger)) {
      return wrong_argument("datetime.fromepoch", "INTEGERs", argument);
    }
  }
  return value::date_time_from_epoch(at_statement(context), args[0].as_integer(),
                                     args[1].as_integer());
}

Result<Value> from_epoch_millis(const FunctionContext& context, Arguments args) {
  if (!args[0].is(Type::kInteger)) {
    return wrong_argument("datetime.fromepochmillis", "an INTEGER", args[0]);
  }
  return value::date_time_from_epoch_millis(at_statement(context), args[0].as_integer());
}

// The signatures of one type's five functions.
struct Signatures {
  std::string_view make, transaction, statement, realtime, truncate;
};

template <Type kType>
void add_type(Table& table, const Signatures& names, TypeMask type) {
  const StaticType result = StaticType::of(type);
  const auto row = [&](std::string_view signature, std::string_view description,
                       Function::Call call) {
    return Row{.signature = signature,
               .arguments = {kAnyType},
               .result = result,
               .description = description,
               .call = call,
               .min_arguments = 0};
  };
  add_rows(
      table, FunctionCategory::kTemporal,
      {
          row(names.make,
              "From a text, a map of components or another temporal value; without one, now.",
              make<kType>),
          row(names.transaction, "The time at which the transaction began.",
              current<kType, Moment::kTransaction>),
          row(names.statement, "The time at which the statement began.",
              current<kType, Moment::kStatement>),
          row(names.realtime, "The time at which the function is called.",
              current<kType, Moment::kRealtime>),
          {.signature = names.truncate,
           .arguments = {kStringType, kAnyType, kMapType},
           .result = result,
           .description = "A temporal value cut down to a unit, with components set after that.",
           .call = truncate<kType>,
           .min_arguments = 1,
           .null_propagating = false},
      });
}

}  // namespace

void add_temporal(Table& table) {
  add_type<Type::kDate>(
      table,
      {"date(input = DEFAULT_TEMPORAL_ARGUMENT :: ANY) :: DATE",
       "date.transaction(timezone = DEFAULT_TEMPORAL_ARGUMENT :: ANY) :: DATE",
       "date.statement(timezone = DEFAULT_TEMPORAL_ARGUMENT :: ANY) :: DATE",
       "date.realtime(timezone = DEFAULT_TEMPORAL_ARGUMENT :: ANY) :: DATE",
       "date.truncate(unit :: STRING, input = DEFAULT_TEMPORAL_ARGUMENT :: ANY, fields = null :: "
       "MAP) :: DATE"},
      kDateType);
  add_type<Type::kLocalTime>(
      table,
      {"localtime(input = DEFAULT_TEMPORAL_ARGUMENT :: ANY) :: LOCAL TIME",
       "localtime.transaction(timezone = DEFAULT_TEMPORAL_ARGUMENT :: ANY) :: LOCAL TIME",
       "localtime.statement(timezone = DEFAULT_TEMPORAL_ARGUMENT :: ANY) :: LOCAL TIME",
       "localtime.realtime(timezone = DEFAULT_TEMPORAL_ARGUMENT :: ANY) :: LOCAL TIME",
       "localtime.truncate(unit :: STRING, input = DEFAULT_TEMPORAL_ARGUMENT :: ANY, fields = null "
       ":: MAP) :: LOCAL TIME"},
      kLocalTimeType);
  add_type<Type::kTime>(
      table,
      {"time(input = DEFAULT_TEMPORAL_ARGUMENT :: ANY) :: ZONED TIME",
       "time.transaction(timezone = DEFAULT_TEMPORAL_ARGUMENT :: ANY) :: ZONED TIME",
       "time.statement(timezone = DEFAULT_TEMPORAL_ARGUMENT :: ANY) :: ZONED TIME",
       "time.realtime(timezone = DEFAULT_TEMPORAL_ARGUMENT :: ANY) :: ZONED TIME",
       "time.truncate(unit :: STRING, input = DEFAULT_TEMPORAL_ARGUMENT :: ANY, fields = null :: "
       "MAP) :: ZONED TIME"},
      kZonedTimeType);
  add_type<Type::kLocalDateTime>(
      table,
      {"localdatetime(input = DEFAULT_TEMPORAL_ARGUMENT :: ANY) :: LOCAL DATETIME",
       "localdatetime.transaction(timezone = DEFAULT_TEMPORAL_ARGUMENT :: ANY) :: LOCAL DATETIME",
       "localdatetime.statement(timezone = DEFAULT_TEMPORAL_ARGUMENT :: ANY) :: LOCAL DATETIME",
       "localdatetime.realtime(timezone = DEFAULT_TEMPORAL_ARGUMENT :: ANY) :: LOCAL DATETIME",
       "localdatetime.truncate(unit :: STRING, input = DEFAULT_TEMPORAL_ARGUMENT :: ANY, fields = "
       "null :: MAP) :: LOCAL DATETIME"},
      kLocalDateTimeType);
  add_type<Type::kDateTime>(
      table,
      {"datetime(input = DEFAULT_TEMPORAL_ARGUMENT :: ANY) :: ZONED DATETIME",
       "datetime.transaction(timezone = DEFAULT_TEMPORAL_ARGUMENT :: ANY) :: ZONED DATETIME",
       "datetime.statement(timezone = DEFAULT_TEMPORAL_ARGUMENT :: ANY) :: ZONED DATETIME",
       "datetime.realtime(timezone = DEFAULT_TEMPORAL_ARGUMENT :: ANY) :: ZONED DATETIME",
       "datetime.truncate(unit :: STRING, input = DEFAULT_TEMPORAL_ARGUMENT :: ANY, fields = null "
       ":: MAP) :: ZONED DATETIME"},
      kZonedDateTimeType);
  const StaticType zoned = StaticType::of(kZonedDateTimeType);
  add_rows(table, FunctionCategory::kTemporal,
           {
               {.signature = "datetime.fromepoch(seconds :: INTEGER | FLOAT, nanoseconds :: "
                             "INTEGER | FLOAT) :: ZONED DATETIME",
                .arguments = {kNumberType, kNumberType},
                .result = zoned,
                .description = "So many seconds and nanoseconds after 1970-01-01T00:00Z.",
                .call = from_epoch},
               {.signature = "datetime.fromepochmillis(milliseconds :: INTEGER | FLOAT) :: ZONED "
                             "DATETIME",
                .arguments = {kNumberType},
                .result = zoned,
                .description = "So many milliseconds after 1970-01-01T00:00Z.",
                .call = from_epoch_millis},
           });
}

}  // namespace trellis::cypher::functions
