// SPDX-License-Identifier: Apache-2.0
#include "value/temporal_parts.h"

#include "value/calendar.h"

namespace trellis::value {

TemporalParts parts_of(const Value& instant) {
  TemporalParts p;
  const auto wall = [&](int64_t seconds, int64_t nanos) {
    p.days = floor_div(seconds, kSecondsPerDay);
    p.nanos = floor_mod(seconds, kSecondsPerDay) * kNanosPerSecond + nanos;
  };
  switch (instant.type()) {
    case Type::kDate:
      p.days = instant.as_date().days;
      break;
    case Type::kLocalTime:
      p.nanos = instant.as_local_time().nanos;
      break;
    case Type::kTime:
      p.nanos = instant.as_time().nanos;
      p.offset_s = instant.as_time().offset_s;
      p.zone = Zone{{}, p.offset_s};
      break;
    case Type::kLocalDateTime:
      wall(instant.as_local_date_time().seconds, instant.as_local_date_time().nanos);
      break;
    case Type::kDateTime: {
      const DateTime& t = instant.as_date_time();
      wall(t.seconds + t.offset_s, t.nanos);
      p.offset_s = t.offset_s;
      p.zone = Zone{t.zone, t.offset_s};
      break;
    }
    default:
      TRELLIS_UNREACHABLE();
  }
  return p;
}

TemporalParts parts_at(Instant instant, const Zone& zone) {
  TemporalParts p;
  p.offset_s = offset_at(zone, instant.seconds);
  p.zone = zone;
  const int64_t wall = instant.seconds + p.offset_s;
  p.days = floor_div(wall, kSecondsPerDay);
  p.nanos = floor_mod(wall, kSecondsPerDay) * kNanosPerSecond + instant.nanos;
  return p;
}

Result<Value> compose(Arena& arena, Type type, int64_t days, int64_t nanos, const Zone& zone,
                      int32_t time_offset_s, std::optional<int32_t> preferred) {
  if (has_date(type) && !days_in_range(days)) {
    return fail(ErrorCode::InvalidTemporal,
                "The date is out of range: years go from -999,999,999 to 999,999,999.");
  }
  const int64_t wall = days * kSecondsPerDay + nanos / kNanosPerSecond;
  const auto fraction = static_cast<int32_t>(nanos % kNanosPerSecond);
  switch (type) {
    case Type::kDate:
      return Value::date({days});
    case Type::kLocalTime:
      return Value::local_time({nanos});
    case Type::kTime:
      return Value::time({nanos, time_offset_s});
    case Type::kLocalDateTime:
      return Value::local_date_time({wall, fraction});
    case Type::kDateTime: {
      const int64_t utc = wall - offset_of_wall(zone, wall, preferred);
      return date_time_at(arena, {utc, fraction}, zone);
    }
    default:
      TRELLIS_UNREACHABLE();
  }
}

Value date_time_at(Arena& arena, Instant instant, const Zone& zone) {
  return make_date_time(
      arena, {instant.seconds, instant.nanos, offset_at(zone, instant.seconds), zone.name});
}

}  // namespace trellis::value
