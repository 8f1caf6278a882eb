// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <set>
#include <string>
#include <vector>

#include "cypher/functions/function_rows.h"
#include "cypher/functions/regex.h"
#include "cypher/functions/registry.h"
#include "cypher/functions/type_test.h"
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
  RandomBits random{42};
  FunctionEnvironment environment{.random = &random};

  std::string call(std::string_view name, std::vector<Value> arguments) {
    const Function* function = registry.find_scalar(name);
    REQUIRE(function != nullptr);
    const auto out = call_function(*function, FunctionContext{arena, environment}, arguments);
    return out ? value::to_text(*out) : std::string(out.error().traits().name);
  }
  Value list(std::initializer_list<Value> values) {
    return value::make_list(arena, {values.begin(), values.size()});
  }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "the registry finds names in any case and knows kinds apart") {
  CHECK(registry.find_scalar("TOUPPER") == registry.find_scalar("toUpper"));
  CHECK(registry.find_scalar("Point.Distance") != nullptr);
  CHECK(registry.find_scalar("count") == nullptr);
  CHECK(registry.find_aggregate("COUNT") != nullptr);
  CHECK(registry.find_scalar("nosuch") == nullptr);
  CHECK(registry.find_scalar("reduce") == nullptr);  // syntax
  const FunctionSignature* found = registry.find_function("datetime.fromepoch");
  REQUIRE(found != nullptr);
  CHECK(Function::of(found) == registry.find_scalar("datetime.fromEpoch"));
  CHECK(AggregateFunction::of(found) == nullptr);
}

TEST_CASE_FIXTURE(Fixture, "every row is complete") {
  std::set<std::string_view> names;
  for (const Function& function : registry.scalars()) {
    CAPTURE(function.name);
    CHECK(names.insert(function.name).second);
    CHECK(!function.text.description.empty());
    CHECK(function.text.signature.find(" :: ") != std::string_view::npos);
    CHECK(function.min_arguments <= function.max_arguments);
    CHECK(!to_string(function.text.category).empty());
  }
  for (const AggregateFunction& function : registry.aggregates()) {
    CHECK(names.insert(function.name).second);
    CHECK(function.aggregating);
    CHECK((function.make != nullptr));
  }
  CHECK(registry.aggregates().size() == 10);
}

TEST_CASE_FIXTURE(Fixture, "no function crashes on any type, and null propagates") {
  const value::Point point{7203, 1, 2, 0};
  const value::Duration duration{1, 2, 3, 4};
  const value::DateTime date_time{0, 0, 0, ""};
  const value::NodeRecord node{1, "4:x:1", {}, {}};
  const value::RelationshipRecord relationship{1, 1, 2, "5:x:1", "4:x:1", "4:x:2", "T", {}};
  const Value path[] = {Value::node(&node), Value::relationship(&relationship), Value::node(&node)};
  const std::vector<Value> samples = {
      null,
      Value::boolean(true),
      i(-1),
      i(INT64_MIN),
      real(0.5),
      real(1e300),
      s(""),
      s("a\u00e9"),
      list({}),
      list({i(1), null, s("x")}),
      value::make_map(arena, {}),
      value::make_map(arena, std::initializer_list<value::MapEntry>{{"year", i(2020)}}),
      Value::node(&node),
      Value::relationship(&relationship),
      Value::path(path),
      Value::date({0}),
      Value::local_time({0}),
      Value::time({0, 0}),
      Value::local_date_time({0, 0}),
      Value::date_time(&date_time),
      Value::duration(&duration),
      Value::point(&point)};
  for (const Function& function : registry.scalars()) {
    if (function.call == nullptr) continue;
    CAPTURE(function.name);
    const size_t most = std::min<size_t>(function.max_arguments, 3);
    for (size_t n = function.min_arguments; n <= most; ++n) {
      for (size_t a = 0; a < samples.size(); ++a) {
        for (size_t b = 0; b < (n > 1 ? samples.size() : 1); ++b) {
          std::vector<Value> arguments(n, samples[b]);
          if (n > 0) arguments[0] = samples[a];
          const auto out = call_function(function, FunctionContext{arena, environment}, arguments);
          if (n > 0 && a == 0 && function.null_propagating) {
            REQUIRE(out);
            CHECK(out->is_null());
          }
        }
      }
    }
  }
}

TEST_CASE_FIXTURE(Fixture, "conversions") {
  CHECK(call("toInteger", {s("1.7")}) == "1");
  CHECK(call("toInteger", {s(" 12 ")}) == "null");
  CHECK(call("toInteger", {s("9223372036854775807")}) == "9223372036854775807");
  CHECK(call("toInteger", {s("9223372036854775808")}) == "TypeInvalidValue");
  CHECK(call("toInteger", {real(1e30)}) == "9223372036854775807");
  CHECK(call("toInteger", {list({})}) == "TypeInvalidValue");
  CHECK(call("toIntegerOrNull", {list({})}) == "null");
  CHECK(call("toFloat", {s(" 1.5 ")}) == "1.5");
  CHECK(call("toFloat", {s("0x1F")}) == "null");
  CHECK(call("toFloat", {Value::boolean(true)}) == "TypeInvalidValue");
  CHECK(call("toBoolean", {s("TRUE ")}) == "true");
  CHECK(call("toBoolean", {i(0)}) == "false");
  CHECK(call("toBoolean", {real(1)}) == "TypeInvalidValue");
  CHECK(call("toString", {Value::local_time({0})}) == "00:00:00");
  CHECK(call("toString", {list({})}) == "TypeInvalidValue");
  CHECK(call("toIntegerList", {list({s("1"), s("a"), null, real(2.5), list({})})}) ==
        "[1, null, null, 2, null]");
}

TEST_CASE_FIXTURE(Fixture, "strings") {
  CHECK(call("substring", {s("hello"), i(1), i(3)}) == "ell");
  CHECK(call("substring", {s("hello"), i(-1)}) == "NumberOutOfRange");
  CHECK(call("left", {s("hello"), i(2)}) == "he");
  CHECK(call("right", {s("hello"), i(2)}) == "lo");
  CHECK(call("split", {s("a,b;c"), list({s(","), s(";")})}) == "['a', 'b', 'c']");
  CHECK(call("split", {s("a\u00e9"), s("")}) == "['a', '\u00e9']");
  CHECK(call("split", {s(""), s(",")}) == "['']");
  CHECK(call("replace", {s("abc"), s(""), s("x")}) == "xaxbxcx");
  CHECK(call("replace", {s("aaa"), s("a"), s("b")}) == "bbb");
  CHECK(call("reverse", {list({i(1), null})}) == "[null, 1]");
  CHECK(call("toUpper", {i(1)}) == "TypeInvalidValue");
}

TEST_CASE_FIXTURE(Fixture, "numbers") {
  CHECK(call("round", {real(-2.5)}) == "-2.0");
  CHECK(call("round", {real(2.675), i(2)}) == "2.68");
  CHECK(call("round", {real(-2.55), i(1)}) == "-2.6");
  CHECK(call("round", {real(2.5), i(0), s("HALF_EVEN")}) == "2.0");
  CHECK(call("round", {real(9.995), i(2)}) == "10.0");
  CHECK(call("round", {real(1.5), i(-1)}) == "NumberOutOfRange");
  CHECK(call("round", {real(1.5), i(0), s("FOO")}) == "ArgumentError");
  CHECK(call("abs", {i(INT64_MIN)}) == "ArithmeticOverflow");
  CHECK(call("range", {i(0), i(10), i(3)}) == "[0, 3, 6, 9]");
  CHECK(call("range", {i(1), i(3), i(0)}) == "NumberOutOfRange");
  CHECK(call("range", {real(1), i(3)}) == "ArgumentError");
  CHECK(call("range", {i(INT64_MIN), i(INT64_MAX)}) == "NumberOutOfRange");
  CHECK(call("range", {i(INT64_MAX - 1), i(INT64_MAX)}) ==
        "[9223372036854775806, 9223372036854775807]");
  CHECK(call("vector.similarity.euclidean", {list({i(1)}), list({i(2)})}) == "0.5");
  CHECK(call("vector.similarity.cosine", {list({i(0)}), list({i(2)})}) == "ArgumentError");
}

TEST_CASE_FIXTURE(Fixture, "random values differ, UUIDs are well formed") {
  const std::string first = call("randomUUID", {});
  CHECK(first != call("randomUUID", {}));
  RegexCache regexes;
  const auto formed =
      regexes.matches(first, "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
  REQUIRE(formed);
  CHECK(*formed);
  CHECK(RandomBits::from_system().next() != RandomBits::from_system().next());
}

TEST_CASE("clocks: transaction and statement stand still") {
  FunctionRegistry registry;
  os::ManualClock clock;
  clock.advance(std::chrono::seconds(100));
  FunctionEnvironment environment{.transaction_time = clock.wall(), .clock = &clock};
  clock.advance(std::chrono::seconds(100));
  environment.statement_time = clock.wall();
  clock.advance(std::chrono::seconds(100));
  Arena arena;
  const auto now = [&](const char* name) {
    return value::to_text(
        *call_function(*registry.find_scalar(name), FunctionContext{arena, environment}, {}));
  };
  CHECK(now("datetime.transaction") == "1970-01-01T00:01:40Z");
  CHECK(now("datetime") == "1970-01-01T00:03:20Z");
  CHECK(now("datetime.statement") == "1970-01-01T00:03:20Z");
  CHECK(now("datetime.realtime") == "1970-01-01T00:05Z");
  CHECK(now("timestamp") == "200000");
}

TEST_CASE("regular expressions match the whole text") {
  RegexCache regexes;
  const auto matches = [&](std::string_view text, std::string_view pattern) {
    const auto out = regexes.matches(text, pattern);
    return out ? (*out ? "true" : "false") : std::string(out.error().traits().name);
  };
  CHECK(matches("abc", "a.c") == "true");
  CHECK(matches("abc", "b") == "false");
  CHECK(matches("abc", "ab|abc") == "true");
  CHECK(matches("a\nb", "a.b") == "false");
  CHECK(matches("a\nb", "(?s)a.b") == "true");
  CHECK(matches("ABC", "(?i)abc") == "true");
  CHECK(matches("", "") == "true");
  CHECK(matches("abc", "(") == "InvalidRegex");
  CHECK(matches(std::string(40, 'a') + "b", "(a+)+") == "ResourceExhausted");
  const std::string long_text(100'000, 'a');
  for (int n = 0; n < 100; ++n) {  // the same before and after machine code is made
    CHECK(matches("abc" + std::to_string(n), "[a-c]+\\d+") == "true");
    CHECK(matches("abc", "[a-c]+\\d+") == "false");
    if (n % 50 == 49) CHECK(matches(long_text, "(a|b)*") == "true");
  }
  for (int n = 0; n < 1000; ++n) {  // the cache stays bounded
    CHECK(matches(std::to_string(n), std::to_string(n)) == "true");
  }
}

TEST_CASE_FIXTURE(Fixture, "types of values") {
  CHECK(type_text(null) == "NULL");
  CHECK(type_text(list({})) == "LIST<NOTHING> NOT NULL");
  CHECK(type_text(list({i(1), s("a"), null, real(2)})) ==
        "LIST<STRING | INTEGER | FLOAT> NOT NULL");
  CHECK(type_text(list({list({i(1)}), list({null})})) ==
        "LIST<LIST<NULL> NOT NULL | LIST<INTEGER NOT NULL> NOT NULL> NOT NULL");
  using plan::TypeSpec;
  TypeSpec integer;
  integer.name = TypeSpec::Name::kInteger;
  CHECK(has_type(null, integer));
  integer.not_null = true;
  CHECK(!has_type(null, integer));
  TypeSpec integers;
  integers.name = TypeSpec::Name::kList;
  integers.element = std::make_shared<TypeSpec>(integer);
  CHECK(has_type(list({}), integers));
  CHECK(has_type(list({i(1)}), integers));
  CHECK(!has_type(list({i(1), null}), integers));
  TypeSpec storable;
  storable.name = TypeSpec::Name::kPropertyValue;
  CHECK(has_type(list({i(1)}), storable));
  CHECK(!has_type(list({i(1), s("a")}), storable));
}

TEST_CASE_FIXTURE(Fixture, "entities as records need no graph") {
  const std::string_view labels[] = {"A", "B"};
  const value::MapEntry properties[] = {{"name", s("Ann")}};
  const value::NodeRecord node{7, "4:db:7", labels, properties};
  const value::RelationshipRecord knows{9, 7, 8, "5:db:9", "4:db:7", "4:db:8", "KNOWS", properties};
  const Value n = Value::node(&node);
  const Value r = Value::relationship(&knows);
  CHECK(call("labels", {n}) == "['A', 'B']");
  CHECK(call("type", {r}) == "KNOWS");
  CHECK(call("keys", {n}) == "['name']");
  CHECK(call("properties", {r}) == "{name: 'Ann'}");
  CHECK(call("id", {n}) == "7");
  CHECK(call("elementId", {r}) == "5:db:9");
  CHECK(call("elementId",
             {*call_function(*registry.find_scalar("endNode"), FunctionContext{arena, environment},
                             std::vector<Value>{r})}) == "4:db:8");
  const Value path[] = {n, r, n};
  CHECK(call("length", {Value::path(path)}) == "1");
  CHECK(call("size",
             {*call_function(*registry.find_scalar("nodes"), FunctionContext{arena, environment},
                             std::vector<Value>{Value::path(path)})}) == "2");
  CHECK(call("labels", {r}) == "TypeInvalidValue");
}

TEST_CASE_FIXTURE(Fixture, "SHOW FUNCTIONS has a row for each") {
  const auto rows = make_function_rows(registry);
  RowBatch batch;
  REQUIRE(rows->next({}, batch));
  CHECK(batch.rows == registry.scalars().size() + registry.aggregates().size());
  REQUIRE(batch.columns == function_columns().size());
  bool found = false;
  for (uint32_t row = 0; row < batch.rows; ++row) {
    if (row > 0) CHECK(batch.at(row - 1, 0).as_string() <= batch.at(row, 0).as_string());
    if (batch.at(row, 0).as_string() != "date.truncate") continue;
    found = true;
    const auto arguments = batch.at(row, 5).as_list();
    REQUIRE(arguments.size() == 3);
    CHECK(value::map_get(arguments[2].as_map(), "name").as_string() == "fields");
    CHECK(value::map_get(arguments[2].as_map(), "type").as_string() == "MAP");
    CHECK(batch.at(row, 6).as_string() == "DATE");
    CHECK(!batch.at(row, 7).as_boolean());
  }
  CHECK(found);
  REQUIRE(rows->next({}, batch));
  CHECK(batch.rows == 0);
  const auto none = make_function_rows(registry, [](std::string_view) { return false; });
  REQUIRE(none->next({}, batch));
  CHECK(batch.rows == 0);
}
