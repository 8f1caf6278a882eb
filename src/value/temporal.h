// SPDX-License-Identifier: Apache-2.0
//
// Temporal values: reading, making, taking apart, truncating, adding.
//
//   text          parse_*: ISO 8601, basic and extended, calendar, week, quarter and ordinal dates,
//                 offsets (Z, +01, +0100, +01:00, +01:00:30) and [Zone/Name] behind a date-time
//   map           make_temporal: {year, month, day, hour, ..., timezone}, other temporal values
//   under
//                 date, time, datetime; components given beside them replace theirs
//   parts         temporal_field: year ... nanosecond, timezone, offset, epochMillis, ...
//   truncation    truncate_temporal: millennium ... microsecond
//   arithmetic    add_duration, between and its kin; scale, plus on durations
// Ranges: years -999,999,999 .. 999,999,999; offsets -18:00 .. +18:00.
// A local time that a zone skips moves forward by the gap; of two it means the earlier instant.
// Errors: InvalidTemporalText (unreadable text), InvalidTemporal (value out of range, missing or
// conflicting components), TypeError.
// Source: Neo4j Cypher manual, "Temporal values", "Temporal functions"; ISO 8601-1:2019.
#pragma once

#include <optional>
#include <string_view>

#include "base/result.h"
#include "value/value.h"

namespace trellis::value {

// Seconds and nanoseconds (0 .. 999,999,999) since 1970-01-01T00:00Z.
struct Instant {
  int64_t seconds = 0;
  int32_t nanos = 0;
};

struct TemporalContext {
  Arena& arena;
  Instant now;                          // what date(), time(), ... mean without an argument
  std::string_view default_zone = "Z";  // offset or zone name
};

// -- text --
Result<Date> parse_date(std::string_view text);
Result<LocalTime> parse_local_time(std::string_view text);
// Without an offset in the text: the default zone's at `context.now`.
Result<Time> parse_time(const TemporalContext& context, std::string_view text);
Result<LocalDateTime> parse_local_date_time(std::string_view text);
Result<DateTime> parse_date_time(const TemporalContext& context, std::string_view text);
Result<Duration> parse_duration(std::string_view text);

// -- making. `type` is one of the five instants' --
// date(x), ...: x is a text, a map, or a temporal value. (Null is the caller's.)
Result<Value> make_temporal(const TemporalContext& context, Type type, const Value& argument);
// The current one; `zone` is a text, or null: the default.
Result<Value> current_temporal(const TemporalContext& context, Type type, const Value& zone);
Result<Value> date_time_from_epoch(const TemporalContext& context, int64_t seconds, int64_t nanos);
Result<Value> date_time_from_epoch_millis(const TemporalContext& context, int64_t millis);
// date.truncate(unit, subject, fields), ...
Result<Value> truncate_temporal(const TemporalContext& context, Type type, std::string_view unit,
                                const Value& subject, std::span<const MapEntry> fields);

// -- parts, of durations too --
Result<Value> temporal_field(Arena& arena, const Value& temporal, std::string_view name);

// -- durations --
Result<Duration> make_duration_from(std::span<const MapEntry> components);
Result<Duration> plus(const Duration& a, const Duration& b);
Result<Duration> minus(const Duration& a, const Duration& b);
Result<Duration> scale(const Duration& d, double factor);  // fractions go on to smaller units
Result<Duration> scale(const Duration& d, int64_t factor);
Result<Duration> quotient(const Duration& d, double divisor);  // by 0.0: no time at all
// instant +- duration: months, then days, then seconds. The instant's type stays.
Result<Value> add_duration(Arena& arena, const Value& instant, const Duration& duration);
Result<Value> subtract_duration(Arena& arena, const Value& instant, const Duration& duration);

enum class DurationUnit : uint8_t { kAll, kMonths, kDays, kSeconds };
// From one instant to another, of any types; a date, time or zone that one lacks is the other's.
Result<Duration> duration_between(const Value& from, const Value& to, DurationUnit unit);

}  // namespace trellis::value
