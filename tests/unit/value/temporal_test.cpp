// SPDX-License-Identifier: Apache-2.0
#include "value/temporal.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "value/compare.h"
#include "value/time_zone.h"

using namespace trellis;
using namespace trellis::value;

namespace {

struct Fixture {
  Arena arena;
  TemporalContext context{arena, {1'500'000'000, 123'000'000}, "Z"};

  // The text of date('...') and its like, or the name of the error.
  std::string make(Type type, const Value& argument) {
    const auto made = make_temporal(context, type, argument);
    return made ? to_text(*made) : std::string(made.error().traits().name);
  }
  std::string read(Type type, std::string_view text) { return make(type, Value::string(text)); }
  Value value(Type type, std::string_view text) {
    return *make_temporal(context, type, Value::string(text));
  }
  Value map(std::initializer_list<MapEntry> entries) {
    return make_map(arena, {entries.begin(), entries.size()});
  }
};

std::string duration_text(std::string_view text) {
  const auto read = parse_duration(text);
  return read ? to_text(Value::duration(&*read)) : std::string(read.error().traits().name);
}

Value i(int64_t n) { return Value::integer(n); }
Value s(std::string_view text) { return Value::string(text); }

}  // namespace

TEST_CASE_FIXTURE(Fixture, "dates are read in every form of ISO 8601") {
  for (const char* form : {"2015-07-21", "20150721", "2015-W30-2", "2015W302", "2015-202",
                           "2015202", "2015-Q3-21", "2015Q321", "2015-7-21", "+2015-07-21"}) {
    CAPTURE(form);
    CHECK(read(Type::kDate, form) == "2015-07-21");
  }
  CHECK(read(Type::kDate, "2015") == "2015-01-01");
  CHECK(read(Type::kDate, "201507") == "2015-07-01");
  CHECK(read(Type::kDate, "2015-W30") == "2015-07-20");
  CHECK(read(Type::kDate, "-999999999-01-01") == "-999999999-01-01");
  CHECK(read(Type::kDate, "+999999999-12-31") == "+999999999-12-31");
  for (const char* bad : {"", "foo", "20150", "2015-13-01", "2015-02-29", "2015-W54", "12345-01-01",
                          "2015-Q5", "2015-366", "2015-07-21x"}) {
    CAPTURE(bad);
    CHECK(read(Type::kDate, bad) == "InvalidTemporalText");
  }
}

TEST_CASE_FIXTURE(Fixture, "times are read with and without offsets") {
  CHECK(read(Type::kLocalTime, "214032.142") == "21:40:32.142");
  CHECK(read(Type::kLocalTime, "T21") == "21:00");
  CHECK(read(Type::kLocalTime, "21:40:32,1") == "21:40:32.100");
  CHECK(read(Type::kLocalTime, "24:00") == "InvalidTemporalText");
  CHECK(read(Type::kTime, "2140-00:00") == "21:40Z");
  CHECK(read(Type::kTime, "22+18:00") == "22:00+18:00");
  CHECK(read(Type::kTime, "22+18:01") == "InvalidTemporal");
  CHECK(read(Type::kTime, "21:40[Europe/London]") == "InvalidTemporal");
}

TEST_CASE_FIXTURE(Fixture, "zones know their history and daylight saving") {
  const auto text = [&](const char* t) { return read(Type::kDateTime, t); };
  CHECK(text("1818-07-21T21:40:32.142[Europe/Stockholm]") ==
        "1818-07-21T21:40:32.142+00:53:28[Europe/Stockholm]");
  CHECK(text("2015-07-21T21:40[europe/london]") == "2015-07-21T21:40+01:00[Europe/London]");
  // A gap moves forward; of an overlap the first is taken unless the offset says which.
  CHECK(text("2015-03-29T02:30[Europe/Stockholm]") == "2015-03-29T03:30+02:00[Europe/Stockholm]");
  CHECK(text("2015-10-25T02:30[Europe/Stockholm]") == "2015-10-25T02:30+02:00[Europe/Stockholm]");
  CHECK(text("2015-10-25T02:30+01:00[Europe/Stockholm]") ==
        "2015-10-25T02:30+01:00[Europe/Stockholm]");
  CHECK(text("2015-07-21T21:40+05:00[Europe/London]") == "InvalidTemporal");
  CHECK(text("2015-07-21T21:40[Foo/Bar]") == "InvalidTemporalText");
  // Beyond the end of the tables the rules go on, on both half-years.
  CHECK(text("2050-07-21T12:00[Europe/Stockholm]") == "2050-07-21T12:00+02:00[Europe/Stockholm]");
  CHECK(text("2050-01-21T12:00[Europe/Stockholm]") == "2050-01-21T12:00+01:00[Europe/Stockholm]");
}

TEST_CASE_FIXTURE(Fixture, "maps: components, their order and their conflicts") {
  const auto date = [&](std::initializer_list<MapEntry> m) { return make(Type::kDate, map(m)); };
  CHECK(date({{"year", i(1984)}, {"week", i(10)}, {"dayOfWeek", i(3)}}) == "1984-03-07");
  CHECK(date({{"year", i(1984)}, {"quarter", i(3)}, {"dayOfQuarter", i(45)}}) == "1984-08-14");
  CHECK(date({{"year", i(1984)}, {"ordinalDay", i(202)}}) == "1984-07-20");
  CHECK(date({{"year", i(2017)}, {"day", i(3)}}) == "InvalidTemporal");
  CHECK(date({{"month", i(3)}}) == "InvalidTemporal");
  CHECK(date({{"year", i(2015)}, {"week", i(3)}, {"month", i(3)}}) == "TypeError");
  CHECK(date({{"year", i(2015)}, {"hour", i(3)}}) == "TypeError");
  CHECK(date({{"year", i(2015)}, {"yeer", i(3)}}) == "InvalidTemporal");
  CHECK(date({{"year", s("2015")}}) == "TypeError");
  CHECK(date({}) == "InvalidTemporal");
  const auto time = [&](std::initializer_list<MapEntry> m) {
    return make(Type::kLocalTime, map(m));
  };
  CHECK(time({{"hour", i(12)},
              {"minute", i(31)},
              {"second", i(14)},
              {"millisecond", i(123)},
              {"microsecond", i(456)},
              {"nanosecond", i(789)}}) == "12:31:14.123456789");
  CHECK(time({{"hour", i(3)}, {"second", i(3)}}) == "InvalidTemporal");
  CHECK(time({{"hour", i(3)}, {"minute", i(60)}}) == "InvalidTemporal");
}

TEST_CASE_FIXTURE(Fixture, "maps that select from other values") {
  const Value january = value(Type::kDate, "2017-01-31");
  CHECK(make(Type::kDate, map({{"date", january}, {"month", i(2)}})) == "2017-02-28");
  CHECK(make(Type::kDate, map({{"date", value(Type::kDate, "1816-12-31")}, {"week", i(2)}})) ==
        "1817-01-07");
  const Value stockholm = value(Type::kDateTime, "1984-10-11T12:00[Europe/Stockholm]");
  CHECK(make(Type::kDateTime, map({{"datetime", stockholm}, {"timezone", s("+05:00")}})) ==
        "1984-10-11T16:00+05:00");
  CHECK(make(Type::kDateTime, map({{"date", value(Type::kDate, "1984-03-28")},
                                   {"time", stockholm},
                                   {"second", i(42)}})) ==
        "1984-03-28T12:00:42+02:00[Europe/Stockholm]");
  CHECK(make(Type::kTime, map({{"time", stockholm}, {"timezone", s("+05:00")}})) == "16:00+05:00");
  CHECK(make(Type::kDateTime, map({{"epochMillis", i(-1)}})) == "1969-12-31T23:59:59.999Z");
  CHECK(make(Type::kLocalTime, january) == "TypeError");
}

TEST_CASE_FIXTURE(Fixture, "truncation") {
  const Value wall = value(Type::kLocalDateTime, "1984-10-11T12:31:14.645876123");
  const auto cut = [&](Type type, const char* unit, std::initializer_list<MapEntry> m = {}) {
    const auto made = truncate_temporal(context, type, unit, wall, {m.begin(), m.size()});
    return made ? to_text(*made) : std::string(made.error().traits().name);
  };
  CHECK(cut(Type::kDate, "millennium") == "1000-01-01");
  CHECK(cut(Type::kDate, "weekYear") == "1984-01-02");
  CHECK(cut(Type::kDate, "quarter") == "1984-10-01");
  CHECK(cut(Type::kDate, "week", {{"dayOfWeek", i(2)}}) == "1984-10-09");
  CHECK(cut(Type::kLocalDateTime, "millisecond", {{"nanosecond", i(2)}}) ==
        "1984-10-11T12:31:14.645000002");
  CHECK(cut(Type::kDateTime, "day", {{"timezone", s("Europe/Stockholm")}}) ==
        "1984-10-11T00:00+01:00[Europe/Stockholm]");
  CHECK(cut(Type::kLocalTime, "hour") == "12:00");
  CHECK(cut(Type::kDate, "hour") == "TypeError");
  CHECK(cut(Type::kLocalTime, "week") == "TypeError");
  CHECK(cut(Type::kDate, "fortnight") == "InvalidTemporal");
}

TEST_CASE("durations are read in units and as a date-time's shape") {
  CHECK(duration_text("P12Y5M14DT16H12M70S") == "P12Y5M14DT16H13M10S");
  CHECK(duration_text("P0.75M") == "P22DT19H51M49.5S");
  CHECK(duration_text("P2.5W") == "P17DT12H");
  CHECK(duration_text("-P1Y") == "P-1Y");
  CHECK(duration_text("PT-0.5S") == "PT-0.5S");
  CHECK(duration_text("P2012-02-02T14:37:21.545") == "P2012Y2M2DT14H37M21.545S");
  CHECK(duration_text("P20120202T143721") == "P2012Y2M2DT14H37M21S");
  for (const char* bad : {"", "P", "PT", "P1", "1Y", "P1D1Y", "P0.5Y1M", "P1Y2Y", "PT1D"}) {
    CAPTURE(bad);
    CHECK(duration_text(bad) == "InvalidTemporalText");
  }
}

TEST_CASE("durations keep within 64 bits") {
  const Duration huge{INT64_MAX, 0, 0, 0};
  CHECK(!plus(huge, {1, 0, 0, 0}));
  CHECK(!scale(huge, int64_t{2}));
  CHECK(!scale({0, 0, INT64_MAX, 0}, 1e300));
  CHECK(scale(huge, int64_t{-1}));
}

TEST_CASE("fractions of durations go on to smaller units") {
  const Duration d{149, 14, 58390, 1};
  const auto half = quotient(d, 2);
  REQUIRE(half);
  CHECK(to_text(Value::duration(&*half)) == "P6Y2M22DT13H21M8S");
  const auto third = quotient({0, 3, 0, 0}, 3);
  REQUIRE(third);
  CHECK(to_text(Value::duration(&*third)) == "P1D");
}

TEST_CASE_FIXTURE(Fixture, "instants plus durations") {
  const auto plus_text = [&](Type type, const char* instant, const char* duration) {
    const auto sum = add_duration(arena, value(type, instant), *parse_duration(duration));
    return sum ? to_text(*sum) : std::string(sum.error().traits().name);
  };
  CHECK(plus_text(Type::kDate, "2020-01-31", "P1M") == "2020-02-29");
  CHECK(plus_text(Type::kDate, "2020-01-31", "PT25H") == "2020-02-01");
  CHECK(plus_text(Type::kLocalTime, "12:00", "P1DT25H") == "13:00");
  CHECK(plus_text(Type::kDateTime, "2015-03-28T02:30[Europe/Stockholm]", "P1D") ==
        "2015-03-29T03:30+02:00[Europe/Stockholm]");
  CHECK(plus_text(Type::kDateTime, "2015-10-24T02:30[Europe/Stockholm]", "PT25H") ==
        "2015-10-25T02:30+01:00[Europe/Stockholm]");
  CHECK(plus_text(Type::kDate, "+999999999-12-31", "P1D") == "InvalidTemporal");
}

TEST_CASE_FIXTURE(Fixture, "durations between instants") {
  const auto between = [&](const Value& a, const Value& b, DurationUnit unit) {
    const auto d = duration_between(a, b, unit);
    return d ? to_text(Value::duration(&*d)) : std::string(d.error().traits().name);
  };
  const Value a = value(Type::kLocalDateTime, "2015-07-21T21:40:32.142");
  const Value b = value(Type::kDate, "2015-06-24");
  CHECK(between(a, b, DurationUnit::kAll) == "P-27DT-21H-40M-32.142S");
  CHECK(between(a, b, DurationUnit::kDays) == "P-27D");
  CHECK(between(a, b, DurationUnit::kSeconds) == "PT-669H-40M-32.142S");
  CHECK(between(b, value(Type::kTime, "16:30+01:00"), DurationUnit::kAll) == "PT16H30M");
  CHECK(between(value(Type::kDate, "-999999999-01-01"), value(Type::kDate, "+999999999-12-31"),
                DurationUnit::kAll) == "P1999999998Y11M30D");
  // A day of 25 hours.
  const Value midnight = value(Type::kDateTime, "2017-10-29T00:00[Europe/Stockholm]");
  CHECK(between(midnight, value(Type::kDate, "2017-10-30"), DurationUnit::kSeconds) == "PT25H");
  CHECK(between(midnight, value(Type::kDate, "2017-10-30"), DurationUnit::kAll) == "P1D");
  CHECK(between(i(1), b, DurationUnit::kAll) == "TypeError");
}

TEST_CASE_FIXTURE(Fixture, "components") {
  const auto part = [&](const Value& v, const char* name) {
    const auto found = temporal_field(arena, v, name);
    return found ? to_text(*found) : std::string(found.error().traits().name);
  };
  const Value d = value(Type::kDate, "1984-01-01");
  CHECK(part(d, "week") == "52");
  CHECK(part(d, "weekYear") == "1983");
  CHECK(part(d, "hour") == "TypeError");
  const Value z = value(Type::kDateTime, "1984-11-11T12:31:14.645876123[Europe/Stockholm]");
  CHECK(part(z, "timezone") == "Europe/Stockholm");
  CHECK(part(z, "offset") == "+01:00");
  CHECK(part(z, "epochMillis") == "469020674645");
  const Duration span{0, 0, -62, 500'000'000};
  CHECK(part(Value::duration(&span), "minutes") == "-1");
  CHECK(part(Value::duration(&span), "milliseconds") == "-61500");
}
