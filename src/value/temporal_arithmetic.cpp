// SPDX-License-Identifier: Apache-2.0
#include "value/calendar.h"
#include "value/compare.h"
#include "value/temporal.h"
#include "value/temporal_parts.h"

namespace trellis::value {
namespace {

tl::unexpected<Error> out_of_range() {
  return fail(ErrorCode::InvalidTemporal,
              "The result is out of range: years go from -999,999,999 to 999,999,999.");
}

bool reasonable(__int128 days) {
  constexpr int64_t kFar = 800'000'000'000;  // beyond every date's day
  return days > -kFar && days < kFar;
}

// days + months + days of a duration, InvalidTemporal when out of range.
Result<int64_t> move_days(int64_t days, const Duration& d) {
  constexpr int64_t kFarMonths = 30'000'000'000;
  if (d.months > kFarMonths || d.months < -kFarMonths) return out_of_range();
  const __int128 moved = __int128{add_months(days, d.months)} + d.days;
  if (!reasonable(moved) || !days_in_range(static_cast<int64_t>(moved))) return out_of_range();
  return static_cast<int64_t>(moved);
}

// The nanoseconds of a day that is turned by a duration's time part.
int64_t turn_clock(int64_t nanos, const Duration& d) {
  const int64_t seconds = floor_mod(d.seconds, kSecondsPerDay);
  return floor_mod(nanos + seconds * kNanosPerSecond + d.nanos, kNanosPerDay);
}

struct Seconds {
  int64_t seconds;
  int32_t nanos;
};

Result<Seconds> move_seconds(int64_t seconds, int64_t nanos, const Duration& d) {
  const int64_t fraction = nanos + d.nanos;
  const __int128 moved = __int128{seconds} + d.seconds + fraction / kNanosPerSecond;
  if (!reasonable(moved / kSecondsPerDay)) return out_of_range();
  const auto total = static_cast<int64_t>(moved);
  if (!days_in_range(floor_div(total, kSecondsPerDay))) return out_of_range();
  return Seconds{total, static_cast<int32_t>(fraction % kNanosPerSecond)};
}

Result<Value> move_date_time(Arena& arena, const Value& instant, const Duration& d) {
  const TemporalParts p = parts_of(instant);
  TRELLIS_TRY_ASSIGN(const int64_t days, move_days(*p.days, d));
  int64_t utc = instant.as_date_time().seconds;
  if (days != *p.days) {
    const int64_t wall = days * kSecondsPerDay + *p.nanos / kNanosPerSecond;
    utc = wall - offset_of_wall(*p.zone, wall, p.offset_s);
  }
  TRELLIS_TRY_ASSIGN(const Seconds moved, move_seconds(utc, instant.as_date_time().nanos, d));
  return date_time_at(arena, {moved.seconds, moved.nanos}, *p.zone);
}

// -- between --

// Two instants brought to one clock: walls in one zone, and instants where they are zoned.
struct Comparable {
  int64_t days;
  int64_t nanos;
  std::optional<Zone> zone;
  int64_t utc_seconds;  // wall seconds when not zoned
};

Comparable comparable(const TemporalParts& p, int64_t days, const std::optional<Zone>& zone) {
  Comparable c{days, p.nanos.value_or(0), zone, 0};
  const int64_t wall = days * kSecondsPerDay + c.nanos / kNanosPerSecond;
  c.utc_seconds = wall;
  if (p.zone && p.days) {
    c.utc_seconds = wall - p.offset_s;
  } else if (p.zone) {
    c.utc_seconds = wall - p.zone->offset_s;
  } else if (zone) {
    c.utc_seconds = wall - offset_of_wall(*zone, wall);
  }
  return c;
}

// The wall parts of c on the clocks of a zone.
void show_in(Comparable& c, const Zone& zone) {
  const int64_t wall = c.utc_seconds + offset_at(zone, c.utc_seconds);
  c.days = floor_div(wall, kSecondsPerDay);
  c.nanos = floor_mod(wall, kSecondsPerDay) * kNanosPerSecond + c.nanos % kNanosPerSecond;
  c.zone = zone;
}

// Whole months from a to b on the clock, towards zero.
int64_t whole_months(const Comparable& a, const Comparable& b) {
  const CivilDate from = civil_from_days(a.days);
  const CivilDate to = civil_from_days(b.days);
  int64_t months = (to.year - from.year) * 12 + (to.month - from.month);
  const bool later_in_month = to.day != from.day ? to.day > from.day : b.nanos > a.nanos;
  const bool same_in_month = to.day == from.day && b.nanos == a.nanos;
  if (months > 0 && !later_in_month && !same_in_month) --months;
  if (months < 0 && later_in_month) ++months;
  return months;
}

int64_t whole_days(int64_t days_a, int64_t nanos_a, int64_t days_b, int64_t nanos_b) {
  int64_t days = days_b - days_a;
  if (days > 0 && nanos_b < nanos_a) --days;
  if (days < 0 && nanos_b > nanos_a) ++days;
  return days;
}

// From a point that was moved to (days, nanos) of a's clock up to b.
Duration rest_between(const Comparable& a, int64_t days, const Comparable& b) {
  int64_t from = days * kSecondsPerDay + a.nanos / kNanosPerSecond;
  int64_t to = b.utc_seconds;
  if (days == a.days) {
    from = a.utc_seconds;
  } else if (a.zone) {
    from -= offset_of_wall(*a.zone, from);
  }
  const int64_t fraction = b.nanos % kNanosPerSecond - a.nanos % kNanosPerSecond;
  return {0, 0, to - from + (fraction < 0 ? -1 : 0),
          static_cast<int32_t>(floor_mod(fraction, kNanosPerSecond))};
}

}  // namespace

Result<Value> add_duration(Arena& arena, const Value& instant, const Duration& d) {
  switch (instant.type()) {
    case Type::kDate: {
      TRELLIS_TRY_ASSIGN(const int64_t days, move_days(instant.as_date().days, d));
      // Whole days of the time part count too, towards zero.
      const int64_t seconds = d.seconds < 0 && d.nanos > 0 ? d.seconds + 1 : d.seconds;
      const __int128 moved = __int128{days} + seconds / kSecondsPerDay;
      if (!reasonable(moved) || !days_in_range(static_cast<int64_t>(moved))) return out_of_range();
      return Value::date({static_cast<int64_t>(moved)});
    }
    case Type::kLocalTime:
      return Value::local_time({turn_clock(instant.as_local_time().nanos, d)});
    case Type::kTime:
      return Value::time({turn_clock(instant.as_time().nanos, d), instant.as_time().offset_s});
    case Type::kLocalDateTime: {
      const TemporalParts p = parts_of(instant);
      TRELLIS_TRY_ASSIGN(const int64_t days, move_days(*p.days, d));
      TRELLIS_TRY_ASSIGN(const Seconds moved,
                         move_seconds(days * kSecondsPerDay + *p.nanos / kNanosPerSecond,
                                      *p.nanos % kNanosPerSecond, d));
      return Value::local_date_time({moved.seconds, moved.nanos});
    }
    case Type::kDateTime:
      return move_date_time(arena, instant, d);
    default:
      return fail(ErrorCode::TypeError, "Cannot add a DURATION to {}.", type_name(instant.type()));
  }
}

Result<Value> subtract_duration(Arena& arena, const Value& instant, const Duration& d) {
  TRELLIS_TRY_ASSIGN(const Duration negative, minus({0, 0, 0, 0}, d));
  return add_duration(arena, instant, negative);
}

Result<Duration> duration_between(const Value& from, const Value& to, DurationUnit unit) {
  for (const Value* value : {&from, &to}) {
    if (!is_instant(value->type())) {
      return fail(ErrorCode::TypeError, "A duration is between two temporal instants, not {}.",
                  type_name(value->type()));
    }
  }
  const TemporalParts a = parts_of(from);
  const TemporalParts b = parts_of(to);
  const bool dated = a.days && b.days;
  if (!dated && (unit == DurationUnit::kMonths || unit == DurationUnit::kDays)) {
    if (!a.days && !b.days) {
      return fail(ErrorCode::TypeError, "Between two times there are no months or days.");
    }
    return Duration{0, 0, 0, 0};
  }
  const std::optional<Zone> zone = a.zone ? a.zone : b.zone;
  const int64_t shared_day = a.days ? *a.days : b.days.value_or(0);
  const Comparable x = comparable(a, a.days.value_or(shared_day), zone);
  Comparable y = comparable(b, b.days.value_or(shared_day), zone);
  if (zone && dated) show_in(y, *zone);

  Duration result{0, 0, 0, 0};
  int64_t days = x.days;
  if (dated && (unit == DurationUnit::kAll || unit == DurationUnit::kMonths)) {
    result.months = whole_months(x, y);
    days = add_months(x.days, result.months);
    if (unit == DurationUnit::kMonths) return result;
  }
  if (dated && (unit == DurationUnit::kAll || unit == DurationUnit::kDays)) {
    result.days = whole_days(days, x.nanos, y.days, y.nanos);
    days += result.days;
    if (unit == DurationUnit::kDays) return result;
  }
  const Duration rest = rest_between(x, days, y);
  result.seconds = rest.seconds;
  result.nanos = rest.nanos;
  return result;
}

}  // namespace trellis::value
