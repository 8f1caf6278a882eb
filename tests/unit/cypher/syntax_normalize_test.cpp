// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>

#include "cypher/functions/registry.h"
#include "cypher/syntax/excerpt.h"
#include "support/front_end.h"
#include "unit/cypher/tck_scan.h"

using namespace trellis;
using namespace trellis::cypher;

namespace {

std::string key(std::string_view text) { return normalize(text).key; }

class NoProcedures final : public ProcedureCatalog {
 public:
  const ProcedureSignature* find_procedure(std::string_view) const override { return nullptr; }
};

}  // namespace

TEST_CASE("statements that differ in values share a key") {
  CHECK(key("MATCH (n:A {id: 1}) RETURN n") == key("MATCH  (n:A{id:42})\n// note\nRETURN n"));
  CHECK(key("MATCH (n) WHERE n.s = 'a' RETURN n LIMIT 5") ==
        key("MATCH (n) WHERE n.s = \"b\" RETURN n LIMIT 6"));
  CHECK(key("CREATE (n {a: 1.5, b: -2})") == key("CREATE (n {a: 2.5, b: -3})"));
  CHECK(key("UNWIND [1, 2] AS x RETURN x") == key("UNWIND [3, 4] AS x RETURN x"));
  CHECK(key("MATCH (n) WITH n WHERE n.x > 1 RETURN n") ==
        key("MATCH (n) WITH n WHERE n.x > 2 RETURN n"));
  CHECK(key("EXPLAIN MATCH (n {a: 1}) RETURN n") == key("EXPLAIN MATCH (n {a: 2}) RETURN n"));

  const auto normalized = normalize("MATCH (n {a: 1, b: 'x\\'y', c: 2.5}) RETURN n");
  REQUIRE(normalized.literals.size() == 3);
  CHECK(std::get<int64_t>(normalized.literals[0].value) == 1);
  CHECK(std::get<std::string>(normalized.literals[1].value) == "x'y");
  CHECK(std::get<double>(normalized.literals[2].value) == 2.5);
}

TEST_CASE("what means more than a value stays in the key") {
  CHECK(key("RETURN 1") != key("RETURN 2"));
  CHECK(key("MATCH (n {a: 1}) RETURN n") != key("MATCH (n {a: 'x'}) RETURN n"));
  CHECK(key("MATCH (n {a: 1}) RETURN n") != key("MATCH (n {a: 1.0}) RETURN n"));
  CHECK(key("MATCH (a)-[*1..2]->(b) RETURN a") != key("MATCH (a)-[*1..3]->(b) RETURN a"));
  CHECK(key("MATCH (a)-[*2]->(b) RETURN a") != key("MATCH (a)-[*3]->(b) RETURN a"));
  CHECK(key("MATCH (a)-->{2}(b) RETURN a") != key("MATCH (a)-->{3}(b) RETURN a"));
  CHECK(key("MATCH (a) RETURN a ORDER BY a.x + 1") != key("MATCH (a) RETURN a ORDER BY a.x + 2"));
  CHECK(key("USE graph.byName('a') MATCH (n) RETURN n") !=
        key("USE graph.byName('b') MATCH (n) RETURN n"));
  CHECK(key("MATCH (n) RETURN n") != key("MATCH (N) RETURN N"));
  CHECK(key("MATCH (n {a: true}) RETURN n") != key("MATCH (n {a: false}) RETURN n"));
  CHECK(exact_key("RETURN 1") != key("RETURN 1"));
}

TEST_CASE("commands are neither normalised nor cacheable") {
  for (const char* text :
       {"CREATE USER a SET PASSWORD 'secret12'", "SHOW DATABASES",
        "USE system CREATE USER a SET PASSWORD 'secret12'",
        "ALTER CURRENT USER SET PASSWORD FROM 'a' TO 'b'", "CREATE INDEX FOR (n:A) ON (n.b)",
        "EXPLAIN DROP INDEX x", "RETURN 'a"}) {
    INFO(std::string(text));
    const auto normalized = normalize(text);
    CHECK_FALSE(normalized.cacheable);
    CHECK(normalized.key.empty());
    CHECK(normalized.literals.empty());
  }
  CHECK(normalize("CREATE (n)").cacheable);
  CHECK(normalize("CREATE p = (n)-[:T]->()").cacheable);
  CHECK(normalize("USE system MATCH (n) RETURN n").cacheable);
}

TEST_CASE("literals come back as auto-parameters, or the exact text is asked for") {
  const FunctionRegistry functions;
  const NoProcedures procedures;
  const auto run = [&](std::string_view text) {
    auto result = test::parse_and_analyze(text, normalize(text), {&functions, &procedures});
    if (!result) FAIL(std::string(text) << ": " << result.error().message());
    return std::move(*result);
  };
  CHECK_FALSE(run("MATCH (n {a: 1}) WHERE n.b = 'x' RETURN n SKIP 1 LIMIT 2").exact);
  // `limit` is a name here, so the guess where the column ends is wrong.
  const auto named = run("WITH 1 AS limit RETURN limit + 1");
  CHECK(named.exact);
  CHECK(named.info->columns()[0].name == "limit + 1");
  // Compared as written with a grouping key.
  CHECK(run("MATCH (a) WITH a.x + 1 AS g, count(*) AS c WHERE a.x + 1 > 2 RETURN g").exact);
}

TEST_CASE("USE can be taken out of a text") {
  CHECK(text_without_use("USE a.b MATCH (n) RETURN n") == "        MATCH (n) RETURN n");
  CHECK(text_without_use("EXPLAIN USE graph.byName('x') RETURN 1") ==
        "EXPLAIN                       RETURN 1");
  CHECK(text_without_use("USE a RETURN 1 AS x UNION USE a RETURN 2 AS x") ==
        "      RETURN 1 AS x UNION       RETURN 2 AS x");
  CHECK(text_without_use("MATCH (n {use: 1}) RETURN n.use") == "MATCH (n {use: 1}) RETURN n.use");
}

TEST_CASE("an error shows its place, and nothing of a command") {
  const std::string text = "MATCH (n)\nRETURN n,, n";
  auto result = parse(text);
  REQUIRE_FALSE(result);
  const Error shown = with_excerpt(std::move(result.error()), text, Excerpt::kLine);
  CHECK(
      shown.message().ends_with("(line 2, column 10 (offset: 19))\n\"RETURN n,, n\"\n          ^"));

  for (const std::string command :
       {"CREATE USER a SET PASSWORD hunter2", "CREATE USER a SET PASSWORDS 'hunter2'",
        "CREATE USER a 'hunter2'", "ALTER CURRENT USER SET PASSWORD FROM hunter2 TO 'b'",
        "ALTER CURRENT USER SET PASSWORD FROM 'a' TO hunter2",
        "CREATE ALIAS a FOR DATABASE b AT 'u' USER c PASSWORD hunter2"}) {
    auto refused = parse(command);
    REQUIRE_FALSE(refused);
    const Error located = with_excerpt(std::move(refused.error()), command, Excerpt::kPositionOnly);
    CHECK(located.message().find("hunter2") == std::string::npos);
    CHECK(located.message().find("(line 1, column ") != std::string::npos);
  }
}

TEST_CASE("the TCK's queries mean the same with literals taken out") {
  const std::string directory = tck::directory();
  if (directory.empty()) {
    MESSAGE("no TCK here (TRELLIS_TCK_DIR): nothing checked");
    return;
  }
  const FunctionRegistry functions;
  const NoProcedures procedures;
  size_t shared = 0;
  size_t exact = 0;
  for (const tck::Scenario& scenario : tck::scan(directory)) {
    if (!scenario.error_class.empty() || !scenario.procedures.empty()) continue;
    for (const std::string& query : scenario.queries) {
      const auto normalized = normalize(query);
      CAPTURE(query);
      CHECK(normalized.cacheable);
      const auto with = test::parse_and_analyze(query, normalized, {&functions, &procedures});
      const auto without = test::parse_and_analyze(query, {}, {&functions, &procedures});
      REQUIRE(with.has_value());
      REQUIRE(without.has_value());
      with->exact ? ++exact : ++shared;
      const auto& a = with->info->columns();
      const auto& b = without->info->columns();
      REQUIRE(a.size() == b.size());
      CHECK(std::equal(a.begin(), a.end(), b.begin(),
                       [](const auto& x, const auto& y) { return x.name == y.name; }));
    }
  }
  MESSAGE("TCK queries planned without their literals: " << shared << ", exactly: " << exact);
  CHECK(shared > 30 * exact);
}
