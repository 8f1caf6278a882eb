// SPDX-License-Identifier: Apache-2.0
//
// The proleptic Gregorian calendar and ISO 8601 weeks, over days since 1970-01-01.
// Years -999,999,999 .. 999,999,999 (Neo4j's range); nothing here overflows within them.
// Months, days, weeks and quarters count from 1; Monday is day 1 of a week.
// Source: ISO 8601-1:2019; H. Hinnant, "chrono-compatible low-level date algorithms".
#pragma once

#include <cstdint>

namespace trellis::value {

inline constexpr int64_t kMinYear = -999'999'999;
inline constexpr int64_t kMaxYear = 999'999'999;
inline constexpr int64_t kSecondsPerDay = 86'400;
inline constexpr int64_t kNanosPerSecond = 1'000'000'000;
inline constexpr int64_t kNanosPerDay = kSecondsPerDay * kNanosPerSecond;

struct CivilDate {
  int64_t year;
  int month;
  int day;
};
struct WeekDate {
  int64_t week_year;
  int week;
  int day_of_week;
};

constexpr int64_t floor_div(int64_t a, int64_t b) {
  const int64_t q = a / b;
  return a % b != 0 && (a < 0) != (b < 0) ? q - 1 : q;
}
constexpr int64_t floor_mod(int64_t a, int64_t b) {
  const int64_t r = a % b;
  return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}

constexpr bool is_leap_year(int64_t year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}
int days_in_month(int64_t year, int month);
int64_t days_from_civil(int64_t year, int month, int day);
CivilDate civil_from_days(int64_t days);
int day_of_week(int64_t days);
int day_of_year(int64_t days);
int weeks_in_week_year(int64_t week_year);  // 52 or 53
WeekDate week_date_from_days(int64_t days);
int64_t days_from_week_date(WeekDate date);
constexpr bool year_in_range(int64_t year) { return year >= kMinYear && year <= kMaxYear; }
bool days_in_range(int64_t days);

// The day that is `months` after a date; a day past the month's end becomes its last.
// The caller keeps the sum of years and months / 12 below 2^40.
int64_t add_months(int64_t days, int64_t months);

}  // namespace trellis::value
