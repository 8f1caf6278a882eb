// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>

#include "cypher/functions/registry.h"
#include "cypher/semantics/analyze.h"
#include "cypher/syntax/ast.h"
#include "cypher/syntax/parser.h"

using namespace trellis;
using namespace trellis::cypher;

namespace {

class TestProcedures final : public ProcedureCatalog {
 public:
  TestProcedures() {
    labels_.name = "db.labels";
    labels_.outputs = {{"label", StaticType::of(kStringType)}};
    write_.name = "test.write";
    write_.mode = ProcedureMode::kWrite;
    write_.inputs = {{"n", StaticType::of(kIntegerType)}, {"m", StaticType(), true}};
  }
  const ProcedureSignature* find_procedure(std::string_view name) const override {
    if (name == labels_.name) return &labels_;
    return name == write_.name ? &write_ : nullptr;
  }

 private:
  ProcedureSignature labels_;
  ProcedureSignature write_;
};

struct Analyzed {
  ast::StatementPtr statement;
  std::shared_ptr<const SemanticInfo> info;

  const ast::Query& query() const { return ast::as<ast::QueryStatement>(*statement).query; }
  template <class T>
  const T& clause(size_t index) const {
    return ast::as<T>(*query().parts[0].clauses[index]);
  }
  const ast::NodePattern& node(const ast::PathPattern& path, size_t index) const {
    return std::get<ast::NodePattern>(path.elements[index]);
  }
  std::vector<std::string> columns() const {
    std::vector<std::string> names;
    for (const auto& column : info->columns()) names.push_back(column.name);
    return names;
  }
};

const FunctionRegistry& functions() {
  static const FunctionRegistry registry;
  return registry;
}

Result<Analyzed> try_analyze(std::string_view text) {
  static const TestProcedures procedures;
  Analyzed result;
  TRELLIS_TRY_ASSIGN(result.statement, parse(text));
  TRELLIS_TRY_ASSIGN(result.info, analyze(*result.statement, {&functions(), &procedures}));
  return result;
}

Analyzed analyzed(std::string_view text) {
  auto result = try_analyze(text);
  if (!result) FAIL(std::string(text) << ": " << result.error().message());
  return std::move(*result);
}

ErrorCode code_of(std::string_view text) {
  const auto result = try_analyze(text);
  return result ? ErrorCode::Unknown : result.error().code();
}

}  // namespace

TEST_CASE("a variable keeps its symbol through WITH under its own name only") {
  const auto a = analyzed("MATCH (n) WITH n, n AS m WITH *, 1 AS n2 RETURN n, m");
  const auto& match = a.clause<ast::Match>(0);
  const SymbolId n = a.info->symbol_of(a.node(match.patterns[0], 0).variable.id);
  CHECK(a.info->symbol(n).kind == SymbolKind::kNode);
  const auto& first = a.info->projection(a.clause<ast::With>(1).id);
  CHECK(first.columns[0].symbol == n);
  CHECK(first.columns[1].symbol != n);
  CHECK(a.info->symbol(first.columns[1].symbol).kind == SymbolKind::kNode);
  const auto& star = a.info->projection(a.clause<ast::With>(2).id);
  REQUIRE(star.columns.size() == 3);  // m, n, n2
  CHECK(star.columns[0].name == "m");
  CHECK(star.columns[0].expression == nullptr);
  CHECK(a.info->columns()[0].symbol == n);
  CHECK(a.info->query_type() == QueryType::kRead);
}

TEST_CASE("bound pattern elements point back to the first binding") {
  const auto a = analyzed("MATCH (n)-[r*]->(m) MATCH (n)-->(x) RETURN r");
  const auto& first = a.clause<ast::Match>(0).patterns[0];
  const auto& second = a.clause<ast::Match>(1).patterns[0];
  const auto n = a.node(second, 0).variable.id;
  CHECK(a.info->bound_before(n));
  CHECK(a.info->symbol_of(n) == a.info->symbol_of(a.node(first, 0).variable.id));
  CHECK_FALSE(a.info->bound_before(a.node(second, 2).variable.id));
  const auto& r = std::get<ast::RelationshipPattern>(first.elements[1]);
  CHECK(a.info->symbol(a.info->symbol_of(r.variable.id)).kind == SymbolKind::kRelationshipList);
  // The anonymous relationship of the second MATCH has a symbol too.
  const auto& anonymous = std::get<ast::RelationshipPattern>(second.elements[1]);
  CHECK(a.info->symbol_of(anonymous.variable.id) != kNoSymbol);
}

TEST_CASE("aggregation: columns, grouping keys, repeated expressions") {
  const auto a =
      analyzed("MATCH (n) RETURN n.x AS x, n.x + count(*) AS c ORDER BY n.x, c, n.x + count(*)");
  CHECK(code_of("MATCH (n) RETURN n.x AS x, count(*) AS c ORDER BY sum(n.y)") ==
        ErrorCode::UndefinedVariable);
  const auto& result = a.clause<ast::Return>(1);
  const auto& info = a.info->projection(result.id);
  CHECK(info.aggregates);
  CHECK_FALSE(info.columns[0].aggregates);
  CHECK(info.columns[1].aggregates);
  const auto& sum = ast::as<ast::Binary>(*result.projection.items[1].expression);
  CHECK(a.info->replaced_by(sum.left->id) == info.columns[0].symbol);
  CHECK(a.info->replaced_by(result.projection.order_by[0].expression->id) ==
        info.columns[0].symbol);
}

TEST_CASE("subqueries know what they take from outside") {
  const auto a = analyzed(
      "MATCH (n), (o) WHERE EXISTS { (n)-->(x) WHERE x.y = 1 } "
      "CALL (o) { MATCH (o)-->(m) RETURN m } RETURN [(n)-->(z) | z.p + m.p] AS l");
  const auto& match = a.clause<ast::Match>(0);
  const SymbolId n = a.info->symbol_of(a.node(match.patterns[0], 0).variable.id);
  const SymbolId o = a.info->symbol_of(a.node(match.patterns[1], 0).variable.id);
  CHECK(a.info->captured(match.where->id) == std::vector<SymbolId>{n});
  const auto& call = a.clause<ast::CallSubquery>(1);
  CHECK(a.info->captured(call.id) == std::vector<SymbolId>{o});
  const SymbolId m = a.info->query(call.query->id).columns[0].symbol;
  const auto& item = a.clause<ast::Return>(2).projection.items[0];
  CHECK(a.info->captured(item.expression->id) == std::vector<SymbolId>{n, m});
}

TEST_CASE("unions have symbols of their own") {
  const auto a = analyzed("RETURN 1 AS a, 2 AS b UNION ALL RETURN 'x' AS b, 3 AS a");
  const auto& info = a.info->query(a.query().id);
  REQUIRE(info.part_columns.size() == 2);
  CHECK(a.columns() == std::vector<std::string>{"a", "b"});
  CHECK(info.part_columns[0][0] != info.columns[0].symbol);
  // By name, not by place.
  const auto& second = a.info->projection(a.query().parts[1].clauses[0]->id);
  CHECK(info.part_columns[1][0] == second.columns[1].symbol);
}

TEST_CASE("repeated paths have single elements inside and lists outside") {
  const auto a = analyzed("MATCH ((x)-[r]->(y) WHERE x.a < y.a){2,3} (z) RETURN x, r, z");
  const auto& path = a.clause<ast::Match>(0).patterns[0];
  const auto& group = *std::get<std::unique_ptr<const ast::ParenthesizedPath>>(path.elements[0]);
  const auto& variables = a.info->group_variables(group.id);
  CHECK(variables.size() == 3);
  const Symbol& x = a.info->symbol(a.info->columns()[0].symbol);
  CHECK(x.kind == SymbolKind::kNodeList);
  CHECK(a.info->symbol(a.info->columns()[1].symbol).kind == SymbolKind::kRelationshipList);
}

TEST_CASE("what a statement does") {
  CHECK(analyzed("CREATE (n)").info->query_type() == QueryType::kWrite);
  CHECK(analyzed("CREATE (n) RETURN n").info->query_type() == QueryType::kReadWrite);
  CHECK(analyzed("MATCH (n) CALL (n) { SET n.x = 1 } RETURN n").info->writes());
  CHECK(analyzed("CALL test.write(1)").info->writes());
  CHECK_FALSE(analyzed("CALL db.labels()").info->writes());
  CHECK(analyzed("DROP INDEX x").info->query_type() == QueryType::kSchema);
  const auto use = analyzed("USE a.b MATCH (n) RETURN n");
  REQUIRE(use.info->use());
  CHECK(use.info->use()->parts.size() == 2);
  CHECK(analyzed("UNWIND [1] AS x CALL (x) { CREATE () } IN TRANSACTIONS").info->in_transactions());
}

TEST_CASE("SHOW commands have columns") {
  CHECK(analyzed("SHOW TRANSACTIONS").columns().size() == 10);
  CHECK(analyzed("SHOW TRANSACTIONS YIELD *").columns().size() == 39);
  CHECK(analyzed("SHOW DATABASES YIELD name AS n, store WHERE n = 'x'").columns() ==
        std::vector<std::string>{"n", "store"});
  CHECK(analyzed("SHOW INDEXES YIELD type RETURN type, count(*) AS c").columns() ==
        std::vector<std::string>{"type", "c"});
  CHECK(code_of("SHOW DATABASES YIELD nonsense") == ErrorCode::UndefinedVariable);
  CHECK(code_of("SHOW DATABASES WHERE store = 'x'") == ErrorCode::UndefinedVariable);
  CHECK(
      analyzed("SHOW TRANSACTIONS YIELD transactionId AS t TERMINATE TRANSACTIONS t YIELD message")
          .columns() == std::vector<std::string>{"message"});
}

TEST_CASE("errors beyond the TCK") {
  for (const auto& [text, code] : std::initializer_list<std::pair<const char*, ErrorCode>>{
           {"MATCH (n)", ErrorCode::InvalidClauseComposition},
           {"RETURN 1 AS x MATCH (n) RETURN n", ErrorCode::InvalidClauseComposition},
           {"CREATE (n) MATCH (m) RETURN m", ErrorCode::InvalidClauseComposition},
           {"MATCH (n) USE a RETURN n", ErrorCode::InvalidUse},
           {"MATCH (n) CALL { MATCH (m) RETURN m AS n } RETURN n", ErrorCode::VariableAlreadyBound},
           {"MATCH (n) CALL { WITH n.x AS y RETURN y } RETURN y", ErrorCode::UndefinedVariable},
           {"MATCH (n) CALL (m) { RETURN 1 AS x } RETURN x", ErrorCode::UndefinedVariable},
           {"MATCH (n) WHERE COUNT { CREATE (m) } > 1 RETURN n",
            ErrorCode::InvalidClauseComposition},
           {"RETURN COLLECT { MATCH (n) RETURN n, 1 AS x }", ErrorCode::SyntaxError},
           {"CREATE (n:A|B)", ErrorCode::SyntaxError},
           {"UNWIND [1] AS x UNWIND [2] AS x RETURN x", ErrorCode::VariableAlreadyBound},
           {"MATCH (n) WITH n, count(*) AS c WHERE count(*) > 1 RETURN c",
            ErrorCode::InvalidAggregation},
           {"RETURN toUpper(DISTINCT 'x')", ErrorCode::SyntaxError},
           {"RETURN toUpper()", ErrorCode::InvalidNumberOfArguments},
           {"MATCH (n) FOREACH (x IN [1] | MATCH (m))", ErrorCode::InvalidClauseComposition},
           {"CALL db.labels() YIELD nonsense RETURN 1 AS x", ErrorCode::UndefinedVariable},
       }) {
    INFO(std::string(text));
    CHECK(code_of(text) == code);
  }
}

TEST_CASE("what looks wrong and is not") {
  for (const char* text : {
           "MATCH (n) CALL { WITH n WITH n.x AS y RETURN y } RETURN y",
           "MATCH (n) CALL { WITH 1 AS y RETURN y } RETURN y",
           "MATCH (n) CALL (n) { WITH 1 AS y RETURN y, n.x AS z } RETURN z",
           "MATCH (n) RETURN EXISTS { WITH 1 AS y MATCH (n) } AS e",
           "MATCH (n) RETURN DISTINCT n.x AS x ORDER BY n.x",
           "MATCH (n) RETURN n.x ORDER BY n.y",
           "MATCH (a {x: 1}), (b {x: a.x}) RETURN b",
           "WITH [1, 2] AS l RETURN [x IN l WHERE x > 1 | x] + 3 AS r",
           "MATCH p = (a)-[*]->(b) RETURN length(p), nodes(p), [r IN relationships(p) | type(r)]",
           "MATCH (n) RETURN count(n) + 1, collect(n.x)[0], sum(n.x) / count(*)",
           "MATCH (n) RETURN n.a, sum(n.b) + n.a ORDER BY sum(n.b) + n.a",
           "MATCH (a), (b) MERGE (a)-[:T]->(b) ON CREATE SET a.x = 1 RETURN a",
           "CREATE (a)-[:T]->(b), (b)-[:T]->(a) CREATE (a)-[:U]->(:C)",
           "MATCH (n) RETURN CASE n.x WHEN 1 THEN 'a' ELSE 2 END",
           "CALL db.labels() YIELD label AS l RETURN l",
           "CALL test.write(1)",
           "MATCH (a)-[r]->() WITH [r] AS rs MATCH (a)-[rs*]->() RETURN a",
           "UNWIND $rows AS row CREATE (n:A) SET n = row, n += {x: 1}",
           "MATCH (n) WHERE n.x = 1 OR (n)-->() RETURN n",
           "MATCH (n:A|B WHERE n.x > 1) RETURN n SKIP toInteger(rand()) LIMIT $l + 1",
           "RETURN reduce(s = 0, x IN [1, 2] | s + x), all(x IN [1] WHERE x > 0)",
           "MATCH (n) WITH n ORDER BY n.x LIMIT 3 WHERE n.y RETURN *",
           "MATCH (n) RETURN n {.*, c: COUNT { (n)--() }}, shortestPath((n)-[*]-(n))",
           "FOREACH (x IN range(1, 3) | CREATE (:A {v: x}))",
           "LOAD CSV WITH HEADERS FROM 'file:///a.csv' AS line RETURN line.x, line['y']",
       }) {
    INFO(std::string(text));
    const auto result = try_analyze(text);
    if (!result) MESSAGE(result.error().message());
    CHECK(result.has_value());
  }
}
