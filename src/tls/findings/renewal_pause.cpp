// SPDX-License-Identifier: Apache-2.0
//
// How long cron and systemd may pause between two starts, reckoned over two years of days.
#include <algorithm>
#include <array>
#include <bitset>
#include <cctype>
#include <charconv>
#include <string>

#include "tls/findings/certbot_findings.h"

namespace trellis::tls {
namespace {

using std::chrono::minutes;

// Moments of a year, as sets of numbers.
struct Moments {
  std::bitset<60> minute;
  std::bitset<24> hour;
  std::bitset<32> day;            // of the month, from 1
  std::bitset<13> month;          // from 1
  std::bitset<8> weekday;         // Sunday is 0
  bool days_or_weekdays = false;  // cron: one of the two suffices when both are told
};

constexpr std::array<std::string_view, 7> kWeekdays = {"sun", "mon", "tue", "wed",
                                                       "thu", "fri", "sat"};
constexpr std::array<std::string_view, 12> kMonths = {"jan", "feb", "mar", "apr", "may", "jun",
                                                      "jul", "aug", "sep", "oct", "nov", "dec"};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

std::string_view next_word(std::string_view& rest) {
  rest.remove_prefix(std::min(rest.size(), rest.find_first_not_of(" \t")));
  const std::string_view word = rest.substr(0, rest.find_first_of(" \t"));
  rest.remove_prefix(word.size());
  return word;
}

// A number, or a name by its first three letters.
template <size_t N>
std::optional<unsigned> number_of(std::string_view text,
                                  const std::array<std::string_view, N>& names, unsigned first) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size()) return value;
  const std::string word = lower(text.substr(0, 3));
  for (size_t i = 0; i < N; ++i) {
    if (names[i] == word) return static_cast<unsigned>(i) + first;
  }
  return std::nullopt;
}

// "*", "1,3", "1-5" or "1..5", "*/2", "3/12": into the set. `least` is the smallest value.
template <size_t Size, size_t N = 0>
bool fill(std::string_view text, unsigned least, std::bitset<Size>& set,
          const std::array<std::string_view, N>& names = {}, unsigned first = 0) {
  while (!text.empty()) {
    std::string_view item = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), item.size() + 1));
    unsigned step = 1;
    const size_t slash = item.find('/');
    if (slash != std::string_view::npos) {
      const auto given = number_of<0>(item.substr(slash + 1), {}, 0);
      if (!given || *given == 0) return false;
      step = *given;
      item = item.substr(0, slash);
    }
    unsigned from = least;
    unsigned to = Size - 1;
    if (item != "*") {
      size_t width = 2;
      size_t dash = item.find("..");
      if (dash == std::string_view::npos) {
        width = 1;
        dash = item.find('-');
      }
      const auto begin = number_of(item.substr(0, dash), names, first);
      if (!begin) return false;
      from = *begin;
      if (dash != std::string_view::npos) {
        const auto end = number_of(item.substr(dash + width), names, first);
        if (!end) return false;
        to = *end;
      } else if (slash == std::string_view::npos) {
        to = from;
      }
    }
    if (from < least || to >= Size || from > to) return false;
    for (unsigned value = from; value <= to; value += step) set.set(value);
  }
  return set.any();
}

bool runs_on(const Moments& moments, std::chrono::sys_days day) {
  const std::chrono::year_month_day date(day);
  if (!moments.month.test(static_cast<unsigned>(date.month()))) return false;
  const bool by_day = moments.day.test(static_cast<unsigned>(date.day()));
  const bool by_weekday = moments.weekday.test(std::chrono::weekday(day).c_encoding());
  return moments.days_or_weekdays ? by_day || by_weekday : by_day && by_weekday;
}

std::optional<minutes> longest_pause(const Moments& moments) {
  using std::chrono::days;
  using std::chrono::hours;
  std::optional<minutes> previous;
  minutes longest{0};
  const std::chrono::sys_days first(std::chrono::year(2026) / std::chrono::January / 1);
  for (int n = 0; n < 2 * 366; ++n) {
    if (!runs_on(moments, first + days(n))) continue;
    for (unsigned h = 0; h < 24; ++h) {
      if (!moments.hour.test(h)) continue;
      for (unsigned m = 0; m < 60; ++m) {
        if (!moments.minute.test(m)) continue;
        const minutes now = days(n) + hours(h) + minutes(m);
        if (previous) longest = std::max(longest, now - *previous);
        previous = now;
      }
    }
  }
  if (!previous || longest == minutes(0)) return std::nullopt;
  return longest;
}

std::optional<minutes> named_pause(std::string_view name) {
  using std::chrono::hours;
  constexpr std::pair<std::string_view, minutes> kNamed[] = {
      {"minutely", minutes(1)},      {"hourly", hours(1)},
      {"daily", hours(24)},          {"midnight", hours(24)},
      {"weekly", hours(24 * 7)},     {"monthly", hours(24 * 31)},
      {"quarterly", hours(24 * 92)}, {"semiannually", hours(24 * 184)},
      {"yearly", hours(24 * 366)},   {"annually", hours(24 * 366)}};
  for (const auto& [word, pause] : kNamed) {
    if (word == name) return pause;
  }
  return std::nullopt;
}

}  // namespace

std::optional<minutes> longest_pause_of_cron(std::string_view fields) {
  std::string_view rest = fields;
  std::string_view minute = next_word(rest);
  if (minute.starts_with('@')) return named_pause(lower(minute.substr(1)));
  const std::string_view hour = next_word(rest);
  const std::string_view day = next_word(rest);
  const std::string_view month = next_word(rest);
  const std::string_view weekday = next_word(rest);
  if (weekday.empty()) return std::nullopt;
  Moments moments;
  if (!fill(minute, 0, moments.minute) || !fill(hour, 0, moments.hour) ||
      !fill(day, 1, moments.day) || !fill(month, 1, moments.month, kMonths, 1) ||
      !fill(weekday, 0, moments.weekday, kWeekdays)) {
    return std::nullopt;
  }
  if (moments.weekday.test(7)) moments.weekday.set(0);  // Sunday has two numbers
  moments.days_or_weekdays = !day.starts_with('*') && !weekday.starts_with('*');
  return longest_pause(moments);
}

std::optional<minutes> longest_pause_of_calendar(std::string_view expression) {
  std::string_view rest = expression;
  std::string_view word = next_word(rest);
  if (word.empty()) return std::nullopt;
  if (auto named = named_pause(lower(word))) return named;
  Moments moments;
  moments.minute.set(0);
  moments.hour.set(0);
  moments.day.set();
  moments.month.set();
  moments.weekday.set();
  if (!word.empty() && std::isalpha(static_cast<unsigned char>(word.front())) != 0) {
    moments.weekday.reset();
    if (!fill(word, 0, moments.weekday, kWeekdays)) return std::nullopt;
    word = next_word(rest);
  }
  if (const size_t dash = word.rfind('-'); dash != std::string_view::npos && dash != 0) {
    const size_t first = word.rfind('-', dash - 1);
    const std::string_view month = first == std::string_view::npos
                                       ? word.substr(0, dash)
                                       : word.substr(first + 1, dash - first - 1);
    // A year of its own would come once.
    if (first != std::string_view::npos && word.substr(0, first) != "*") return std::nullopt;
    moments.day.reset();
    moments.month.reset();
    if (!fill(word.substr(dash + 1), 1, moments.day) || !fill(month, 1, moments.month)) {
      return std::nullopt;
    }
    word = next_word(rest);
  }
  if (const size_t colon = word.find(':'); colon != std::string_view::npos) {
    std::string_view minute = word.substr(colon + 1);
    minute = minute.substr(0, minute.find(':'));
    moments.minute.reset();
    moments.hour.reset();
    if (!fill(word.substr(0, colon), 0, moments.hour) || !fill(minute, 0, moments.minute)) {
      return std::nullopt;
    }
    word = next_word(rest);
  }
  // What follows is a time zone.
  return longest_pause(moments);
}

}  // namespace trellis::tls
