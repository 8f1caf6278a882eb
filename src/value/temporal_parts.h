// SPDX-License-Identifier: Apache-2.0
//
// What the temporal instants have in common, for building and arithmetic. Private to the room.
#pragma once

#include <optional>

#include "base/result.h"
#include "value/temporal.h"
#include "value/time_zone.h"

namespace trellis::value {

// An instant of any type, taken apart. Wall parts are local.
struct TemporalParts {
  std::optional<int64_t> days;   // LOCAL TIME and ZONED TIME have none
  std::optional<int64_t> nanos;  // of the day; a DATE has none
  std::optional<Zone> zone;      // ZONED TIME and ZONED DATETIME
  int32_t offset_s = 0;          // in force, when zoned
};

constexpr bool is_instant(Type type) {
  return type == Type::kDate || type == Type::kLocalTime || type == Type::kTime ||
         type == Type::kLocalDateTime || type == Type::kDateTime;
}
constexpr bool has_date(Type type) {
  return type == Type::kDate || type == Type::kLocalDateTime || type == Type::kDateTime;
}
constexpr bool has_clock(Type type) { return is_instant(type) && type != Type::kDate; }
constexpr bool has_zone(Type type) { return type == Type::kTime || type == Type::kDateTime; }

TemporalParts parts_of(const Value& instant);
// An instant as seen on the clocks of a zone, or without one (zone nullopt: UTC).
TemporalParts parts_at(Instant instant, const Zone& zone);

// A value of the type from wall parts: missing nanos are midnight. days are needed by types with a
// date. For a ZONED DATETIME the offset is found (preferred when the wall time is ambiguous).
// InvalidTemporal when the year is out of range.
Result<Value> compose(Arena& arena, Type type, int64_t days, int64_t nanos, const Zone& zone,
                      int32_t time_offset_s, std::optional<int32_t> preferred = std::nullopt);
// The same instant in another zone.
Value date_time_at(Arena& arena, Instant instant, const Zone& zone);

}  // namespace trellis::value
