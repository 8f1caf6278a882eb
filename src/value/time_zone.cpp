// SPDX-License-Identifier: Apache-2.0
//
// The only file that includes <date/tz.h>: it is slow to compile and throws.
#include "value/time_zone.h"

#include <date/tz.h>

#include <algorithm>
#include <exception>

#include "value/calendar.h"

namespace trellis::value {
namespace {

// tzdata as IANA ships it gives these zones the history of another before 1970; some distributions
// compile in separate histories. Clients (Java, JavaScript) have IANA's.
struct MergedZone {
  std::string_view name;
  std::string_view before_1970;
};
constexpr MergedZone kMerged[] = {
    {"Europe/Amsterdam", "Europe/Brussels"},  {"Europe/Copenhagen", "Europe/Berlin"},
    {"Europe/Luxembourg", "Europe/Brussels"}, {"Europe/Monaco", "Europe/Paris"},
    {"Europe/Oslo", "Europe/Berlin"},         {"Europe/Stockholm", "Europe/Berlin"},
    {"Atlantic/Reykjavik", "Africa/Abidjan"},
};

std::string_view history_of(std::string_view name, int64_t seconds) {
  if (seconds >= 0) return name;
  for (const MergedZone& zone : kMerged) {
    if (zone.name == name) return zone.before_1970;
  }
  return name;
}

const date::time_zone* locate(std::string_view name) {
  try {
    return date::locate_zone(name);
  } catch (const std::exception&) {
    return nullptr;
  }
}

bool same_letters(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

constexpr int64_t kLastCovered = 2'114'380'800;  // 2037-01-01: the tables end in that year

int64_t in_year_like(int64_t seconds, int64_t year) {
  const CivilDate date = civil_from_days(floor_div(seconds, kSecondsPerDay));
  return seconds +
         (days_from_civil(year, 1, 1) - days_from_civil(date.year, 1, 1)) * kSecondsPerDay;
}

// Whether the clocks stayed as they were all through the last whole year of the table.
bool stands_still(const date::time_zone& rules) {
  constexpr int64_t kFortnight = 14 * kSecondsPerDay;
  const auto offset = [&](int64_t seconds) {
    return rules.get_info(date::sys_seconds(std::chrono::seconds(seconds))).offset;
  };
  const auto last = offset(kLastCovered - 1);
  for (int i = 1; i < 26; ++i) {
    if (offset(kLastCovered - i * kFortnight) != last) return false;
  }
  return true;
}

// An instant of the table at which the zone does what it does at `seconds`: itself, or for a later
// year the same place in the latest year with the same calendar (leap or not, first day of the
// week).
int64_t within_table(const date::time_zone& rules, int64_t seconds) {
  if (seconds < kLastCovered) return seconds;
  if (stands_still(rules)) return kLastCovered - 1;
  const int64_t year = civil_from_days(floor_div(seconds, kSecondsPerDay)).year;
  const int first_day = day_of_week(days_from_civil(year, 1, 1));
  for (int64_t other = 2036; other >= 2009; --other) {
    if (is_leap_year(other) == is_leap_year(year) &&
        day_of_week(days_from_civil(other, 1, 1)) == first_day) {
      return in_year_like(seconds, other);
    }
  }
  TRELLIS_UNREACHABLE();
}

// Two digits at `at`, or nullopt.
std::optional<int> two_digits(std::string_view text, size_t at) {
  if (at + 2 > text.size()) return std::nullopt;
  const char a = text[at];
  const char b = text[at + 1];
  if (a < '0' || a > '9' || b < '0' || b > '9') return std::nullopt;
  return (a - '0') * 10 + (b - '0');
}

}  // namespace

Result<std::optional<int32_t>> parse_offset(std::string_view text) {
  const std::optional<int32_t> none;
  if (text == "Z" || text == "z") return std::optional<int32_t>(0);
  if (text.size() < 3 || (text[0] != '+' && text[0] != '-')) return none;
  const bool extended = text.size() > 3 && text[3] == ':';
  int parts[3] = {0, 0, 0};
  size_t at = 1;
  for (int i = 0; i < 3 && at < text.size(); ++i) {
    if (i > 0 && extended) {
      if (text[at] != ':') return none;
      ++at;
    }
    const auto part = two_digits(text, at);
    if (!part) return none;
    parts[i] = *part;
    at += 2;
  }
  if (at != text.size()) return none;
  const int32_t size = parts[0] * 3600 + parts[1] * 60 + parts[2];
  if (parts[1] > 59 || parts[2] > 59 || size > kMaxOffset) {
    return fail(ErrorCode::InvalidTemporal, "The offset {} is out of range: use -18:00 to +18:00.",
                text);
  }
  return std::optional<int32_t>(text[0] == '-' ? -size : size);
}

Result<Zone> find_zone(std::string_view text) {
  TRELLIS_TRY_ASSIGN(const std::optional<int32_t> offset, parse_offset(text));
  if (offset) return Zone{{}, *offset};
  if (const date::time_zone* zone = locate(text)) return Zone{zone->name(), 0};
  try {
    for (const date::time_zone& zone : date::get_tzdb().zones) {
      if (same_letters(zone.name(), text)) return Zone{zone.name(), 0};
    }
  } catch (const std::exception&) {
    return fail(ErrorCode::InvalidTemporalText,
                "The time zone {} cannot be looked up: the system has no time zone data. Install "
                "tzdata, or use an offset such as +01:00.",
                text);
  }
  return fail(ErrorCode::InvalidTemporalText,
              "Unknown time zone: {}. Use an offset such as +01:00, or a name such as "
              "Europe/Stockholm.",
              text);
}

int32_t offset_at(const Zone& zone, int64_t utc_seconds) {
  if (zone.fixed()) return zone.offset_s;
  const date::time_zone* rules = locate(history_of(zone.name, utc_seconds));
  if (rules == nullptr) return 0;
  const date::sys_seconds at{std::chrono::seconds(within_table(*rules, utc_seconds))};
  return static_cast<int32_t>(rules->get_info(at).offset.count());
}

int32_t offset_of_wall(const Zone& zone, int64_t wall_seconds, std::optional<int32_t> preferred) {
  if (zone.fixed()) return zone.offset_s;
  const date::time_zone* rules = locate(history_of(zone.name, wall_seconds));
  if (rules == nullptr) return 0;
  const date::local_seconds at{std::chrono::seconds(within_table(*rules, wall_seconds))};
  const date::local_info info = rules->get_info(at);
  const auto first = static_cast<int32_t>(info.first.offset.count());
  if (info.result == date::local_info::ambiguous && preferred) {
    const auto second = static_cast<int32_t>(info.second.offset.count());
    if (*preferred == second) return second;
  }
  return first;
}

}  // namespace trellis::value
