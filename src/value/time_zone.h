// SPDX-License-Identifier: Apache-2.0
//
// Time zones of the system's tzdata. Thread-safe. After 2037 the rules of the last years go on.
#pragma once

#include <optional>
#include <string_view>

#include "base/result.h"

namespace trellis::value {

struct Zone {
  std::string_view name;  // IANA, of static lifetime; empty: the fixed offset
  int32_t offset_s = 0;
  bool fixed() const { return name.empty(); }
};

constexpr int32_t kMaxOffset = 18 * 3600;

// "Z", "+01", "+0100", "+01:00", "+01:00:30"; nullopt: not an offset. Out of range:
// InvalidTemporal.
Result<std::optional<int32_t>> parse_offset(std::string_view text);
// An offset or a zone name, found without regard to case. InvalidTemporalText.
Result<Zone> find_zone(std::string_view text);

int32_t offset_at(const Zone& zone, int64_t utc_seconds);

// The offset for a wall time (seconds as if it were UTC). In a gap the one before it, so that
// wall - offset lies after the gap. In an overlap the earlier instant's, unless `preferred` is one
// of the two. The offset in force at the resulting instant is offset_at(zone, wall - result).
int32_t offset_of_wall(const Zone& zone, int64_t wall_seconds,
                       std::optional<int32_t> preferred = std::nullopt);

}  // namespace trellis::value
