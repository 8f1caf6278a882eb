// SPDX-License-Identifier: Apache-2.0
#include "cypher/functions/aggregation.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "cypher/functions/registry.h"
#include "value/compare.h"

using namespace trellis;
using namespace trellis::cypher;
using value::Value;

namespace {

Value i(int64_t n) { return Value::integer(n); }
Value real(double d) { return Value::real(d); }
Value s(std::string_view text) { return Value::string(text); }
const Value null;

struct Fixture {
  Arena arena;
  FunctionRegistry registry;

  // One group; the result's text, or the name of the error.
  std::string over(const char* name, std::vector<Value> values, bool distinct = false,
                   Value second = Value()) {
    auto aggregation = make_aggregation(registry.find_aggregate(name), distinct, arena);
    aggregation->grow(1);
    const std::vector<uint32_t> groups(values.size(), 0);
    const std::vector<Value> seconds(values.size(), second);
    std::vector<const Value*> columns{values.data()};
    if (!second.is_null()) columns.push_back(seconds.data());
    if (auto done = aggregation->update(groups, columns); !done) {
      return std::string(done.error().traits().name);
    }
    Arena out;
    const auto result = aggregation->result(0, out);
    return result ? value::to_text(*result) : std::string(result.error().traits().name);
  }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "what groups without rows give") {
  CHECK(over("count", {}) == "0");
  CHECK(over("sum", {}) == "0");
  CHECK(over("collect", {}) == "[]");
  CHECK(over("stDev", {}) == "0.0");
  CHECK(over("avg", {}) == "null");
  CHECK(over("min", {null}) == "null");
  CHECK(over("percentileCont", {}) == "null");
}

TEST_CASE_FIXTURE(Fixture, "sums and averages") {
  CHECK(over("sum", {i(1), null, i(2)}) == "3");
  CHECK(over("sum", {i(1), real(2.5)}) == "3.5");
  CHECK(over("sum", {i(INT64_MAX), i(1)}) == "ArithmeticOverflow");
  CHECK(over("sum", {s("a")}) == "TypeInvalidValue");
  const value::Duration day{0, 1, 0, 0};
  CHECK(over("sum", {Value::duration(&day), Value::duration(&day)}) == "P2D");
  CHECK(over("sum", {Value::duration(&day), i(1)}) == "TypeInvalidValue");
  CHECK(over("avg", {i(1), i(2)}) == "1.5");
  CHECK(over("avg", {i(INT64_MAX), i(INT64_MAX)}) == "9.223372036854776E18");
  CHECK(over("avg", {Value::duration(&day), Value::duration(&day)}) == "P1D");
  CHECK(over("stDev", {i(1), i(2), i(3), i(4)}) == "1.2909944487358056");
  CHECK(over("stDevP", {i(1), i(3)}) == "1.0");
}

TEST_CASE_FIXTURE(Fixture, "extremes follow the order of ORDER BY") {
  const Value list = value::make_list(arena, std::initializer_list<Value>{i(1), i(2)});
  CHECK(over("max", {i(1), s("a"), null, list, real(0.2), s("b")}) == "1");
  CHECK(over("min", {i(1), s("a"), null, list, real(0.2), s("b")}) == "[1, 2]");
  CHECK(over("max", {s("a"), s("bb"), s("b")}) == "bb");
}

TEST_CASE_FIXTURE(Fixture, "percentiles") {
  const std::vector<Value> prices = {real(30), real(10), i(20)};
  CHECK(over("percentileCont", prices, false, real(0.25)) == "15.0");
  CHECK(over("percentileDisc", prices, false, real(0.5)) == "20");
  CHECK(over("percentileDisc", prices, false, real(0)) == "10.0");
  CHECK(over("percentileDisc", prices, false, i(1)) == "30.0");
  CHECK(over("percentileCont", prices, false, real(1.1)) == "NumberOutOfRange");
  CHECK(over("percentileCont", prices, false, s("x")) == "TypeInvalidValue");
}

TEST_CASE_FIXTURE(Fixture, "distinct counts a value once in its group") {
  CHECK(over("count", {i(1), real(1), i(2), null}, true) == "2");
  CHECK(over("collect", {s("a"), s("b"), s("a")}, true) == "['a', 'b']");
  auto count = make_aggregation(registry.find_aggregate("count"), true, arena);
  count->grow(2);
  std::vector<Value> values;
  std::vector<uint32_t> groups;
  for (int64_t n = 0; n < 1000; ++n) {
    values.push_back(i(n % 100));
    groups.push_back(n % 2 == 0 ? 0 : 1);
  }
  const Value* column = values.data();
  REQUIRE(count->update(groups, {&column, 1}));
  REQUIRE(count->update(groups, {&column, 1}));
  Arena out;
  CHECK(value::to_text(*count->result(0, out)) == "50");
  CHECK(value::to_text(*count->result(1, out)) == "50");
}

TEST_CASE_FIXTURE(Fixture, "nothing is kept of the arguments; groups may come later") {
  auto collect = make_aggregation(registry.find_aggregate("collect"), false, arena);
  auto rows = make_aggregation(nullptr, false, arena);
  collect->grow(1);
  rows->grow(1);
  for (uint32_t group = 0; group < 3; ++group) {
    collect->grow(group + 1);
    rows->grow(group + 1);
    std::string passing = "text of group " + std::to_string(group);
    const Value value = s(passing);
    const Value* column = &value;
    const uint32_t groups[] = {group};
    REQUIRE(collect->update(groups, {&column, 1}));
    REQUIRE(rows->update(groups, {}));
  }
  Arena out;
  CHECK(value::to_text(*collect->result(1, out)) == "['text of group 1']");
  CHECK(value::to_text(*rows->result(2, out)) == "1");
}
