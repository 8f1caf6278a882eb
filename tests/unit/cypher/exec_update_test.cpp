// SPDX-License-Identifier: Apache-2.0
//
// Updating operators and schema commands, from text, in three batch sizes.
#include "unit/cypher/exec_fixture.h"

namespace trellis::cypher::test {

TEST_CASE("CREATE makes nodes and relationships and counts them") {
  with_batch_sizes([](Graph& g) {
    const Answer a = g.run("CREATE (a:A:B {x: 1, y: null})-[r:R {z: 2}]->(b) RETURN a, r, b");
    CHECK_FALSE(a.error);
    CHECK(a.rows == Rows{"(:A:B {x: 1}) | [:R {z: 2}] | ()"});
    CHECK(a.counters.nodes_created == 2);
    CHECK(a.counters.relationships_created == 1);
    CHECK(a.counters.labels_added == 2);
    CHECK(a.counters.properties_set == 2);
    CHECK(rows_of(g, "UNWIND range(1, 10) AS i CREATE (n:N {i: i}) RETURN count(*) AS c") ==
          Rows{"10"});
    CHECK(rows_of(g,
                  "MATCH (n:N) WITH n ORDER BY n.i WITH collect(n) AS l UNWIND range(0, 8) AS i "
                  "WITH l[i] AS a, l[i + 1] AS b CREATE (a)-[:NEXT]->(b)") == Rows{});
    CHECK(rows_of(g, "MATCH (a:N {i: 1})-[:NEXT*]->(b) RETURN max(b.i) AS m, count(*) AS c") ==
          Rows{"10 | 9"});
    CHECK(g.run("CREATE (n {x: {a: 1}})").error == ErrorCode::InvalidPropertyType);
    CHECK(g.run("OPTIONAL MATCH (n:Nobody) CREATE (n)-[:R]->()").error ==
          ErrorCode::EntityNotFound);
  });
}

TEST_CASE("SET and REMOVE") {
  with_batch_sizes([](Graph& g) {
    rows_of(g, "CREATE (:A {n: 1}), (:A {n: 2})");
    CHECK(rows_of(g, "MATCH (a:A) SET a.n = a.n + 10, a:B RETURN a.n, labels(a) ORDER BY a.n") ==
          Rows{"11 | ['A', 'B']", "12 | ['A', 'B']"});
    CHECK(rows_of(g, "MATCH (a:A {n: 11}) SET a += {m: 5, n: null} RETURN a") ==
          Rows{"(:A:B {m: 5})"});
    CHECK(rows_of(g, "MATCH (a:A {n: 12}) SET a = {q: 1} REMOVE a:B RETURN a") ==
          Rows{"(:A {q: 1})"});
    CHECK(rows_of(g, "MATCH (a:A {q: 1}) REMOVE a.q RETURN a") == Rows{"(:A)"});
    CHECK(rows_of(g, "OPTIONAL MATCH (a:Nobody) SET a.x = 1 SET a:L REMOVE a.x RETURN a") ==
          Rows{"null"});
    // Every row sees what the rows before it set.
    rows_of(g, "CREATE (:Counter {n: 0})");
    CHECK(rows_of(g,
                  "UNWIND range(1, 5) AS i MATCH (c:Counter) SET c.n = c.n + i "
                  "RETURN max(c.n) AS n") == Rows{"15"});
    CHECK(g.run("MATCH (c:Counter) SET c.x = c").error == ErrorCode::InvalidPropertyType);
    CHECK(rows_of(g, "MATCH (c:Counter)  SET c['dyn'] = 4 RETURN c.dyn AS x") == Rows{"4"});
  });
}

TEST_CASE("DELETE") {
  with_batch_sizes([](Graph& g) {
    rows_of(g, "CREATE (a:A)-[:R]->(b:B {x: 1})-[:R]->(c:C)");
    CHECK(g.run("MATCH (b:B) DELETE b").error == ErrorCode::DeleteConnectedNode);
    CHECK(rows_of(g, "MATCH (n) RETURN count(*) AS c") == Rows{"3"});
    const Answer a = g.run("MATCH (a:A)-[r]->() DELETE r, a");
    CHECK_FALSE(a.error);
    CHECK(a.counters.nodes_deleted == 1);
    CHECK(a.counters.relationships_deleted == 1);
    CHECK(g.run("MATCH (b:B) DETACH DELETE b RETURN b.x AS x").error == ErrorCode::EntityNotFound);
    CHECK(rows_of(g, "MATCH (b:B) DETACH DELETE b") == Rows{});
    CHECK(rows_of(g, "MATCH (n) RETURN labels(n) AS l") == Rows{"['C']"});
    CHECK(rows_of(g, "MATCH p = (:C) DELETE p, null") == Rows{});
    CHECK(rows_of(g, "MATCH ()-[r]->() RETURN count(*) AS c") == Rows{"0"});
  });
}

TEST_CASE("MERGE finds what earlier rows made") {
  with_batch_sizes([](Graph& g) {
    const Answer a = g.run(
        "UNWIND [1, 2, 1, 2, 3] AS i MERGE (n:N {i: i}) ON CREATE SET n.c = 1 "
        "ON MATCH SET n.c = n.c + 1 RETURN i, n.c");
    CHECK_FALSE(a.error);
    CHECK(a.rows == Rows{"1 | 2", "2 | 2", "1 | 2", "2 | 2", "3 | 1"});
    CHECK(a.counters.nodes_created == 3);
    CHECK(rows_of(g,
                  "MATCH (a:N {i: 1}), (b:N {i: 2}) MERGE (a)-[r:R]->(b) "
                  "MERGE (a)-[s:R]->(b) RETURN r = s AS same") == Rows{"true"});
    CHECK(rows_of(g, "MERGE (n:N) RETURN count(n) AS c") == Rows{"3"});
    CHECK(rows_of(g, "MATCH (a:N {i: 3}) MERGE (a)-[:T]->(m:M) RETURN labels(m) AS l") ==
          Rows{"['M']"});
    CHECK(g.run("MERGE (n:N {i: null})").error == ErrorCode::MergeReadOwnWrites);
  });
}

TEST_CASE("FOREACH and updating subqueries") {
  with_batch_sizes([](Graph& g) {
    const Answer a = g.run("FOREACH (i IN range(1, 7) | CREATE (:F {i: i}))");
    CHECK(a.counters.nodes_created == 7);
    CHECK(rows_of(g,
                  "MATCH (f:F) WITH collect(f) AS l FOREACH (x IN l | SET x.j = x.i * 2) "
                  "WITH l UNWIND l AS x RETURN sum(x.j) AS s") == Rows{"56"});
    CHECK(rows_of(g,
                  "UNWIND [1, 2, 3] AS i CALL { WITH i CREATE (:G {i: i}) } "
                  "RETURN count(*) AS c") == Rows{"3"});
    CHECK(rows_of(g, "MATCH (g:G) RETURN sum(g.i) AS s") == Rows{"6"});
    CHECK(rows_of(g, "MATCH (n) WITH n LIMIT 0 DETACH DELETE n") == Rows{});
  });
}

TEST_CASE("reads and writes of one statement are kept apart") {
  with_batch_sizes([](Graph& g) {
    rows_of(g, "CREATE (:A), (:A), (:A)");
    CHECK(g.run("MATCH (a:A) CREATE (:A)").counters.nodes_created == 3);
    CHECK(g.run("MATCH (a:A), (b:A) CREATE (:A)").counters.nodes_created == 36);
    CHECK(rows_of(g, "MATCH (a:A) WITH a LIMIT 2 DELETE a RETURN count(*) AS c") == Rows{"2"});
    CHECK(rows_of(g, "MATCH (a:A) RETURN count(*) AS c") == Rows{"40"});
  });
}

TEST_CASE("schema commands and their errors") {
  Graph g;
  CHECK(g.run("CREATE INDEX by_x FOR (n:A) ON (n.x)").counters.indexes_added == 1);
  CHECK(g.run("CREATE INDEX by_x FOR (n:A) ON (n.x)").error ==
        ErrorCode::EquivalentSchemaRuleExists);
  CHECK(g.run("CREATE INDEX other FOR (n:A) ON (n.x)").error == ErrorCode::IndexAlreadyExists);
  CHECK(g.run("CREATE INDEX by_x FOR (n:A) ON (n.y)").error == ErrorCode::IndexWithNameExists);
  CHECK(g.run("CREATE INDEX by_x IF NOT EXISTS FOR (n:A) ON (n.x)").counters.indexes_added == 0);
  CHECK(g.run("CREATE CONSTRAINT c FOR (n:A) REQUIRE n.x IS UNIQUE").error ==
        ErrorCode::IndexAlreadyExists);
  CHECK_FALSE(g.run("DROP INDEX by_x").error);
  CHECK(g.run("DROP INDEX by_x").error == ErrorCode::IndexDropFailed);
  CHECK_FALSE(g.run("DROP INDEX by_x IF EXISTS").error);
  CHECK(g.run("CREATE CONSTRAINT c FOR (n:A) REQUIRE n.x IS UNIQUE").counters.constraints_added ==
        1);
  CHECK(g.run("CREATE CONSTRAINT d FOR (n:A) REQUIRE n.x IS UNIQUE").error ==
        ErrorCode::ConstraintAlreadyExists);
  CHECK(g.run("CREATE CONSTRAINT c FOR (n:A) REQUIRE n.y IS UNIQUE").error ==
        ErrorCode::ConstraintWithNameExists);
  CHECK(g.run("DROP INDEX c").error == ErrorCode::IndexDropFailed);
  rows_of(g, "CREATE (:A {x: 1})");
  CHECK(g.run("CREATE (:A {x: 1})").error == ErrorCode::ConstraintValidationFailed);
  CHECK(g.run("CREATE (n {x: 1}) SET n:A").error == ErrorCode::ConstraintValidationFailed);
  CHECK(rows_of(g, "MERGE (a:A {x: 1}) RETURN count(*) AS c") == Rows{"1"});
  CHECK_FALSE(g.run("DROP CONSTRAINT c").error);
  CHECK(g.run("DROP CONSTRAINT c").error == ErrorCode::ConstraintDropFailed);
}

}  // namespace trellis::cypher::test
