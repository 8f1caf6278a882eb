// SPDX-License-Identifier: Apache-2.0
#include "wire/time_zone.h"

#include <date/tz.h>

#include <algorithm>
#include <exception>

namespace trellis::wire {
namespace {

// The library's calendar ends with year 32767; beyond it a zone keeps the rule of the last year.
constexpr int64_t kMinSeconds = -1'000'000'000'000;
constexpr int64_t kMaxSeconds = 900'000'000'000;

int64_t clamp(int64_t seconds) { return std::clamp(seconds, kMinSeconds, kMaxSeconds); }

const date::time_zone* find(std::string_view zone) {
  try {
    return date::locate_zone(zone);
  } catch (const std::exception&) {
    return nullptr;
  }
}

}  // namespace

std::optional<int32_t> zone_offset_at(std::string_view zone, int64_t utc_seconds) {
  const date::time_zone* found = find(zone);
  if (found == nullptr) return std::nullopt;
  const date::sys_seconds at{std::chrono::seconds(clamp(utc_seconds))};
  return static_cast<int32_t>(found->get_info(at).offset.count());
}

std::optional<int32_t> zone_offset_at_local(std::string_view zone, int64_t local_seconds) {
  const date::time_zone* found = find(zone);
  if (found == nullptr) return std::nullopt;
  const date::local_seconds at{std::chrono::seconds(clamp(local_seconds))};
  return static_cast<int32_t>(found->get_info(at).first.offset.count());
}

}  // namespace trellis::wire
