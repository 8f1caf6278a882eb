// SPDX-License-Identifier: Apache-2.0
//
// The components of a map such as {year: 2015, week: 30, time: t, timezone: '+01:00'}, checked, and
// put over a base (a date or time that the map selects, or that was truncated). Private to the
// room.
#pragma once

#include <array>
#include <optional>
#include <span>

#include "base/result.h"
#include "value/value.h"

namespace trellis::value {

enum class TemporalKey : uint8_t {
  kYear,
  kQuarter,
  kMonth,
  kWeek,
  kOrdinalDay,
  kDayOfQuarter,
  kDay,
  kDayOfWeek,
  kHour,
  kMinute,
  kSecond,
  kMillisecond,
  kMicrosecond,
  kNanosecond,
  kEpochSeconds,
  kEpochMillis,
  kDate,
  kTime,
  kDateTime,
  kTimezone,
  kCount,
};

class TemporalFields {
 public:
  // Only keys that the type knows: TypeError else. Null components count as absent.
  static Result<TemporalFields> read(Type type, std::span<const MapEntry> map);

  bool has(TemporalKey key) const { return present_[static_cast<size_t>(key)]; }
  int64_t integer(TemporalKey key) const { return integers_[static_cast<size_t>(key)]; }
  std::optional<int64_t> maybe(TemporalKey key) const {
    return has(key) ? std::optional(integer(key)) : std::nullopt;
  }
  const Value& selected(TemporalKey key) const;  // kDate, kTime, kDateTime
  std::string_view zone() const { return zone_; }
  bool empty() const { return count_ == 0; }
  bool only_zone() const { return count_ == 1 && has(TemporalKey::kTimezone); }
  bool any_of_clock() const;
  bool any_of_date() const;

  // The day, from the base's with the given components replaced. Without a base it must be given
  // from the year downwards, to the day when `to_the_day`.
  Result<int64_t> date_over(std::optional<int64_t> base, bool to_the_day) const;
  // Nanoseconds of the day likewise. What a base has below `kept_unit` nanoseconds is zero and what
  // it has above stays when only smaller components are given (1: nothing stays).
  Result<int64_t> clock_over(std::optional<int64_t> base, int64_t kept_unit = 1) const;

 private:
  Result<> read_one(const MapEntry& entry, TemporalKey key);
  Result<int64_t> week_date_over(std::optional<int64_t> base, bool to_the_day) const;
  Result<int64_t> quarter_date_over(std::optional<int64_t> base, bool to_the_day) const;
  Result<int64_t> calendar_date_over(std::optional<int64_t> base, bool to_the_day) const;
  Result<int64_t> fraction(int64_t kept_unit) const;

  std::array<bool, static_cast<size_t>(TemporalKey::kCount)> present_{};
  std::array<int64_t, static_cast<size_t>(TemporalKey::kCount)> integers_{};
  std::array<Value, 3> selected_{};
  std::string_view zone_;
  int count_ = 0;
};

}  // namespace trellis::value
