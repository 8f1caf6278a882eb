// SPDX-License-Identifier: Apache-2.0
#include "value/calendar.h"

#include <algorithm>

namespace trellis::value {

int days_in_month(int64_t year, int month) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && is_leap_year(year) ? 29 : kDays[month - 1];
}

// Years are counted from March, so that the leap day is the last of a year.
int64_t days_from_civil(int64_t year, int month, int day) {
  const int64_t y = month <= 2 ? year - 1 : year;
  const int64_t era = floor_div(y, 400);
  const int64_t year_of_era = y - era * 400;
  const int64_t day_of_march_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  const int64_t day_of_era =
      year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_march_year;
  return era * 146'097 + day_of_era - 719'468;
}

CivilDate civil_from_days(int64_t days) {
  const int64_t z = days + 719'468;
  const int64_t era = floor_div(z, 146'097);
  const int64_t day_of_era = z - era * 146'097;
  const int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const int64_t day_of_march_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t march_month = (5 * day_of_march_year + 2) / 153;
  const int day = static_cast<int>(day_of_march_year - (153 * march_month + 2) / 5 + 1);
  const int month = static_cast<int>(march_month < 10 ? march_month + 3 : march_month - 9);
  return {year_of_era + era * 400 + (month <= 2 ? 1 : 0), month, day};
}

int day_of_week(int64_t days) { return static_cast<int>(floor_mod(days + 3, 7)) + 1; }

int day_of_year(int64_t days) {
  return static_cast<int>(days - days_from_civil(civil_from_days(days).year, 1, 1)) + 1;
}

// Week 1 is the one with 4 January in it.
static int64_t first_monday(int64_t week_year) {
  const int64_t january_4 = days_from_civil(week_year, 1, 4);
  return january_4 - (day_of_week(january_4) - 1);
}

int weeks_in_week_year(int64_t week_year) {
  return static_cast<int>((first_monday(week_year + 1) - first_monday(week_year)) / 7);
}

WeekDate week_date_from_days(int64_t days) {
  const int weekday = day_of_week(days);
  const int64_t week_year = civil_from_days(days - weekday + 4).year;  // that week's Thursday
  return {week_year, static_cast<int>((days - first_monday(week_year)) / 7) + 1, weekday};
}

int64_t days_from_week_date(WeekDate date) {
  return first_monday(date.week_year) + (date.week - 1) * 7 + date.day_of_week - 1;
}

bool days_in_range(int64_t days) {
  static const int64_t first = days_from_civil(kMinYear, 1, 1);
  static const int64_t last = days_from_civil(kMaxYear, 12, 31);
  return days >= first && days <= last;
}

int64_t add_months(int64_t days, int64_t months) {
  const CivilDate date = civil_from_days(days);
  const int64_t total = date.year * 12 + date.month - 1 + months;
  const int64_t year = floor_div(total, 12);
  const int month = static_cast<int>(floor_mod(total, 12)) + 1;
  return days_from_civil(year, month, std::min(date.day, days_in_month(year, month)));
}

}  // namespace trellis::value
