// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "value/access.h"
#include "value/arithmetic.h"
#include "value/compare.h"
#include "value/spatial.h"
#include "value/temporal.h"
#include "value/unicode.h"

using namespace trellis;
using namespace trellis::value;

namespace {

constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
constexpr int64_t kMax = std::numeric_limits<int64_t>::max();

Value i(int64_t n) { return Value::integer(n); }
Value real(double d) { return Value::real(d); }
Value s(std::string_view text) { return Value::string(text); }
const Value null;

struct Fixture {
  Arena arena;
  Value list(std::initializer_list<Value> values) {
    return make_list(arena, {values.begin(), values.size()});
  }
};

// The value's text, or the name of the error.
std::string text(const Result<Value>& result) {
  return result ? to_text(*result) : std::string(result.error().traits().name);
}

}  // namespace

TEST_CASE_FIXTURE(Fixture, "integers overflow as errors, floats as infinity") {
  CHECK(text(add(arena, i(kMax), i(1))) == "ArithmeticOverflow");
  CHECK(text(subtract(arena, i(kMin), i(1))) == "ArithmeticOverflow");
  CHECK(text(multiply(arena, i(kMax), i(2))) == "ArithmeticOverflow");
  CHECK(text(divide(arena, i(kMin), i(-1))) == "ArithmeticOverflow");
  CHECK(text(negate(arena, i(kMin))) == "ArithmeticOverflow");
  CHECK(text(modulo(i(kMin), i(-1))) == "0");
  CHECK(text(divide(arena, i(5), i(0))) == "DivisionByZero");
  CHECK(text(modulo(i(5), i(0))) == "DivisionByZero");
  CHECK(text(divide(arena, real(5), i(0))) == "Infinity");
  CHECK(text(modulo(i(5), real(0))) == "NaN");
  CHECK(text(divide(arena, i(-5), i(3))) == "-1");
  CHECK(text(modulo(i(-5), i(3))) == "-2");
  CHECK(text(power(i(2), i(3))) == "8.0");
}

TEST_CASE_FIXTURE(Fixture, "plus joins texts and lists") {
  CHECK(text(add(arena, s("a"), i(1))) == "a1");
  CHECK(text(add(arena, real(1), s("a"))) == "1.0a");
  CHECK(text(add(arena, s("a"), Value::boolean(true))) == "atrue");
  CHECK(text(add(arena, s("at "), Value::local_time({0}))) == "at 00:00:00");
  CHECK(text(add(arena, list({i(1)}), list({i(2)}))) == "[1, 2]");
  CHECK(text(add(arena, list({i(1)}), s("x"))) == "[1, 'x']");
  CHECK(text(add(arena, s("x"), list({i(1)}))) == "['x', 1]");
  CHECK(text(add(arena, list({i(1)}), null)) == "null");
  CHECK(text(add(arena, Value::boolean(true), i(1))) == "TypeError");
  CHECK(text(subtract(arena, s("a"), i(1))) == "TypeError");
  CHECK(text(concatenate(arena, s("a"), s("b"))) == "ab");
  CHECK(text(concatenate(arena, s("a"), i(1))) == "TypeError");
}

TEST_CASE_FIXTURE(Fixture, "elements, slices and fields") {
  const Value l = list({i(1), i(2), i(3)});
  CHECK(text(element(l, i(-1))) == "3");
  CHECK(text(element(l, i(3))) == "null");
  CHECK(text(element(l, i(-4))) == "null");
  CHECK(text(element(l, real(1))) == "ListElementAccessByNonInteger");
  CHECK(text(element(i(1), i(1))) == "TypeError");
  const Value m = make_map(arena, std::initializer_list<MapEntry>{{"a", i(1)}});
  CHECK(text(element(m, s("a"))) == "1");
  CHECK(text(element(m, i(1))) == "MapElementAccessByNonString");
  CHECK(text(field(arena, m, "b")) == "null");
  CHECK(text(field(arena, null, "b")) == "null");
  CHECK(text(field(arena, i(1), "b")) == "TypeError");
  const Value from = i(1);
  const Value to = i(-1);
  CHECK(text(slice(l, &from, &to)) == "[2]");
  CHECK(text(slice(l, nullptr, &to)) == "[1, 2]");
  CHECK(text(slice(l, &null, nullptr)) == "null");
  const Value far = i(kMin);
  CHECK(text(slice(l, &far, nullptr)) == "[1, 2, 3]");
}

TEST_CASE_FIXTURE(Fixture, "membership is ternary") {
  CHECK(text(in_list(i(1), list({null, i(1)}))) == "true");
  CHECK(text(in_list(i(1), list({null, i(2)}))) == "null");
  CHECK(text(in_list(null, list({}))) == "false");
  CHECK(text(in_list(null, list({i(1)}))) == "null");
  CHECK(text(in_list(i(1), null)) == "null");
  CHECK(starts_with(s("abc"), s("ab")).is_true());
  CHECK(ends_with(s("abc"), i(1)).is_null());
  CHECK(contains(s("abc"), s("")).is_true());
}

TEST_CASE_FIXTURE(Fixture, "what can be stored as a property") {
  CHECK(text(to_property(arena, list({i(1), real(2)}))) == "[1.0, 2.0]");
  CHECK(text(to_property(arena, list({}))) == "[]");
  CHECK(text(to_property(arena, null)) == "null");
  CHECK(text(to_property(arena, list({i(1), s("a")}))) == "InvalidPropertyType");
  CHECK(text(to_property(arena, list({i(1), null}))) == "InvalidPropertyType");
  CHECK(text(to_property(arena, list({list({})}))) == "InvalidPropertyType");
  CHECK(text(to_property(arena, Value::node(1))) == "InvalidPropertyType");
  CHECK(text(to_property(arena, make_map(arena, {}))) == "InvalidPropertyType");
}

TEST_CASE_FIXTURE(Fixture, "points") {
  const auto make = [&](std::initializer_list<MapEntry> m) {
    return text(make_point(arena, {m.begin(), m.size()}));
  };
  CHECK(make({{"x", i(1)}, {"y", real(2)}}) == "point({x: 1.0, y: 2.0, crs: 'cartesian'})");
  CHECK(make({{"longitude", i(200)}, {"latitude", i(2)}, {"height", i(3)}}) ==
        "point({x: -160.0, y: 2.0, z: 3.0, crs: 'wgs-84-3d'})");
  CHECK(make({{"x", i(1)}, {"y", i(2)}, {"srid", i(4326)}}) ==
        "point({x: 1.0, y: 2.0, crs: 'wgs-84'})");
  CHECK(make({{"x", i(1)}, {"y", null}}) == "null");
  CHECK(make({{"x", i(1)}}) == "ArgumentError");
  CHECK(make({{"longitude", i(1)}, {"latitude", i(91)}}) == "ArgumentError");
  CHECK(make({{"x", i(1)}, {"y", i(2)}, {"z", i(2)}, {"crs", s("cartesian")}}) == "ArgumentError");
  CHECK(make({{"longitude", i(1)}, {"latitude", i(2)}, {"crs", s("cartesian")}}) ==
        "ArgumentError");
  CHECK(make({{"x", i(1)}, {"y", s("2")}}) == "TypeError");

  const Point malmo{kWgs84, 12.78, 56.7, 0};
  const Point south{kWgs84, 13.0, 55.7, 0};
  REQUIRE(distance(malmo, south));
  CHECK(*distance(malmo, south) == doctest::Approx(112149.95971243855));
  CHECK(!distance(malmo, Point{kCartesian, 0, 0, 0}));
  // Across the date line.
  CHECK(within_box({kWgs84, 175, 1, 0}, {kWgs84, 170, 0, 0}, {kWgs84, -170, 2, 0}) ==
        Ternary::kTrue);
  CHECK(within_box({kWgs84, 0, 1, 0}, {kWgs84, 170, 0, 0}, {kWgs84, -170, 2, 0}) ==
        Ternary::kFalse);
  CHECK(text(point_component(arena, malmo, "latitude")) == "56.7");
  CHECK(text(point_component(arena, malmo, "height")) == "ArgumentError");
}

TEST_CASE_FIXTURE(Fixture, "text in code points") {
  CHECK(code_points("a😀b") == 3);
  CHECK(substring("a😀b", 1, 1) == "😀");
  CHECK(substring("abc", 5, 1).empty());
  CHECK(reverse(arena, "a😀b") == "b😀a");
  CHECK(to_upper(arena, "straße") == "STRASSE");
  CHECK(to_lower(arena, "ΣΑΣ") == "σας");
  CHECK(trim("\t a \n", TrimEnds::kBoth) == "a");
  CHECK(trim("xyaxy", TrimEnds::kLeading, "yx") == "axy");
  CHECK(normalize(arena, "e\u0301", NormalForm::kNfc) == "\u00e9");
  CHECK(!is_normalized("e\u0301", NormalForm::kNfc));
  CHECK(is_normalized("e\u0301", NormalForm::kNfd));
}
