// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "value/calendar.h"
#include "value/compare.h"
#include "value/temporal.h"
#include "value/temporal_fields.h"
#include "value/temporal_parts.h"

namespace trellis::value {
namespace {

enum class Unit : uint8_t {
  kMillennium,
  kCentury,
  kDecade,
  kYear,
  kWeekYear,
  kQuarter,
  kMonth,
  kWeek,
  kDay,
  kHour,
  kMinute,
  kSecond,
  kMillisecond,
  kMicrosecond,
};
constexpr std::string_view kUnitNames[] = {
    "millennium", "century", "decade", "year",   "weekYear", "quarter",     "month",
    "week",       "day",     "hour",   "minute", "second",   "millisecond", "microsecond"};

// Nanoseconds of a unit below the day.
int64_t length_of(Unit unit) {
  switch (unit) {
    case Unit::kHour:
      return 3600 * kNanosPerSecond;
    case Unit::kMinute:
      return 60 * kNanosPerSecond;
    case Unit::kSecond:
      return kNanosPerSecond;
    case Unit::kMillisecond:
      return 1'000'000;
    case Unit::kMicrosecond:
      return 1'000;
    default:
      return kNanosPerDay;
  }
}

int64_t first_day_of(Unit unit, int64_t days) {
  const CivilDate date = civil_from_days(days);
  switch (unit) {
    case Unit::kMillennium:
      return days_from_civil(date.year / 1000 * 1000, 1, 1);
    case Unit::kCentury:
      return days_from_civil(date.year / 100 * 100, 1, 1);
    case Unit::kDecade:
      return days_from_civil(date.year / 10 * 10, 1, 1);
    case Unit::kYear:
      return days_from_civil(date.year, 1, 1);
    case Unit::kWeekYear:
      return days_from_week_date({week_date_from_days(days).week_year, 1, 1});
    case Unit::kQuarter:
      return days_from_civil(date.year, (date.month - 1) / 3 * 3 + 1, 1);
    case Unit::kMonth:
      return days_from_civil(date.year, date.month, 1);
    case Unit::kWeek:
      return days - (day_of_week(days) - 1);
    default:
      return days;
  }
}

Result<> check_subject(Type type, Unit unit, const Value& subject) {
  const Type from = subject.type();
  if (!is_instant(from) || (has_date(type) && !has_date(from)) ||
      (!has_date(type) && !has_clock(from))) {
    return fail(ErrorCode::TypeError, "Cannot truncate {} to a {}.", to_text(subject),
                type_name(type));
  }
  const bool of_clock = unit > Unit::kDay;
  if (of_clock && (type == Type::kDate || from == Type::kDate)) {
    return fail(ErrorCode::TypeError, "The unit {} is too small to truncate a DATE by.",
                kUnitNames[static_cast<size_t>(unit)]);
  }
  if (!has_date(type) && unit < Unit::kDay) {
    return fail(ErrorCode::TypeError, "The unit {} is too large to truncate a {} by.",
                kUnitNames[static_cast<size_t>(unit)], type_name(type));
  }
  return {};
}

}  // namespace

Result<Value> truncate_temporal(const TemporalContext& context, Type type, std::string_view unit,
                                const Value& subject, std::span<const MapEntry> map) {
  const auto* found = std::ranges::find(kUnitNames, unit);
  if (found == std::end(kUnitNames)) {
    return fail(ErrorCode::InvalidTemporal, "Unknown unit: {}.", unit);
  }
  const auto by = static_cast<Unit>(found - std::begin(kUnitNames));
  TRELLIS_TRY(check_subject(type, by, subject));
  TRELLIS_TRY_ASSIGN(const TemporalFields fields, TemporalFields::read(type, map));

  const TemporalParts p = parts_of(subject);
  int64_t days = 0;
  if (has_date(type)) {
    days = first_day_of(by, *p.days);
    if (fields.any_of_date()) {
      TRELLIS_TRY_ASSIGN(days, fields.date_over(days, false));
    }
  }
  const int64_t length = length_of(by);
  int64_t nanos = by > Unit::kDay ? *p.nanos / length * length : 0;
  if (fields.any_of_clock()) {
    TRELLIS_TRY_ASSIGN(nanos, fields.clock_over(nanos, length < kNanosPerSecond ? length : 1));
  }
  Zone zone;
  if (fields.has(TemporalKey::kTimezone)) {
    TRELLIS_TRY_ASSIGN(zone, find_zone(fields.zone()));
  } else if (p.zone) {
    zone = *p.zone;
  } else if (has_zone(type)) {
    TRELLIS_TRY_ASSIGN(zone, find_zone(context.default_zone));
  }
  const bool keeps_offset = p.zone && !fields.has(TemporalKey::kTimezone);
  const int32_t offset = keeps_offset ? p.offset_s : offset_at(zone, context.now.seconds);
  return compose(context.arena, type, days, nanos, zone, offset);
}

}  // namespace trellis::value
