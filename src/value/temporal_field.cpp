// SPDX-License-Identifier: Apache-2.0
#include "value/calendar.h"
#include "value/compare.h"
#include "value/temporal.h"
#include "value/temporal_text.h"

namespace trellis::value {
namespace {

std::optional<int64_t> date_field(int64_t days, std::string_view name) {
  const CivilDate date = civil_from_days(days);
  if (name == "year") return date.year;
  if (name == "month") return date.month;
  if (name == "day") return date.day;
  if (name == "quarter") return (date.month - 1) / 3 + 1;
  if (name == "week") return week_date_from_days(days).week;
  if (name == "weekYear") return week_date_from_days(days).week_year;
  if (name == "dayOfWeek" || name == "weekDay") return day_of_week(days);
  if (name == "ordinalDay") return day_of_year(days);
  if (name == "dayOfQuarter") {
    return days - days_from_civil(date.year, (date.month - 1) / 3 * 3 + 1, 1) + 1;
  }
  return std::nullopt;
}

std::optional<int64_t> clock_field(int64_t nanos_of_day, std::string_view name) {
  if (name == "hour") return nanos_of_day / (3600 * kNanosPerSecond);
  if (name == "minute") return nanos_of_day / (60 * kNanosPerSecond) % 60;
  if (name == "second") return nanos_of_day / kNanosPerSecond % 60;
  if (name == "millisecond") return nanos_of_day % kNanosPerSecond / 1'000'000;
  if (name == "microsecond") return nanos_of_day % kNanosPerSecond / 1'000;
  if (name == "nanosecond") return nanos_of_day % kNanosPerSecond;
  return std::nullopt;
}

std::optional<Value> offset_field(Arena& arena, int32_t offset_s, std::string_view zone,
                                  std::string_view name) {
  if (name == "offsetMinutes") return Value::integer(offset_s / 60);
  if (name == "offsetSeconds") return Value::integer(offset_s);
  if (name == "timezone" && !zone.empty()) return make_string(arena, zone);
  if (name == "offset" || name == "timezone") {
    std::string text;
    append_offset(text, offset_s);
    return make_string(arena, text);
  }
  return std::nullopt;
}

// Amounts are cut towards zero; the second count itself is rounded down (nanos are positive).
std::optional<int64_t> duration_field(const Duration& d, std::string_view name) {
  if (name == "years") return d.months / 12;
  if (name == "quarters") return d.months / 3;
  if (name == "months") return d.months;
  if (name == "weeks") return d.days / 7;
  if (name == "days") return d.days;
  if (name == "hours") return d.seconds / 3600;
  if (name == "minutes") return d.seconds / 60;
  if (name == "seconds") return d.seconds;
  const auto scaled = [&](int64_t per_second) {
    const __int128 total =
        __int128{d.seconds} * per_second + d.nanos / (kNanosPerSecond / per_second);
    return static_cast<int64_t>(total);
  };
  if (name == "milliseconds") return scaled(1'000);
  if (name == "microseconds") return scaled(1'000'000);
  if (name == "nanoseconds") return scaled(kNanosPerSecond);
  if (name == "quartersOfYear") return d.months / 3 % 4;
  if (name == "monthsOfYear") return d.months % 12;
  if (name == "monthsOfQuarter") return d.months % 3;
  if (name == "daysOfWeek") return d.days % 7;
  if (name == "minutesOfHour") return d.seconds / 60 % 60;
  if (name == "secondsOfMinute") return d.seconds % 60;
  if (name == "millisecondsOfSecond") return d.nanos / 1'000'000;
  if (name == "microsecondsOfSecond") return d.nanos / 1'000;
  if (name == "nanosecondsOfSecond") return d.nanos;
  return std::nullopt;
}

std::optional<int64_t> wall_field(int64_t seconds, int64_t nanos, std::string_view name) {
  if (auto part = date_field(floor_div(seconds, kSecondsPerDay), name)) return part;
  return clock_field(floor_mod(seconds, kSecondsPerDay) * kNanosPerSecond + nanos, name);
}

}  // namespace

Result<Value> temporal_field(Arena& arena, const Value& temporal, std::string_view name) {
  std::optional<int64_t> part;
  switch (temporal.type()) {
    case Type::kDate:
      part = date_field(temporal.as_date().days, name);
      break;
    case Type::kLocalTime:
      part = clock_field(temporal.as_local_time().nanos, name);
      break;
    case Type::kTime: {
      const Time t = temporal.as_time();
      if (const auto v = offset_field(arena, t.offset_s, {}, name)) return *v;
      part = clock_field(t.nanos, name);
      break;
    }
    case Type::kLocalDateTime: {
      const LocalDateTime t = temporal.as_local_date_time();
      part = wall_field(t.seconds, t.nanos, name);
      break;
    }
    case Type::kDateTime: {
      const DateTime& t = temporal.as_date_time();
      if (const auto v = offset_field(arena, t.offset_s, t.zone, name)) return *v;
      if (name == "epochSeconds") {
        // Cut towards zero at the millisecond, as epochMillis / 1000 is.
        part = t.seconds < 0 && t.nanos >= 1'000'000 ? t.seconds + 1 : t.seconds;
      } else if (name == "epochMillis") {
        part = static_cast<int64_t>(__int128{t.seconds} * 1000 + t.nanos / 1'000'000);
      } else {
        part = wall_field(t.seconds + t.offset_s, t.nanos, name);
      }
      break;
    }
    case Type::kDuration:
      part = duration_field(temporal.as_duration(), name);
      break;
    default:
      break;
  }
  if (part) return Value::integer(*part);
  return fail(ErrorCode::TypeError, "A {} has no component {}.", type_name(temporal.type()), name);
}

}  // namespace trellis::value
