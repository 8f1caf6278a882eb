// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "cypher/syntax/ast.h"
#include "cypher/syntax/parser.h"

using namespace trellis;
using namespace trellis::cypher;

namespace {

ast::StatementPtr parsed(const std::string& text) {
  auto result = parse(text);
  if (!result) FAIL(text << ": " << result.error().message());
  return *result;
}

const ast::Query& query_of(const ast::StatementPtr& statement) {
  return ast::as<ast::QueryStatement>(*statement).query;
}

// The first expression of RETURN <text>.
struct Returned {
  explicit Returned(const std::string& text) : statement(parsed("RETURN " + text)) {}
  const ast::ProjectionItem& item() const {
    const auto& clauses = query_of(statement).parts[0].clauses;
    return ast::as<ast::Return>(*clauses[0]).projection.items[0];
  }
  const ast::Expression& operator*() const { return *item().expression; }
  ast::StatementPtr statement;
};

ErrorCode code_of(const std::string& text) {
  const auto result = parse(text);
  return result ? ErrorCode::Unknown : result.error().code();
}

std::string nested(const std::string& open, const std::string& middle, const std::string& close,
                   int times) {
  std::string text;
  for (int i = 0; i < times; ++i) text += open;
  text += middle;
  for (int i = 0; i < times; ++i) text += close;
  return text;
}

}  // namespace

TEST_CASE("an error says where: code points, lines and columns") {
  const auto result = parse("MATCH (n)\n/* \xC3\xA4\xC3\xB6 */ RETURN n,");
  REQUIRE_FALSE(result);
  CHECK(result.error().position().offset == 28);
  CHECK(result.error().position().line == 2);
  CHECK(result.error().position().column == 19);
}

TEST_CASE("operators bind as in openCypher") {
  using ast::Binary;
  using ast::BinaryOperator;
  const Returned sum("1 + 2 * 3");
  CHECK(ast::as<Binary>(*sum).op == BinaryOperator::kAdd);
  const Returned power("-3 ^ 2");
  CHECK(ast::as<Binary>(*power).op == BinaryOperator::kPower);
  const Returned difference("10 - 4 - 3");
  CHECK(ast::as<Binary>(*ast::as<Binary>(*difference).left).op == BinaryOperator::kSubtract);
  const Returned chain("1 < x <= 3");
  CHECK(ast::as<ast::ComparisonChain>(*chain).operators.size() == 2);
  const Returned logic("NOT a OR b AND c XOR d");
  CHECK(ast::as<ast::LogicalChain>(*logic).op == ast::LogicalOperator::kOr);
  const Returned check("a = b IS NOT NULL");
  CHECK(ast::as<ast::NullCheck>(*ast::as<Binary>(*check).right).negated);
}

TEST_CASE("literals") {
  const auto integer = [](const std::string& text) {
    const Returned result(text);
    return std::get<int64_t>(ast::as<ast::Literal>(*result).value);
  };
  CHECK(integer("0x1F") == 31);
  CHECK(integer("0o17") == 15);
  CHECK(integer("1_000_000") == 1000000);
  CHECK(integer("-9223372036854775808") == INT64_MIN);
  CHECK(integer("-0x8000000000000000") == INT64_MIN);
  CHECK(code_of("RETURN 9223372036854775808") == ErrorCode::IntegerOverflow);
  CHECK(code_of("RETURN 1e999") == ErrorCode::FloatingPointOverflow);
  CHECK(code_of("RETURN 0xZZ") == ErrorCode::InvalidNumberLiteral);
  CHECK(code_of("RETURN 'abc") == ErrorCode::SyntaxError);
  CHECK(code_of("RETURN '\\uH'") == ErrorCode::InvalidUnicodeLiteral);

  const Returned text("'a\\n\\'\\u00e4\\uD83D\\uDE00'");
  CHECK(std::get<std::string>(ast::as<ast::Literal>(*text).value) ==
        "a\n'\xC3\xA4\xF0\x9F\x98\x80");
  const Returned number("1.5e-3");
  CHECK(std::get<double>(ast::as<ast::Literal>(*number).value) == 1.5e-3);
}

TEST_CASE("a column without alias is called as it is written") {
  CHECK(Returned("n . name  +  1 , 2").item().alias.name == "n . name  +  1");
  CHECK(Returned("`a b`").item().alias.name == "a b");
  CHECK(Returned("1 AS x").item().alias.name == "x");
}

TEST_CASE("keywords are good names") {
  for (const char* text : {
           "MATCH (match:Match {return: 1}) RETURN match.where AS order",
           "WITH 1 AS limit, 2 AS skip RETURN limit + skip",
           "MATCH (where) WHERE where.x = 1 RETURN where",
           "MATCH (n:CREATE)-[set:SET]->(is:IS) RETURN is",
           "UNWIND [1] AS in RETURN in",
           "WITH 1 AS all, 2 AS any, 3 AS exists, 4 AS count RETURN all, any, exists, count",
           "RETURN {match: 1, null: 2, case: 3}.case",
           "MATCH (n) SET n.set = 1 REMOVE n.remove",
           "MATCH (n:$(toUpper('x'))) RETURN n",
           "WITH 1 AS end RETURN CASE end WHEN 1 THEN 2 ELSE 3 END",
       }) {
    INFO(std::string(text));
    const auto result = parse(text);
    if (!result) MESSAGE(result.error().message());
    CHECK(result.has_value());
  }
}

TEST_CASE("forms beyond the TCK") {
  for (const char* text : {
           "MATCH (n IS A&!B|%) WHERE n:C|D RETURN n",
           "MATCH ((a)-[r:T]->(b) WHERE a.x < b.x){1,3} (c) RETURN a",
           "MATCH p = SHORTEST 2 PATHS (a)-[:T]->+(b) RETURN p",
           "MATCH p = ANY SHORTEST (a:A)--*(b) RETURN p",
           "MATCH ALL SHORTEST (a)((x)-->(y))+(b) RETURN a",
           "MATCH (a)-[r:T WHERE r.x > 1]->(b WHERE b.y) RETURN r",
           "MATCH p = shortestPath((a)-[*..5]-(b)) RETURN p",
           "MATCH (n:L) USING INDEX SEEK n:L(p, q) USING JOIN ON n WHERE n.p = 1 RETURN n",
           "MATCH (n) RETURN COUNT { (n)-->(m) WHERE m.x } AS c, COLLECT { MATCH (n) RETURN n } AS "
           "l",
           "MATCH (n) WHERE EXISTS { MATCH (n)-->() RETURN 1 UNION MATCH (n) RETURN 1 } RETURN n",
           "CALL { MATCH (n) RETURN n UNION ALL MATCH (m) RETURN m AS n } RETURN n",
           "UNWIND [1] AS x CALL (x) { CREATE (:A {x: x}) } IN 2 CONCURRENT TRANSACTIONS OF 10 "
           "ROWS "
           "ON ERROR CONTINUE REPORT STATUS AS s RETURN s",
           "MATCH (n) CALL (*) { RETURN n AS m } RETURN m",
           "OPTIONAL CALL db.labels() YIELD label RETURN label",
           "LOAD CSV WITH HEADERS FROM 'file:///x.csv' AS row FIELDTERMINATOR ';' RETURN row",
           "MATCH (n) ORDER BY n.x SKIP 1 LIMIT 2 RETURN n",
           "MATCH (n) RETURN n OFFSET 3 LIMIT $l",
           "CREATE (n) FINISH",
           "INSERT (n:A&B)-[:T]->(:C)",
           "RETURN CASE 5 WHEN < 3 THEN 'a' WHEN 4, 5 THEN 'b' WHEN IS NULL THEN 'c' END",
           "RETURN x IS :: INTEGER NOT NULL, x :: LIST<STRING | INTEGER>, x IS NOT TYPED ANY MAP",
           "RETURN 'a' IS NFKC NORMALIZED, normalize('x', NFD), trim(BOTH 'x' FROM 'xax')",
           "RETURN [x IN [1,2] WHERE x > 1 | x ^ 2], reduce(a = 0, x IN [1] | a + x)",
           "MATCH (n) RETURN n {.*, .name, x: 1, n}",
           "MATCH (n) SET n[$k] = 1, n:$($l), n += {x: 1} REMOVE n:A:B, n[$k]",
           "USE a.b MATCH (n) RETURN n",
           "USE graph.byName($g) MATCH (n) RETURN n",
           "EXPLAIN CYPHER 5 runtime=pipelined MATCH (n) RETURN n;",
           "PROFILE RETURN 1",
           "FOREACH (x IN [1] | CREATE (:A) FOREACH (y IN [x] | MERGE (:B {y: y})))",
           "RETURN 1 // comment\n/* another */ AS x",
           "RETURN Infinity, -INF, NaN",
           "MATCH (a) WHERE (a)-[:T]->({x: 1})<--() AND NOT (a)--() RETURN [(a)-->(b) | b.x]",
       }) {
    INFO(std::string(text));
    const auto result = parse(text);
    if (!result) MESSAGE(result.error().message());
    CHECK(result.has_value());
  }
}

TEST_CASE("a bar ends a label where a projection can follow") {
  const Returned projected("[x IN l WHERE x:A | x.name]");
  CHECK(ast::as<ast::ListComprehension>(*projected).projection != nullptr);
  const Returned labels("[x IN l WHERE x:A|B]");
  CHECK(ast::as<ast::ListComprehension>(*labels).projection == nullptr);
  const Returned both("[x IN l WHERE x:A|B | x]");
  CHECK(ast::as<ast::ListComprehension>(*both).projection != nullptr);
}

TEST_CASE("depth is an error, never a crash") {
  for (const std::string& text : {
           nested("(", "1", ")", 100000),
           nested("[", "1", "]", 100000),
           nested("{a: ", "1", "}", 100000),
           nested("NOT ", "true", "", 100000),
           nested("- ", "x", "", 100000),
           nested("f(", "1", ")", 100000),
           "1" + nested(" + 1", "", "", 100000),
           "x" + nested(".a", "", "", 100000),
           "x" + nested("[0]", "", "", 100000),
           "x" + nested(" IN x", "", "", 100000),
           "x:" + nested("!", "A", "", 100000),
           "x:" + nested("(", "A", ")", 100000),
           nested("CASE WHEN 1 THEN ", "1", " END", 100000),
           nested("EXISTS { MATCH (n) WHERE ", "1", " }", 100000),
           nested("[x IN l WHERE x:A | ", "1", "]", 100000),
           nested("[(n)-->(m) | ", "1", "]", 100000),
       }) {
    CAPTURE(text.substr(0, 40));
    CHECK(code_of("RETURN " + text) == ErrorCode::SyntaxError);
  }
  CHECK(code_of("MATCH " + nested("(", "(a)-->(b)", ")", 100000) + " RETURN 1") ==
        ErrorCode::SyntaxError);
  CHECK(code_of(nested("CALL { ", "RETURN 1 AS x", " }", 100000)) == ErrorCode::SyntaxError);
  // What people and generators write is far below.
  CHECK(parse("RETURN 1" + nested(" + 1", "", "", 2000)).has_value());
  CHECK(parse("RETURN 1" + nested(" OR true", "", "", 20000)).has_value());
  CHECK(parse("RETURN " + nested("(", "1", ")", 150)).has_value());
}

TEST_CASE("parameters are listed once, in order") {
  const auto statement = parsed("MATCH (n {x: $b}) WHERE n.y = $`a b` RETURN $b, $0");
  CHECK(statement->parameters == std::vector<std::string>{"b", "a b", "0"});
}
