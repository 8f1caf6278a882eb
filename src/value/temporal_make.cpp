// SPDX-License-Identifier: Apache-2.0
#include "value/calendar.h"
#include "value/compare.h"
#include "value/temporal.h"
#include "value/temporal_fields.h"
#include "value/temporal_parts.h"

namespace trellis::value {
namespace {

using Key = TemporalKey;

Result<Value> at_instant(const TemporalContext& context, Type type, Instant instant,
                         const Zone& zone) {
  if (type == Type::kDateTime) return date_time_at(context.arena, instant, zone);
  const TemporalParts p = parts_at(instant, zone);
  return compose(context.arena, type, *p.days, *p.nanos, zone, p.offset_s);
}

Result<Value> from_text(const TemporalContext& context, Type type, std::string_view text) {
  switch (type) {
    case Type::kDate: {
      TRELLIS_TRY_ASSIGN(const Date date, parse_date(text));
      return Value::date(date);
    }
    case Type::kLocalTime: {
      TRELLIS_TRY_ASSIGN(const LocalTime time, parse_local_time(text));
      return Value::local_time(time);
    }
    case Type::kTime: {
      TRELLIS_TRY_ASSIGN(const Time time, parse_time(context, text));
      return Value::time(time);
    }
    case Type::kLocalDateTime: {
      TRELLIS_TRY_ASSIGN(const LocalDateTime time, parse_local_date_time(text));
      return Value::local_date_time(time);
    }
    default: {
      TRELLIS_TRY_ASSIGN(const DateTime time, parse_date_time(context, text));
      return make_date_time(context.arena, time);
    }
  }
}

Result<Value> from_instant(const TemporalContext& context, Type type, const Value& other) {
  const Type from = other.type();
  const bool whole = type == Type::kLocalDateTime || type == Type::kDateTime;
  if ((has_date(type) && !has_date(from)) || (has_clock(type) && !has_clock(from)) ||
      (whole && from == Type::kDate)) {
    return fail(ErrorCode::TypeError, "Cannot make a {} of a {}.", type_name(type),
                type_name(from));
  }
  if (type == from) return other;
  const TemporalParts p = parts_of(other);
  Zone zone;
  if (p.zone) {
    zone = *p.zone;
  } else if (has_zone(type)) {
    TRELLIS_TRY_ASSIGN(zone, find_zone(context.default_zone));
  }
  const int32_t offset = p.zone ? p.offset_s : offset_at(zone, context.now.seconds);
  return compose(context.arena, type, p.days.value_or(0), p.nanos.value_or(0), zone, offset);
}

Result<Value> from_epoch(const TemporalContext& context, const TemporalFields& fields) {
  if (fields.has(Key::kEpochSeconds) && fields.has(Key::kEpochMillis)) {
    return fail(ErrorCode::InvalidTemporal, "Give epochSeconds or epochMillis, not both.");
  }
  Instant instant;
  if (fields.has(Key::kEpochMillis)) {
    const int64_t millis = fields.integer(Key::kEpochMillis);
    instant.seconds = floor_div(millis, 1000);
    instant.nanos = static_cast<int32_t>(floor_mod(millis, 1000)) * 1'000'000;
  } else {
    instant.seconds = fields.integer(Key::kEpochSeconds);
  }
  if (!days_in_range(floor_div(instant.seconds, kSecondsPerDay))) {
    return fail(ErrorCode::InvalidTemporal, "The instant is out of range.");
  }
  TRELLIS_TRY_ASSIGN(const Zone zone,
                     find_zone(fields.has(Key::kTimezone) ? fields.zone() : context.default_zone));
  if (!fields.any_of_date() && !fields.any_of_clock()) {
    return date_time_at(context.arena, instant, zone);
  }
  const TemporalParts p = parts_at(instant, zone);
  TRELLIS_TRY_ASSIGN(const int64_t days, fields.date_over(p.days, false));
  TRELLIS_TRY_ASSIGN(const int64_t nanos, fields.clock_over(p.nanos));
  return compose(context.arena, Type::kDateTime, days, nanos, zone, 0);
}

// What a map selects from other values.
struct Bases {
  std::optional<int64_t> days;
  std::optional<int64_t> nanos;
  std::optional<Zone> zone;
  int32_t offset_s = 0;
};

Result<Bases> bases_of(const TemporalFields& fields) {
  Bases out;
  const auto take_clock = [&](const TemporalParts& p) {
    out.nanos = p.nanos;
    out.zone = p.zone;
    out.offset_s = p.offset_s;
  };
  if (fields.has(Key::kDateTime)) {
    if (fields.has(Key::kDate) || fields.has(Key::kTime)) {
      return fail(ErrorCode::InvalidTemporal,
                  "datetime cannot be selected together with date or time.");
    }
    const TemporalParts p = parts_of(fields.selected(Key::kDateTime));
    out.days = p.days;
    take_clock(p);
  }
  if (fields.has(Key::kDate)) out.days = parts_of(fields.selected(Key::kDate)).days;
  if (fields.has(Key::kTime)) take_clock(parts_of(fields.selected(Key::kTime)));
  return out;
}

Result<Value> zoned_time(const TemporalContext& context, const TemporalFields& fields,
                         const Bases& base, int64_t nanos) {
  if (base.zone && !fields.has(Key::kTimezone)) return Value::time({nanos, base.offset_s});
  TRELLIS_TRY_ASSIGN(const Zone zone,
                     find_zone(fields.has(Key::kTimezone) ? fields.zone() : context.default_zone));
  const int32_t offset = offset_at(zone, context.now.seconds);
  if (base.zone) {
    nanos = floor_mod(nanos + (offset - base.offset_s) * kNanosPerSecond, kNanosPerDay);
  }
  return Value::time({nanos, offset});
}

Result<Value> zoned_date_time(const TemporalContext& context, const TemporalFields& fields,
                              const Bases& base, int64_t days, int64_t nanos) {
  Zone given;
  if (fields.has(Key::kTimezone)) {
    TRELLIS_TRY_ASSIGN(given, find_zone(fields.zone()));
  } else if (!base.zone) {
    TRELLIS_TRY_ASSIGN(given, find_zone(context.default_zone));
  }
  const Zone wall_zone = base.zone ? *base.zone : given;
  TRELLIS_TRY_ASSIGN(const Value made,
                     compose(context.arena, Type::kDateTime, days, nanos, wall_zone, 0,
                             base.zone ? std::optional(base.offset_s) : std::nullopt));
  if (!base.zone || !fields.has(Key::kTimezone)) return made;
  const DateTime& t = made.as_date_time();
  return date_time_at(context.arena, {t.seconds, t.nanos}, given);
}

Result<Value> from_map(const TemporalContext& context, Type type, std::span<const MapEntry> map) {
  TRELLIS_TRY_ASSIGN(const TemporalFields fields, TemporalFields::read(type, map));
  if (map.empty()) {
    return fail(ErrorCode::InvalidTemporal, "A {} needs at least one component.", type_name(type));
  }
  if (fields.only_zone()) {
    TRELLIS_TRY_ASSIGN(const Zone zone, find_zone(fields.zone()));
    return at_instant(context, type, context.now, zone);
  }
  if (fields.has(Key::kTimezone) && !has_zone(type)) {
    return fail(ErrorCode::TypeError, "A {} has no timezone: leave it out.", type_name(type));
  }
  if (fields.has(Key::kEpochSeconds) || fields.has(Key::kEpochMillis)) {
    return from_epoch(context, fields);
  }
  TRELLIS_TRY_ASSIGN(const Bases base, bases_of(fields));
  int64_t days = 0;
  int64_t nanos = 0;
  if (has_date(type)) {
    const bool clock_given = fields.any_of_clock() || base.nanos.has_value();
    TRELLIS_TRY_ASSIGN(days, fields.date_over(base.days, clock_given && !base.days));
  }
  if (has_clock(type)) {
    if (!has_date(type) && !base.nanos && !fields.has(Key::kHour)) {
      return fail(ErrorCode::InvalidTemporal, "hour must be specified.");
    }
    TRELLIS_TRY_ASSIGN(nanos, fields.clock_over(base.nanos));
  }
  if (type == Type::kTime) return zoned_time(context, fields, base, nanos);
  if (type == Type::kDateTime) return zoned_date_time(context, fields, base, days, nanos);
  return compose(context.arena, type, days, nanos, Zone{}, 0);
}

}  // namespace

Result<Value> make_temporal(const TemporalContext& context, Type type, const Value& argument) {
  if (argument.is(Type::kString)) return from_text(context, type, argument.as_string());
  if (argument.is(Type::kMap)) return from_map(context, type, argument.as_map());
  if (is_instant(argument.type())) return from_instant(context, type, argument);
  return fail(ErrorCode::TypeError,
              "A {} is made from a STRING, a MAP or another temporal value, not from {}.",
              type_name(type), type_name(argument.type()));
}

Result<Value> current_temporal(const TemporalContext& context, Type type, const Value& zone) {
  std::string_view name = context.default_zone;
  if (!zone.is_null()) {
    if (!zone.is(Type::kString)) {
      return fail(ErrorCode::TypeError, "A timezone must be a STRING, not {}.",
                  type_name(zone.type()));
    }
    name = zone.as_string();
  }
  TRELLIS_TRY_ASSIGN(const Zone found, find_zone(name));
  return at_instant(context, type, context.now, found);
}

Result<Value> date_time_from_epoch(const TemporalContext& context, int64_t seconds, int64_t nanos) {
  if (nanos < 0 || nanos >= kNanosPerSecond) {
    return fail(ErrorCode::InvalidTemporal, "{} is not a valid number of nanoseconds.", nanos);
  }
  if (!days_in_range(floor_div(seconds, kSecondsPerDay))) {
    return fail(ErrorCode::InvalidTemporal, "The instant {} s is out of range.", seconds);
  }
  return date_time_at(context.arena, {seconds, static_cast<int32_t>(nanos)}, Zone{});
}

Result<Value> date_time_from_epoch_millis(const TemporalContext& context, int64_t millis) {
  return date_time_from_epoch(context, floor_div(millis, 1000),
                              floor_mod(millis, 1000) * 1'000'000);
}

}  // namespace trellis::value
