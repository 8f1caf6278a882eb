// SPDX-License-Identifier: Apache-2.0
#include <optional>

#include "value/calendar.h"
#include "value/temporal.h"
#include "value/time_zone.h"

namespace trellis::value {
namespace {

// Reads a text from the left.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}
  bool done() const { return rest_.empty(); }
  char peek() const { return rest_.empty() ? '\0' : rest_[0]; }
  bool take(char c) {
    if (peek() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  size_t digits_ahead() const {
    size_t n = 0;
    while (n < rest_.size() && rest_[n] >= '0' && rest_[n] <= '9') ++n;
    return n;
  }
  // A number of min to max digits.
  std::optional<int64_t> number(size_t min, size_t max) {
    const size_t n = std::min(digits_ahead(), max);
    if (n < min) return std::nullopt;
    int64_t value = 0;
    for (size_t i = 0; i < n; ++i) value = value * 10 + (rest_[i] - '0');
    rest_.remove_prefix(n);
    return value;
  }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

struct Clock {
  int64_t nanos = 0;  // of the day
};

tl::unexpected<Error> unreadable(std::string_view text, std::string_view what) {
  return fail(ErrorCode::InvalidTemporalText, "Cannot read '{}' as a {}.", text, what);
}

tl::unexpected<Error> out_of_range(std::string_view part, int64_t value) {
  return fail(ErrorCode::InvalidTemporalText, "{} is not a valid {}.", value, part);
}

enum class DateForm : uint8_t { kYear, kMonth, kDay, kWeek, kQuarter, kOrdinal };
struct DateParts {
  DateForm form = DateForm::kYear;
  int64_t year = 0;
  int64_t major = 1;  // month, week, quarter or day of the year
  int64_t minor = 1;  // day of month, week or quarter
};

Result<int64_t> days_of(const DateParts& p) {
  if (!year_in_range(p.year)) return out_of_range("year", p.year);
  switch (p.form) {
    case DateForm::kYear:
    case DateForm::kMonth:
    case DateForm::kDay: {
      if (p.major < 1 || p.major > 12) return out_of_range("month", p.major);
      const int month = static_cast<int>(p.major);
      if (p.minor < 1 || p.minor > days_in_month(p.year, month)) {
        return out_of_range("day of the month", p.minor);
      }
      return days_from_civil(p.year, month, static_cast<int>(p.minor));
    }
    case DateForm::kWeek:
      if (p.major < 1 || p.major > 53) return out_of_range("week", p.major);
      if (p.minor < 1 || p.minor > 7) return out_of_range("day of the week", p.minor);
      return days_from_week_date({p.year, static_cast<int>(p.major), static_cast<int>(p.minor)});
    case DateForm::kQuarter:
      if (p.major < 1 || p.major > 4) return out_of_range("quarter", p.major);
      if (p.minor < 1 || p.minor > 92) return out_of_range("day of the quarter", p.minor);
      return days_from_civil(p.year, static_cast<int>(p.major) * 3 - 2, 1) + p.minor - 1;
    case DateForm::kOrdinal:
      if (p.major < 1 || p.major > (is_leap_year(p.year) ? 366 : 365)) {
        return out_of_range("day of the year", p.major);
      }
      return days_from_civil(p.year, 1, 1) + p.major - 1;
  }
  TRELLIS_UNREACHABLE();
}

// What follows the year: with hyphens (extended) or without (basic).
bool read_week_or_quarter(Cursor& in, bool extended, DateParts& p) {
  const bool week = in.peek() == 'W';
  in.take(week ? 'W' : 'Q');
  p.form = week ? DateForm::kWeek : DateForm::kQuarter;
  const auto major = in.number(week && !extended ? 2 : 1, week ? 2 : 1);
  if (!major) return false;
  p.major = *major;
  if (in.done()) return true;
  if (extended && !in.take('-')) return false;
  const auto minor = week ? in.number(1, 1) : in.number(extended ? 1 : 2, 2);
  if (!minor) return false;
  p.minor = *minor;
  return in.done();
}

bool read_extended(Cursor& in, DateParts& p) {
  if (in.peek() == 'W' || in.peek() == 'Q') return read_week_or_quarter(in, true, p);
  if (in.digits_ahead() == 3) {
    p.form = DateForm::kOrdinal;
    p.major = *in.number(3, 3);
    return in.done();
  }
  const auto month = in.number(1, 2);
  if (!month) return false;
  p.form = DateForm::kMonth;
  p.major = *month;
  if (in.done()) return true;
  if (!in.take('-')) return false;
  const auto day = in.number(1, 2);
  if (!day) return false;
  p.form = DateForm::kDay;
  p.minor = *day;
  return in.done();
}

bool read_basic(Cursor& in, DateParts& p) {
  if (in.peek() == 'W' || in.peek() == 'Q') return read_week_or_quarter(in, false, p);
  switch (in.digits_ahead()) {
    case 2:
      p.form = DateForm::kMonth;
      p.major = *in.number(2, 2);
      return in.done();
    case 3:
      p.form = DateForm::kOrdinal;
      p.major = *in.number(3, 3);
      return in.done();
    case 4:
      p.form = DateForm::kDay;
      p.major = *in.number(2, 2);
      p.minor = *in.number(2, 2);
      return in.done();
    default:
      return false;
  }
}

std::optional<DateParts> read_date(std::string_view text) {
  Cursor in(text);
  DateParts p;
  const bool negative = in.peek() == '-';
  const bool is_signed = negative || in.peek() == '+';
  if (is_signed) in.take(in.peek());
  const auto year = is_signed ? in.number(1, 9) : in.number(4, 4);
  if (!year) return std::nullopt;
  p.year = negative ? -*year : *year;
  if (in.done()) return p;
  const bool ok = in.take('-') ? read_extended(in, p) : !is_signed && read_basic(in, p);
  return ok ? std::optional(p) : std::nullopt;
}

// HH[:MM[:SS[.f]]], HHMM[SS[.f]]; stops at whatever is not part of it.
std::optional<int64_t> read_fraction(Cursor& in) {
  if (!in.take('.') && !in.take(',')) return 0;
  const size_t n = in.digits_ahead();
  if (n < 1 || n > 9) return std::nullopt;
  int64_t value = *in.number(n, n);
  for (size_t i = n; i < 9; ++i) value *= 10;
  return value;
}

Result<Clock> read_clock(std::string_view text, std::string_view whole, std::string_view what) {
  Cursor in(text);
  const size_t run = in.digits_ahead();
  const bool basic = run == 4 || run == 6;
  int64_t parts[3] = {0, 0, 0};
  int64_t fraction = 0;
  int count = 0;
  while (count < 3) {
    if (count > 0) {
      if (in.done()) break;
      if (basic ? in.digits_ahead() == 0 : !in.take(':')) break;
    }
    const auto part = basic ? in.number(2, 2) : in.number(1, 2);
    if (!part) return unreadable(whole, what);
    parts[count++] = *part;
  }
  if (count == 3) {
    const auto f = read_fraction(in);
    if (!f) return unreadable(whole, what);
    fraction = *f;
  }
  if (!in.done()) return unreadable(whole, what);
  if (parts[0] > 23) return out_of_range("hour", parts[0]);
  if (parts[1] > 59) return out_of_range("minute", parts[1]);
  if (parts[2] > 59) return out_of_range("second", parts[2]);
  return Clock{(parts[0] * 3600 + parts[1] * 60 + parts[2]) * kNanosPerSecond + fraction};
}

struct ZonedText {
  std::string_view clock;
  std::optional<int32_t> offset;
  std::string_view zone;  // empty: none
};

// Splits 21:40:32+01:00[Europe/Stockholm].
Result<ZonedText> split_zone(std::string_view text, std::string_view whole, std::string_view what) {
  ZonedText out;
  if (!text.empty() && text.back() == ']') {
    const size_t open = text.find('[');
    if (open == std::string_view::npos) return unreadable(whole, what);
    out.zone = text.substr(open + 1, text.size() - open - 2);
    if (out.zone.empty()) return unreadable(whole, what);
    text = text.substr(0, open);
  }
  const size_t at = text.find_first_of("Zz+-");
  out.clock = text.substr(0, at);
  if (at == std::string_view::npos) return out;
  TRELLIS_TRY_ASSIGN(out.offset, parse_offset(text.substr(at)));
  if (!out.offset) return unreadable(whole, what);
  return out;
}

std::string_view without_t(std::string_view text) {
  if (!text.empty() && (text[0] == 'T' || text[0] == 't')) text.remove_prefix(1);
  return text;
}

// The date's text and what follows its T (nullopt without a T).
struct DateTimeText {
  std::string_view date;
  std::optional<std::string_view> time;
};
DateTimeText split_date_time(std::string_view text) {
  const size_t t = text.find_first_of("Tt");
  if (t == std::string_view::npos) return {text, std::nullopt};
  return {text.substr(0, t), text.substr(t + 1)};
}

Result<int64_t> date_days(std::string_view text, std::string_view whole, std::string_view what) {
  const auto parts = read_date(text);
  if (!parts) return unreadable(whole, what);
  return days_of(*parts);
}

LocalDateTime join(int64_t days, int64_t nanos_of_day) {
  return {days * kSecondsPerDay + nanos_of_day / kNanosPerSecond,
          static_cast<int32_t>(nanos_of_day % kNanosPerSecond)};
}

}  // namespace

Result<Date> parse_date(std::string_view text) {
  TRELLIS_TRY_ASSIGN(const int64_t days, date_days(text, text, "DATE"));
  return Date{days};
}

Result<LocalTime> parse_local_time(std::string_view text) {
  TRELLIS_TRY_ASSIGN(const Clock clock, read_clock(without_t(text), text, "LOCAL TIME"));
  return LocalTime{clock.nanos};
}

Result<Time> parse_time(const TemporalContext& context, std::string_view text) {
  TRELLIS_TRY_ASSIGN(const ZonedText parts, split_zone(without_t(text), text, "ZONED TIME"));
  TRELLIS_TRY_ASSIGN(const Clock clock, read_clock(parts.clock, text, "ZONED TIME"));
  if (!parts.zone.empty()) {
    return fail(ErrorCode::InvalidTemporal,
                "A named time zone ({}) needs a date: give an offset such as +01:00.", parts.zone);
  }
  if (parts.offset) return Time{clock.nanos, *parts.offset};
  TRELLIS_TRY_ASSIGN(const Zone zone, find_zone(context.default_zone));
  return Time{clock.nanos, offset_at(zone, context.now.seconds)};
}

Result<LocalDateTime> parse_local_date_time(std::string_view text) {
  const DateTimeText parts = split_date_time(text);
  TRELLIS_TRY_ASSIGN(const int64_t days, date_days(parts.date, text, "LOCAL DATETIME"));
  if (!parts.time) return join(days, 0);
  TRELLIS_TRY_ASSIGN(const Clock clock, read_clock(*parts.time, text, "LOCAL DATETIME"));
  return join(days, clock.nanos);
}

Result<DateTime> parse_date_time(const TemporalContext& context, std::string_view text) {
  const DateTimeText parts = split_date_time(text);
  TRELLIS_TRY_ASSIGN(const int64_t days, date_days(parts.date, text, "ZONED DATETIME"));
  ZonedText zoned;
  Clock clock;
  if (parts.time) {
    TRELLIS_TRY_ASSIGN(zoned, split_zone(*parts.time, text, "ZONED DATETIME"));
    TRELLIS_TRY_ASSIGN(clock, read_clock(zoned.clock, text, "ZONED DATETIME"));
  }
  const LocalDateTime wall = join(days, clock.nanos);
  Zone zone;
  if (!zoned.zone.empty()) {
    TRELLIS_TRY_ASSIGN(zone, find_zone(zoned.zone));
  } else if (zoned.offset) {
    zone = Zone{{}, *zoned.offset};
  } else {
    TRELLIS_TRY_ASSIGN(zone, find_zone(context.default_zone));
  }
  const int32_t offset = offset_of_wall(zone, wall.seconds, zoned.offset);
  if (zoned.offset && offset != *zoned.offset) {
    return fail(ErrorCode::InvalidTemporal, "The offset in '{}' is not that of the time zone then.",
                text);
  }
  const int64_t utc = wall.seconds - offset;
  return DateTime{utc, wall.nanos, offset_at(zone, utc), zone.name};
}

}  // namespace trellis::value
