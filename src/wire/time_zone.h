// SPDX-License-Identifier: Apache-2.0
//
// What the codec must know of named time zones: a date-time comes with its zone's name and its UTC
// seconds (or, in the legacy form, local seconds), while a value also keeps the offset in force.
// Source of the zones: the system's tz database. Thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace trellis::wire {

// Seconds east of UTC at an instant; nothing for an unknown zone.
std::optional<int32_t> zone_offset_at(std::string_view zone, int64_t utc_seconds);
// For a local wall time: the earlier of two meanings; across a gap the offset before it.
std::optional<int32_t> zone_offset_at_local(std::string_view zone, int64_t local_seconds);

}  // namespace trellis::wire
