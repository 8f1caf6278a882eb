// SPDX-License-Identifier: Apache-2.0
#include "value/temporal_text.h"

#include <fmt/format.h>

#include <iterator>

#include "value/calendar.h"

namespace trellis::value {
namespace {

void append_civil(std::string& out, CivilDate date) {
  const int64_t year = date.year < 0 ? -date.year : date.year;
  if (date.year < 0) out += '-';
  if (date.year > 9999) out += '+';
  fmt::format_to(std::back_inserter(out), "{:04}-{:02}-{:02}", year, date.month, date.day);
}

void append_fraction(std::string& out, int64_t nanos) {
  std::string digits = fmt::format("{:09}", nanos);
  digits.erase(digits.find_last_not_of('0') + 1);
  out += '.';
  out += digits;
}

void append_clock(std::string& out, int64_t second_of_day, int64_t nanos, ClockStyle style) {
  const auto to = std::back_inserter(out);
  fmt::format_to(to, "{:02}:{:02}", second_of_day / 3600, second_of_day / 60 % 60);
  const bool full = style == ClockStyle::kFull;
  if (!full && second_of_day % 60 == 0 && nanos == 0) return;
  fmt::format_to(to, ":{:02}", second_of_day % 60);
  if (nanos == 0) return;
  if (full) {
    append_fraction(out, nanos);
  } else if (nanos % 1'000'000 == 0) {
    fmt::format_to(to, ".{:03}", nanos / 1'000'000);
  } else if (nanos % 1'000 == 0) {
    fmt::format_to(to, ".{:06}", nanos / 1'000);
  } else {
    fmt::format_to(to, ".{:09}", nanos);
  }
}

void append_wall(std::string& out, int64_t seconds, int64_t nanos, ClockStyle style) {
  append_text(out, Date{floor_div(seconds, kSecondsPerDay)});
  out += 'T';
  append_clock(out, floor_mod(seconds, kSecondsPerDay), nanos, style);
}

void append_part(std::string& out, int64_t amount, char unit) {
  if (amount == 0) return;
  out += std::to_string(amount);
  out += unit;
}

// -1 s and 999,000,000 ns is written -0.001: sign, whole seconds, fraction, each by itself.
void append_seconds(std::string& out, int64_t seconds, int64_t nanos) {
  if (seconds == 0 && nanos == 0) return;
  const bool negative = seconds < 0;
  if (negative && nanos > 0) {
    seconds += 1;
    nanos = kNanosPerSecond - nanos;
  }
  if (negative && seconds == 0) out += '-';
  out += std::to_string(seconds);
  if (nanos != 0) append_fraction(out, nanos);
  out += 'S';
}

}  // namespace

void append_text(std::string& out, Date date) { append_civil(out, civil_from_days(date.days)); }

void append_text(std::string& out, LocalTime time, ClockStyle style) {
  append_clock(out, time.nanos / kNanosPerSecond, time.nanos % kNanosPerSecond, style);
}

void append_text(std::string& out, Time time, ClockStyle style) {
  append_text(out, LocalTime{time.nanos}, style);
  append_offset(out, time.offset_s);
}

void append_text(std::string& out, LocalDateTime time, ClockStyle style) {
  append_wall(out, time.seconds, time.nanos, style);
}

void append_text(std::string& out, const DateTime& time, ClockStyle style) {
  append_wall(out, time.seconds + time.offset_s, time.nanos, style);
  append_offset(out, time.offset_s);
  if (!time.zone.empty()) {
    out += '[';
    out += time.zone;
    out += ']';
  }
}

void append_text(std::string& out, const Duration& d) {
  if (d.months == 0 && d.days == 0 && d.seconds == 0 && d.nanos == 0) {
    out += "PT0S";
    return;
  }
  out += 'P';
  append_part(out, d.months / 12, 'Y');
  append_part(out, d.months % 12, 'M');
  append_part(out, d.days, 'D');
  if (d.seconds == 0 && d.nanos == 0) return;
  out += 'T';
  // Hours and minutes are taken off towards zero, so that all parts have one sign.
  int64_t seconds = d.seconds;
  int64_t nanos = d.nanos;
  int64_t whole = seconds < 0 && nanos > 0 ? seconds + 1 : seconds;
  append_part(out, whole / 3600, 'H');
  append_part(out, whole / 60 % 60, 'M');
  seconds -= whole / 60 * 60;
  append_seconds(out, seconds, nanos);
}

void append_offset(std::string& out, int32_t offset_s) {
  if (offset_s == 0) {
    out += 'Z';
    return;
  }
  const int32_t size = offset_s < 0 ? -offset_s : offset_s;
  const auto to = std::back_inserter(out);
  fmt::format_to(to, "{}{:02}:{:02}", offset_s < 0 ? '-' : '+', size / 3600, size / 60 % 60);
  if (size % 60 != 0) fmt::format_to(to, ":{:02}", size % 60);
}

}  // namespace trellis::value
