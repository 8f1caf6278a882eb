// SPDX-License-Identifier: Apache-2.0
#include "value/temporal_fields.h"

#include <algorithm>
#include <initializer_list>

#include "value/calendar.h"
#include "value/compare.h"
#include "value/temporal_parts.h"

namespace trellis::value {
namespace {

using Key = TemporalKey;

constexpr std::string_view kNames[] = {
    "year",         "quarter",     "month",  "week",   "ordinalDay",  "dayOfQuarter", "day",
    "dayOfWeek",    "hour",        "minute", "second", "millisecond", "microsecond",  "nanosecond",
    "epochSeconds", "epochMillis", "date",   "time",   "datetime",    "timezone"};
static_assert(std::size(kNames) == static_cast<size_t>(Key::kCount));

std::string_view name_of(Key key) { return kNames[static_cast<size_t>(key)]; }

bool is_date_key(Key key) { return key <= Key::kDayOfWeek; }
bool is_clock_key(Key key) { return key >= Key::kHour && key <= Key::kNanosecond; }

bool allowed(Type type, Key key) {
  if (key == Key::kTimezone) return true;
  if (is_date_key(key) || key == Key::kDate) return has_date(type);
  if (is_clock_key(key) || key == Key::kTime) return has_clock(type);
  if (key == Key::kDateTime) return has_date(type) && has_clock(type);
  return type == Type::kDateTime;  // epochSeconds, epochMillis
}

tl::unexpected<Error> bad_value(Key key, int64_t value) {
  return fail(ErrorCode::InvalidTemporal, "{} is not a valid {}.", value, name_of(key));
}

tl::unexpected<Error> missing(Key major) {
  return fail(ErrorCode::InvalidTemporal, "{} must be specified.", name_of(major));
}

Result<> check_range(Key key, std::optional<int64_t> value, int64_t low, int64_t high) {
  if (value && (*value < low || *value > high)) return bad_value(key, *value);
  return {};
}

}  // namespace

const Value& TemporalFields::selected(Key key) const {
  return selected_[static_cast<size_t>(key) - static_cast<size_t>(Key::kDate)];
}

bool TemporalFields::any_of_clock() const {
  for (Key key : {Key::kHour, Key::kMinute, Key::kSecond, Key::kMillisecond, Key::kMicrosecond,
                  Key::kNanosecond}) {
    if (has(key)) return true;
  }
  return false;
}

bool TemporalFields::any_of_date() const {
  for (Key key : {Key::kYear, Key::kQuarter, Key::kMonth, Key::kWeek, Key::kOrdinalDay,
                  Key::kDayOfQuarter, Key::kDay, Key::kDayOfWeek}) {
    if (has(key)) return true;
  }
  return false;
}

Result<TemporalFields> TemporalFields::read(Type type, std::span<const MapEntry> map) {
  TemporalFields fields;
  for (const MapEntry& entry : map) {
    const auto* found = std::ranges::find(kNames, entry.key);
    if (found == std::end(kNames)) {
      return fail(ErrorCode::InvalidTemporal, "A {} has no component {}.", type_name(type),
                  entry.key);
    }
    const auto key = static_cast<Key>(found - std::begin(kNames));
    if (!allowed(type, key)) {
      return fail(ErrorCode::TypeError, "A {} cannot be made from the component {}.",
                  type_name(type), entry.key);
    }
    if (entry.value.is_null()) continue;
    TRELLIS_TRY(fields.read_one(entry, key));
  }
  return fields;
}

Result<> TemporalFields::read_one(const MapEntry& entry, Key key) {
  const auto index = static_cast<size_t>(key);
  if (key == Key::kTimezone) {
    if (!entry.value.is(Type::kString)) {
      return fail(ErrorCode::TypeError, "A timezone must be a STRING, not {}.",
                  type_name(entry.value.type()));
    }
    zone_ = entry.value.as_string();
  } else if (key >= Key::kDate) {
    const Type type = entry.value.type();
    if (!is_instant(type) || (key != Key::kTime && !has_date(type)) ||
        (key != Key::kDate && !has_clock(type))) {
      return fail(ErrorCode::TypeError, "Cannot take the {} of {}.", entry.key,
                  to_text(entry.value));
    }
    selected_[index - static_cast<size_t>(Key::kDate)] = entry.value;
  } else if (entry.value.is(Type::kInteger)) {
    integers_[index] = entry.value.as_integer();
  } else {
    return fail(ErrorCode::TypeError, "The component {} must be an INTEGER, not {}.", entry.key,
                to_text(entry.value));
  }
  if (!present_[index]) ++count_;
  present_[index] = true;
  return {};
}

Result<int64_t> TemporalFields::date_over(std::optional<int64_t> base, bool to_the_day) const {
  const bool calendar = has(Key::kMonth) || has(Key::kDay);
  const bool week = has(Key::kWeek) || has(Key::kDayOfWeek);
  const bool quarter = has(Key::kQuarter) || has(Key::kDayOfQuarter);
  const bool ordinal = has(Key::kOrdinalDay);
  if (int{calendar} + int{week} + int{quarter} + int{ordinal} > 1) {
    return fail(ErrorCode::TypeError,
                "A date is given by month and day, by week, by quarter or by ordinal day: do not "
                "mix them.");
  }
  if (!base && !has(Key::kYear)) return missing(Key::kYear);
  TRELLIS_TRY(check_range(Key::kYear, maybe(Key::kYear), kMinYear, kMaxYear));
  if (week) return week_date_over(base, to_the_day);
  if (quarter) return quarter_date_over(base, to_the_day);
  if (ordinal) {
    const int64_t year = has(Key::kYear) ? integer(Key::kYear) : civil_from_days(*base).year;
    TRELLIS_TRY(
        check_range(Key::kOrdinalDay, maybe(Key::kOrdinalDay), 1, is_leap_year(year) ? 366 : 365));
    return days_from_civil(year, 1, 1) + integer(Key::kOrdinalDay) - 1;
  }
  return calendar_date_over(base, to_the_day);
}

Result<int64_t> TemporalFields::calendar_date_over(std::optional<int64_t> base,
                                                   bool to_the_day) const {
  if (!base && !has(Key::kMonth) && (has(Key::kDay) || to_the_day)) return missing(Key::kMonth);
  if (!base && !has(Key::kDay) && to_the_day) return missing(Key::kDay);
  const CivilDate from = base ? civil_from_days(*base) : CivilDate{integer(Key::kYear), 1, 1};
  const int64_t year = maybe(Key::kYear).value_or(from.year);
  TRELLIS_TRY(check_range(Key::kMonth, maybe(Key::kMonth), 1, 12));
  const auto month = static_cast<int>(maybe(Key::kMonth).value_or(from.month));
  const int last = days_in_month(year, month);
  TRELLIS_TRY(check_range(Key::kDay, maybe(Key::kDay), 1, last));
  const auto day = static_cast<int>(maybe(Key::kDay).value_or(std::min(from.day, last)));
  return days_from_civil(year, month, day);
}

Result<int64_t> TemporalFields::week_date_over(std::optional<int64_t> base, bool to_the_day) const {
  if (!base && !has(Key::kWeek)) return missing(Key::kWeek);
  if (!base && !has(Key::kDayOfWeek) && to_the_day) return missing(Key::kDayOfWeek);
  WeekDate date = base ? week_date_from_days(*base) : WeekDate{integer(Key::kYear), 1, 1};
  if (has(Key::kYear)) {
    date.week_year = integer(Key::kYear);
    date.week = std::min(date.week, weeks_in_week_year(date.week_year));
  }
  TRELLIS_TRY(check_range(Key::kWeek, maybe(Key::kWeek), 1, 53));
  TRELLIS_TRY(check_range(Key::kDayOfWeek, maybe(Key::kDayOfWeek), 1, 7));
  date.week = static_cast<int>(maybe(Key::kWeek).value_or(date.week));
  date.day_of_week = static_cast<int>(maybe(Key::kDayOfWeek).value_or(date.day_of_week));
  return days_from_week_date(date);
}

Result<int64_t> TemporalFields::quarter_date_over(std::optional<int64_t> base,
                                                  bool to_the_day) const {
  if (!base && !has(Key::kQuarter)) return missing(Key::kQuarter);
  if (!base && !has(Key::kDayOfQuarter) && to_the_day) return missing(Key::kDayOfQuarter);
  TRELLIS_TRY(check_range(Key::kQuarter, maybe(Key::kQuarter), 1, 4));
  TRELLIS_TRY(check_range(Key::kDayOfQuarter, maybe(Key::kDayOfQuarter), 1, 92));
  CivilDate date = base ? civil_from_days(*base) : CivilDate{integer(Key::kYear), 1, 1};
  date.year = maybe(Key::kYear).value_or(date.year);
  if (has(Key::kQuarter)) {
    // The month keeps its place in the quarter.
    date.month = static_cast<int>(integer(Key::kQuarter) - 1) * 3 + (date.month - 1) % 3 + 1;
  }
  if (has(Key::kDayOfQuarter)) {
    const int first_month = (date.month - 1) / 3 * 3 + 1;
    return days_from_civil(date.year, first_month, 1) + integer(Key::kDayOfQuarter) - 1;
  }
  return days_from_civil(date.year, date.month,
                         std::min(date.day, days_in_month(date.year, date.month)));
}

Result<int64_t> TemporalFields::fraction(int64_t kept_unit) const {
  const auto milli = maybe(Key::kMillisecond);
  const auto micro = maybe(Key::kMicrosecond);
  const auto nano = maybe(Key::kNanosecond);
  int64_t below_micro = kNanosPerSecond;  // bound of nanoseconds
  int64_t below_milli = 1'000'000;        // bound of microseconds
  if (milli || kept_unit >= 1'000'000) {
    below_milli = 1'000;
    below_micro = 1'000'000;
  }
  if (micro || kept_unit == 1'000) below_micro = 1'000;
  TRELLIS_TRY(check_range(Key::kMillisecond, milli, 0, 999));
  TRELLIS_TRY(check_range(Key::kMicrosecond, micro, 0, below_milli - 1));
  TRELLIS_TRY(check_range(Key::kNanosecond, nano, 0, below_micro - 1));
  return milli.value_or(0) * 1'000'000 + micro.value_or(0) * 1'000 + nano.value_or(0);
}

Result<int64_t> TemporalFields::clock_over(std::optional<int64_t> base, int64_t kept_unit) const {
  const bool sub = has(Key::kMillisecond) || has(Key::kMicrosecond) || has(Key::kNanosecond);
  if (!base) {
    if (!any_of_clock()) return int64_t{0};
    if (!has(Key::kHour)) return missing(Key::kHour);
    if (!has(Key::kMinute) && (has(Key::kSecond) || sub)) return missing(Key::kMinute);
    if (!has(Key::kSecond) && sub) return missing(Key::kSecond);
  }
  TRELLIS_TRY(check_range(Key::kHour, maybe(Key::kHour), 0, 23));
  TRELLIS_TRY(check_range(Key::kMinute, maybe(Key::kMinute), 0, 59));
  TRELLIS_TRY(check_range(Key::kSecond, maybe(Key::kSecond), 0, 59));
  const int64_t from = base.value_or(0);
  const int64_t seconds = from / kNanosPerSecond;
  int64_t nanos = from % kNanosPerSecond;
  if (sub) {
    const bool keeps = kept_unit > 1 && !has(Key::kMillisecond) &&
                       (kept_unit >= 1'000'000 || !has(Key::kMicrosecond));
    TRELLIS_TRY_ASSIGN(const int64_t given, fraction(keeps ? kept_unit : 1));
    nanos = keeps ? nanos + given : given;
  }
  const int64_t hour = maybe(Key::kHour).value_or(seconds / 3600);
  const int64_t minute = maybe(Key::kMinute).value_or(seconds / 60 % 60);
  const int64_t second = maybe(Key::kSecond).value_or(seconds % 60);
  return (hour * 3600 + minute * 60 + second) * kNanosPerSecond + nanos;
}

}  // namespace trellis::value
