// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <cmath>
#include <limits>
#include <string>

#include "value/calendar.h"
#include "value/compare.h"
#include "value/temporal.h"

namespace trellis::value {
namespace {

constexpr double kDaysPerMonth = 365.2425 / 12;

bool fits(__int128 x) {
  return x >= std::numeric_limits<int64_t>::min() && x <= std::numeric_limits<int64_t>::max();
}

tl::unexpected<Error> overflow() {
  return fail(ErrorCode::InvalidTemporal,
              "The duration is too long: its parts must fit into 64-bit integers.");
}

// Sums amounts of units: exactly while all are whole, else in floating point, where what is left of
// a part goes on to the next smaller one.
class DurationSum {
 public:
  enum Part : uint8_t { kMonths, kDays, kSeconds, kNanos };
  void add(Part part, __int128 size, __int128 amount) {
    __int128 product = 0;
    too_large_ = too_large_ || __builtin_mul_overflow(amount, size, &product) ||
                 __builtin_add_overflow(whole_[part], product, &whole_[part]);
    real_[part] += static_cast<double>(amount) * static_cast<double>(size);
  }
  void add_real(Part part, int64_t size, double amount) {
    broken_ = true;
    real_[part] += amount * static_cast<double>(size);
  }

  Result<Duration> finish() const {
    if (broken_) return from_real();
    if (too_large_) return overflow();
    return from_whole(whole_[kMonths], whole_[kDays], whole_[kSeconds], whole_[kNanos]);
  }

 private:
  static Result<Duration> from_whole(__int128 months, __int128 days, __int128 seconds,
                                     __int128 nanos) {
    seconds += nanos / kNanosPerSecond;
    __int128 rest = nanos % kNanosPerSecond;
    if (rest < 0) {
      rest += kNanosPerSecond;
      seconds -= 1;
    }
    if (!fits(months) || !fits(days) || !fits(seconds)) return overflow();
    return Duration{static_cast<int64_t>(months), static_cast<int64_t>(days),
                    static_cast<int64_t>(seconds), static_cast<int32_t>(rest)};
  }

  // Each part is cut towards zero; the order of the operations gives Neo4j's last digit.
  Result<Duration> from_real() const {
    const double months = real_[kMonths];
    const double whole_months = std::trunc(months);
    const double days = real_[kDays] + (months - whole_months) * kDaysPerMonth;
    const double whole_days = std::trunc(days);
    const double seconds =
        real_[kSeconds] + (days - whole_days) * static_cast<double>(kSecondsPerDay);
    const double whole_seconds = std::trunc(seconds);
    const double nanos =
        real_[kNanos] + (seconds - whole_seconds) * static_cast<double>(kNanosPerSecond);
    constexpr double kLimit = 9.3e18;
    for (const double part : {whole_months, whole_days, whole_seconds, nanos}) {
      if (!(part > -kLimit && part < kLimit)) return overflow();
    }
    return from_whole(static_cast<__int128>(whole_months), static_cast<__int128>(whole_days),
                      static_cast<__int128>(whole_seconds), static_cast<__int128>(nanos));
  }

  bool too_large_ = false;
  bool broken_ = false;
  __int128 whole_[4] = {0, 0, 0, 0};
  double real_[4] = {0, 0, 0, 0};
};

struct Unit {
  std::string_view name;
  char letter;   // in text; 0: none
  bool of_time;  // behind the T
  DurationSum::Part part;
  int64_t size;
};
constexpr Unit kUnits[] = {
    {"years", 'Y', false, DurationSum::kMonths, 12},
    {"quarters", 0, false, DurationSum::kMonths, 3},
    {"months", 'M', false, DurationSum::kMonths, 1},
    {"weeks", 'W', false, DurationSum::kDays, 7},
    {"days", 'D', false, DurationSum::kDays, 1},
    {"hours", 'H', true, DurationSum::kSeconds, 3600},
    {"minutes", 'M', true, DurationSum::kSeconds, 60},
    {"seconds", 'S', true, DurationSum::kSeconds, 1},
    {"milliseconds", 0, true, DurationSum::kNanos, 1'000'000},
    {"microseconds", 0, true, DurationSum::kNanos, 1'000},
    {"nanoseconds", 0, true, DurationSum::kNanos, 1},
};

tl::unexpected<Error> unreadable(std::string_view text) {
  return fail(ErrorCode::InvalidTemporalText, "Cannot read '{}' as a DURATION.", text);
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// How many digits stand from `at` on; moves behind them.
size_t skip_digits(std::string_view text, size_t& at) {
  const size_t start = at;
  while (at < text.size() && is_digit(text[at])) ++at;
  return at - start;
}

// The number that the digits of a text make, other characters left out.
int64_t digits_of(std::string_view text) {
  int64_t value = 0;
  for (const char c : text) {
    if (is_digit(c)) value = value * 10 + (c - '0');
  }
  return value;
}

// Nine digits of a fraction as nanoseconds.
int64_t nanos_of(std::string_view fraction) {
  fraction = fraction.substr(0, 9);
  int64_t nanos = digits_of(fraction);
  for (size_t i = fraction.size(); i < 9; ++i) nanos *= 10;
  return nanos;
}

void add_amount(DurationSum& sum, const Unit& unit, bool minus, std::string_view whole,
                std::string_view fraction) {
  const int64_t sign = minus ? -1 : 1;
  if (fraction.empty() || unit.letter == 'S') {
    sum.add(unit.part, unit.size, sign * digits_of(whole));
    if (!fraction.empty()) sum.add(DurationSum::kNanos, 1, sign * nanos_of(fraction));
    return;
  }
  std::string text(whole);
  text += '.';
  text += fraction;
  double amount = 0;
  std::from_chars(text.data(), text.data() + text.size(), amount);
  sum.add_real(unit.part, unit.size, static_cast<double>(sign) * amount);
}

// P12Y5M14DT16H12M70.5S behind the P: units in falling order, a fraction only in the last one.
bool read_units(std::string_view text, bool negative, DurationSum& sum) {
  size_t next_unit = 0;
  bool in_time = false;
  bool any = false;
  bool after_fraction = false;
  size_t at = 0;
  while (at < text.size()) {
    if (text[at] == 'T') {
      if (in_time || at + 1 == text.size()) return false;
      in_time = true;
      ++at;
      continue;
    }
    if (after_fraction) return false;
    bool minus = negative;
    if (text[at] == '-' || text[at] == '+') {
      if (text[at] == '-') minus = !minus;
      ++at;
    }
    const size_t start = at;
    const size_t whole_digits = skip_digits(text, at);
    if (whole_digits == 0 || whole_digits > 18) return false;
    const std::string_view whole = text.substr(start, whole_digits);
    std::string_view fraction;
    if (at < text.size() && (text[at] == '.' || text[at] == ',')) {
      const size_t fraction_start = ++at;
      fraction = text.substr(fraction_start, skip_digits(text, at));
      if (fraction.empty()) return false;
      after_fraction = true;
    }
    if (at == text.size()) return false;
    while (next_unit < std::size(kUnits) &&
           (kUnits[next_unit].letter != text[at] || kUnits[next_unit].of_time != in_time)) {
      ++next_unit;
    }
    if (next_unit == std::size(kUnits)) return false;
    const Unit& unit = kUnits[next_unit++];
    add_amount(sum, unit, minus, whole, fraction);
    any = true;
    ++at;
  }
  return any;
}

// Digits at fixed places of a shape such as "dddd-dd-dd": '0' stands for a digit.
bool has_shape(std::string_view text, std::string_view shape) {
  if (text.size() != shape.size()) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (shape[i] == '0' ? !is_digit(text[i]) : text[i] != shape[i]) return false;
  }
  return true;
}

// P2012-02-02T14:37:21.545, P20120202T143721: a date-time's shape, its parts are amounts.
bool read_date_form(std::string_view text, bool negative, DurationSum& sum) {
  const size_t t = text.find('T');
  const std::string_view date = text.substr(0, t);
  const int sign = negative ? -1 : 1;
  if (!date.empty()) {
    if (!has_shape(date, "0000-00-00") && !has_shape(date, "00000000")) return false;
    const int64_t value = digits_of(date);
    const int64_t month = value / 100 % 100;
    const int64_t day = value % 100;
    if (month > 12 || day > 31) return false;
    sum.add(DurationSum::kMonths, 1, sign * (value / 10000 * 12 + month));
    sum.add(DurationSum::kDays, 1, sign * day);
  }
  if (t == std::string_view::npos) return !date.empty();
  std::string_view time = text.substr(t + 1);
  std::string_view fraction;
  if (const size_t dot = time.find_first_of(".,"); dot != std::string_view::npos) {
    fraction = time.substr(dot + 1);
    time = time.substr(0, dot);
    if (fraction.empty() || fraction.size() > 9) return false;
    for (const char c : fraction) {
      if (!is_digit(c)) return false;
    }
  }
  if (!has_shape(time, "00:00:00") && !has_shape(time, "000000")) return false;
  const int64_t value = digits_of(time);
  const int64_t minute = value / 100 % 100;
  const int64_t second = value % 100;
  if (value / 10000 > 24 || minute > 59 || second > 59) return false;
  sum.add(DurationSum::kSeconds, 1, sign * (value / 10000 * 3600 + minute * 60 + second));
  sum.add(DurationSum::kNanos, 1, sign * nanos_of(fraction));
  return true;
}

Result<Duration> combine(const Duration& a, const Duration& b, int sign) {
  DurationSum sum;
  const auto add = [&](const Duration& d, int s) {
    sum.add(DurationSum::kMonths, s, __int128{d.months});
    sum.add(DurationSum::kDays, s, __int128{d.days});
    sum.add(DurationSum::kSeconds, s, __int128{d.seconds});
    sum.add(DurationSum::kNanos, s, __int128{d.nanos});
  };
  add(a, 1);
  add(b, sign);
  return sum.finish();
}

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
  std::string_view rest = text;
  bool negative = false;
  if (!rest.empty() && (rest[0] == '-' || rest[0] == '+')) {
    negative = rest[0] == '-';
    rest.remove_prefix(1);
  }
  if (rest.size() < 2 || rest[0] != 'P') return unreadable(text);
  rest.remove_prefix(1);
  DurationSum units;
  if (read_units(rest, negative, units)) return units.finish();
  DurationSum date_form;
  if (read_date_form(rest, negative, date_form)) return date_form.finish();
  return unreadable(text);
}

Result<Duration> make_duration_from(std::span<const MapEntry> components) {
  if (components.empty()) {
    return fail(ErrorCode::InvalidTemporal,
                "A duration needs at least one component, such as {{days: 1}}.");
  }
  DurationSum sum;
  for (const MapEntry& entry : components) {
    const Unit* unit = nullptr;
    for (const Unit& known : kUnits) {
      if (known.name == entry.key) unit = &known;
    }
    if (unit == nullptr) {
      return fail(ErrorCode::InvalidTemporal, "A duration has no component {}.", entry.key);
    }
    if (entry.value.is_null()) continue;
    if (entry.value.is(Type::kInteger)) {
      sum.add(unit->part, unit->size, __int128{entry.value.as_integer()});
    } else if (entry.value.is(Type::kFloat)) {
      sum.add_real(unit->part, unit->size, entry.value.as_float());
    } else {
      return fail(ErrorCode::TypeError, "The component {} of a duration must be a number, not {}.",
                  entry.key, to_text(entry.value));
    }
  }
  return sum.finish();
}

Result<Duration> plus(const Duration& a, const Duration& b) { return combine(a, b, 1); }

Result<Duration> minus(const Duration& a, const Duration& b) { return combine(a, b, -1); }

Result<Duration> scale(const Duration& d, int64_t factor) {
  DurationSum sum;
  sum.add(DurationSum::kMonths, factor, __int128{d.months});
  sum.add(DurationSum::kDays, factor, __int128{d.days});
  // Both at once: nanos may be up to a second for either sign.
  sum.add(DurationSum::kNanos, factor, __int128{d.seconds} * kNanosPerSecond + d.nanos);
  return sum.finish();
}

namespace {

// Each part passes through `change`; what is no longer whole goes on to the smaller parts.
template <class Change>
Result<Duration> changed(const Duration& d, Change change) {
  DurationSum sum;
  sum.add_real(DurationSum::kMonths, 1, change(static_cast<double>(d.months)));
  sum.add_real(DurationSum::kDays, 1, change(static_cast<double>(d.days)));
  sum.add_real(DurationSum::kSeconds, 1, change(static_cast<double>(d.seconds)));
  sum.add_real(DurationSum::kNanos, 1, change(static_cast<double>(d.nanos)));
  return sum.finish();
}

}  // namespace

Result<Duration> scale(const Duration& d, double factor) {
  if (!std::isfinite(factor)) return Duration{0, 0, 0, 0};
  return changed(d, [&](double amount) { return amount * factor; });
}

Result<Duration> quotient(const Duration& d, double divisor) {
  if (divisor == 0 || std::isnan(divisor)) return Duration{0, 0, 0, 0};
  return changed(d, [&](double amount) { return amount / divisor; });
}

}  // namespace trellis::value
