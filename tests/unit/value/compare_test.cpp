// SPDX-License-Identifier: Apache-2.0
#include "value/compare.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

using namespace trellis;
using namespace trellis::value;

namespace {

Value list(Arena& arena, std::initializer_list<Value> values) {
  return make_list(arena, {values.begin(), values.size()});
}
Value i(int64_t n) { return Value::integer(n); }
Value f(double d) { return Value::real(d); }
Value s(std::string_view text) { return Value::string(text); }
const Value null;
const double kNan = std::numeric_limits<double>::quiet_NaN();

}  // namespace

TEST_CASE("equality is ternary") {
  Arena arena;
  CHECK(equals(i(1), f(1.0)) == Ternary::kTrue);
  CHECK(equals(i(9007199254740993), f(9007199254740992.0)) == Ternary::kFalse);
  CHECK(equals(null, null) == Ternary::kUnknown);
  CHECK(equals(f(kNan), f(kNan)) == Ternary::kFalse);
  CHECK(equals(s("1"), i(1)) == Ternary::kFalse);
  CHECK(equals(list(arena, {null}), list(arena, {i(1)})) == Ternary::kUnknown);
  CHECK(equals(list(arena, {null, i(2)}), list(arena, {i(1), i(3)})) == Ternary::kFalse);
  CHECK(equals(list(arena, {i(1), i(2)}), list(arena, {i(1)})) == Ternary::kFalse);
  const Value k_null = make_map(arena, std::initializer_list<MapEntry>{{"k", null}});
  const Value k_one = make_map(arena, std::initializer_list<MapEntry>{{"k", i(1)}});
  CHECK(equals(k_null, k_one) == Ternary::kUnknown);
  CHECK(equals(k_null, make_map(arena, {})) == Ternary::kFalse);
  CHECK(equivalent(k_null, k_null));
}

TEST_CASE("comparison knows what does not compare") {
  Arena arena;
  CHECK(compare(i(1), f(3.14)) == std::partial_ordering::less);
  CHECK(!compare(i(1), s("a")));
  CHECK(!compare(null, i(1)));
  CHECK(compare(f(kNan), i(1)) == std::partial_ordering::unordered);
  CHECK(compare(list(arena, {i(1), i(0)}), list(arena, {i(1)})) == std::partial_ordering::greater);
  CHECK(compare(list(arena, {i(1), null}), list(arena, {i(1)})) == std::partial_ordering::greater);
  CHECK(!compare(list(arena, {i(1), i(2)}), list(arena, {i(1), null})));
  CHECK(compare(list(arena, {i(1), i(2)}), list(arena, {i(3), null})) ==
        std::partial_ordering::less);
  const Duration d{1, 0, 0, 0};
  CHECK(!compare(Value::duration(&d), Value::duration(&d)));
}

TEST_CASE("equivalence implies equal hashes and order zero") {
  Arena arena;
  const Duration month{1, 0, 0, 0};
  const Point p{7203, 0.0, -0.0, 0};
  const Point q{7203, -0.0, 0.0, 0};
  const DateTime t{0, 0, 3600, "Europe/Stockholm"};
  const std::vector<Value> values = {
      null,
      i(1),
      f(1.0),
      f(kNan),
      f(-kNan),
      f(0.0),
      f(-0.0),
      i(0),
      f(1e300),
      s("1"),
      s(""),
      Value::boolean(true),
      list(arena, {i(1)}),
      list(arena, {f(1.0)}),
      list(arena, {null}),
      make_map(arena, std::initializer_list<MapEntry>{{"a", i(1)}, {"b", i(2)}}),
      make_map(arena, std::initializer_list<MapEntry>{{"b", f(2)}, {"a", f(1)}}),
      Value::node(1),
      Value::relationship(1),
      Value::duration(&month),
      Value::point(&p),
      Value::point(&q),
      Value::date_time(&t),
      Value::date({1}),
      Value::local_time({1}),
      Value::time({1, 0}),
      Value::local_date_time({1, 1})};
  for (const Value& a : values) {
    for (const Value& b : values) {
      CAPTURE(to_text(a));
      CAPTURE(to_text(b));
      if (equivalent(a, b)) {
        CHECK(hash(a) == hash(b));
        CHECK(order(a, b) == 0);
      } else {
        CHECK(order(a, b) != 0);
      }
      CHECK((order(a, b) < 0) == (order(b, a) > 0));
    }
  }
}

TEST_CASE("ORDER BY across types") {
  Arena arena;
  const std::vector<Value> sorted = {
      make_map(arena, std::initializer_list<MapEntry>{{"a", s("map")}}),
      Value::node(7),
      Value::relationship(3),
      list(arena, {}),
      list(arena, {s("a")}),
      list(arena, {s("a"), i(1)}),
      list(arena, {i(1)}),
      list(arena, {i(1), s("a")}),
      list(arena, {i(1), null}),
      list(arena, {null, i(1)}),
      Value::date({0}),
      s("text"),
      Value::boolean(false),
      Value::boolean(true),
      f(1.5),
      f(std::numeric_limits<double>::infinity()),
      f(kNan),
      null};
  for (size_t a = 0; a < sorted.size(); ++a) {
    for (size_t b = 0; b < sorted.size(); ++b) {
      CHECK(order(sorted[a], sorted[b]) == (a <=> b));
    }
  }
}

TEST_CASE("text of numbers and temporals") {
  const auto text = [](double d) { return to_text(Value::real(d)); };
  CHECK(text(1) == "1.0");
  CHECK(text(0.1) == "0.1");
  CHECK(text(-0.0) == "-0.0");
  CHECK(text(1e10) == "1.0E10");
  CHECK(text(1234567.5) == "1234567.5");
  CHECK(text(9999999) == "9999999.0");
  CHECK(text(1e7) == "1.0E7");
  CHECK(text(0.001) == "0.001");
  CHECK(text(0.00012) == "1.2E-4");
  CHECK(text(kNan) == "NaN");
  CHECK(text(-std::numeric_limits<double>::infinity()) == "-Infinity");
  CHECK(to_text(Value::date({-719528 - 365})) == "-0001-01-01");
  CHECK(to_text(Value::local_time({45'000'000'000'000 + 142'000'000})) == "12:30:00.142");
  CHECK(to_text(Value::time({0, 0})) == "00:00Z");
  const DateTime t{-4779227576, 142'000'000, 3208, "Europe/Stockholm"};
  CHECK(to_text(Value::date_time(&t)) == "1818-07-21T21:40:32.142+00:53:28[Europe/Stockholm]");
}

TEST_CASE("text of durations") {
  const auto text = [](Duration d) { return to_text(Value::duration(&d)); };
  CHECK(text({0, 0, 0, 0}) == "PT0S");
  CHECK(text({149, 14, 58390, 1}) == "P12Y5M14DT16H13M10.000000001S");
  CHECK(text({0, 1, -1, 999'000'000}) == "P1DT-0.001S");
  CHECK(text({0, 0, -60, 1'000'000}) == "PT-59.999S");
  CHECK(text({0, 0, -61, 999'000'000}) == "PT-1M-0.001S");
  CHECK(text({-23, 0, 0, 0}) == "P-1Y-11M");
}

TEST_CASE("text of containers quotes strings inside") {
  Arena arena;
  CHECK(to_text(s("it's")) == "it's");
  CHECK(to_text(list(arena, {s("it's"), null, i(1)})) == "['it\\'s', null, 1]");
  CHECK(to_text(Value::node(3)) == "(3)");
}
