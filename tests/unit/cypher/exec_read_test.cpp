// SPDX-License-Identifier: Apache-2.0
//
// Reading operators, from text, in three batch sizes.
#include "unit/cypher/exec_fixture.h"

namespace trellis::cypher::test {
namespace {

void make_people(Graph& g) {
  rows_of(g,
          "CREATE (a:Person {name: 'Ann', age: 40}), (b:Person {name: 'Bob', age: 30}), "
          "(c:Person:Admin {name: 'Cyd', age: 20}), (d:City {name: 'Delft'}), "
          "(a)-[:KNOWS {since: 2001}]->(b), (b)-[:KNOWS {since: 2002}]->(c), "
          "(c)-[:KNOWS {since: 2003}]->(a), (a)-[:LIVES_IN]->(d), (b)-[:LIVES_IN]->(d)");
}

}  // namespace

TEST_CASE("expressions without a graph") {
  with_batch_sizes([](Graph& g) {
    CHECK(rows_of(g, "RETURN 1 + 2 * 3 AS x, 'a' + 'b' AS y, [1, 2][0] AS z") ==
          Rows{"7 | ab | 1"});
    CHECK(rows_of(g, "UNWIND range(1, 5) AS i RETURN i, i % 2 = 0 AS even") ==
          Rows{"1 | false", "2 | true", "3 | false", "4 | true", "5 | false"});
    CHECK(rows_of(g,
                  "UNWIND [1, null, 3] AS i RETURN CASE WHEN i IS NULL THEN 'none' "
                  "WHEN i > 2 THEN 'big' ELSE 'small' END AS s") == Rows{"small", "none", "big"});
    CHECK(rows_of(g, "UNWIND [0, 1, 2] AS i RETURN i <> 0 AND 10 / i > 5 AS x") ==
          Rows{"false", "true", "false"});
    CHECK(
        rows_of(g,
                "UNWIND [[1, 2, 3], []] AS l RETURN [x IN l WHERE x > 1 | x * 10] AS a, "
                "all(x IN l WHERE x > 0) AS b, any(x IN l WHERE x > 2) AS c, "
                "none(x IN l WHERE x = 2) AS d, single(x IN l WHERE x = 3) AS e, "
                "reduce(s = 0, x IN l | s + x) AS f") ==
        Rows{"[20, 30] | true | true | false | true | 6", "[] | true | false | true | false | 0"});
    CHECK(rows_of(g, "UNWIND range(3, 1, -1) AS i RETURN coalesce(null, i) AS x") ==
          Rows{"3", "2", "1"});
    CHECK(rows_of(g,
                  "RETURN null AND false AS a, null OR true AS b, null AND true AS c, "
                  "true XOR null AS d, NOT null AS e") ==
          Rows{"false | true | null | null | null"});
    CHECK(rows_of(g, "RETURN 3 IN [1, 2, 3] AS a, 4 IN [1, null] AS b, null IN [] AS c") ==
          Rows{"true | null | false"});
    CHECK(rows_of(g,
                  "WITH {a: 1, b: {c: 2}} AS m RETURN m.b.c AS x, m['a'] AS y, "
                  "m {.a, d: 4} AS z") == Rows{"2 | 1 | {a: 1, d: 4}"});
  });
}

TEST_CASE("scans, expands and filters") {
  with_batch_sizes([](Graph& g) {
    make_people(g);
    CHECK(rows_of(g, "MATCH (n) RETURN count(*) AS c") == Rows{"4"});
    CHECK(rows_of(g, "MATCH (n:Person) WHERE n.age > 25 RETURN n.name AS name ORDER BY name") ==
          Rows{"Ann", "Bob"});
    CHECK(rows_of(g, "MATCH (n:Nobody) RETURN n") == Rows{});
    CHECK(rows_of(g,
                  "MATCH (a:Person)-[r:KNOWS]->(b) RETURN a.name, r.since, b.name "
                  "ORDER BY r.since") ==
          Rows{"Ann | 2001 | Bob", "Bob | 2002 | Cyd", "Cyd | 2003 | Ann"});
    CHECK(rows_of(g, "MATCH (a {name: 'Ann'})--(b) RETURN b.name ORDER BY b.name") ==
          Rows{"Bob", "Cyd", "Delft"});
    CHECK(rows_of(g,
                  "MATCH (a:Person)-[:LIVES_IN]->(c)<-[:LIVES_IN]-(b) RETURN a.name, b.name "
                  "ORDER BY a.name") == Rows{"Ann | Bob", "Bob | Ann"});
    CHECK(rows_of(g,
                  "MATCH (a)-[:KNOWS]->(b)-[:KNOWS]->(c)-[:KNOWS]->(a) RETURN a.name "
                  "ORDER BY a.name") == Rows{"Ann", "Bob", "Cyd"});
    CHECK(rows_of(g, "MATCH ()-[r]->() RETURN type(r) AS t, count(*) AS c ORDER BY t") ==
          Rows{"KNOWS | 3", "LIVES_IN | 2"});
    CHECK(rows_of(g, "MATCH (a), (b) RETURN count(*) AS c") == Rows{"16"});
    CHECK(rows_of(g, "MATCH (n:Admin) RETURN n") == Rows{"(:Person:Admin {name: 'Cyd', age: 20})"});
  });
}

TEST_CASE("variable length, shortest paths and named paths") {
  with_batch_sizes([](Graph& g) {
    make_people(g);
    CHECK(rows_of(g,
                  "MATCH (a {name: 'Ann'})-[r:KNOWS*1..3]->(b) RETURN size(r) AS n, b.name "
                  "ORDER BY n") == Rows{"1 | Bob", "2 | Cyd", "3 | Ann"});
    CHECK(rows_of(g, "MATCH (a {name: 'Ann'})-[:KNOWS*]->(b) RETURN count(*) AS c") == Rows{"3"});
    CHECK(rows_of(g, "MATCH (a {name: 'Ann'})-[:KNOWS*0..1]->(b) RETURN b.name ORDER BY b.name") ==
          Rows{"Ann", "Bob"});
    CHECK(rows_of(g,
                  "MATCH p = (a {name: 'Ann'})-[:KNOWS*2]->(b) RETURN "
                  "[n IN nodes(p) | n.name] AS names, length(p) AS l") ==
          Rows{"['Ann', 'Bob', 'Cyd'] | 2"});
    CHECK(rows_of(g,
                  "MATCH (a {name: 'Ann'}), (b {name: 'Cyd'}), "
                  "p = shortestPath((a)-[*]-(b)) RETURN length(p) AS l") == Rows{"1"});
    CHECK(rows_of(g,
                  "MATCH (a {name: 'Ann'}), (b {name: 'Cyd'}), "
                  "p = allShortestPaths((a)-[:KNOWS*]->(b)) RETURN length(p) AS l") == Rows{"2"});
    CHECK(rows_of(g,
                  "MATCH (a)-[r1]-(b)-[r2]-(c) WHERE a.name = 'Delft' "
                  "RETURN count(*) AS c") == Rows{"4"});
  });
}

TEST_CASE("optional matches keep their place") {
  with_batch_sizes([](Graph& g) {
    make_people(g);
    CHECK(rows_of(g,
                  "MATCH (n) WITH n ORDER BY n.name OPTIONAL MATCH (n)-[:LIVES_IN]->(c) "
                  "RETURN n.name, c.name") ==
          Rows{"Ann | Delft", "Bob | Delft", "Cyd | null", "Delft | null"});
    CHECK(rows_of(g, "OPTIONAL MATCH (n:Nobody) RETURN n") == Rows{"null"});
    CHECK(rows_of(g, "MATCH (n:Person) WHERE exists((n)-[:LIVES_IN]->()) RETURN count(*) AS c") ==
          Rows{"2"});
    CHECK(rows_of(g, "MATCH (n:Person) WHERE NOT (n)-[:LIVES_IN]->() RETURN n.name") ==
          Rows{"Cyd"});
    CHECK(rows_of(g,
                  "MATCH (n:Person) RETURN n.name AS name, [(n)-[:KNOWS]->(m) | m.name] AS l "
                  "ORDER BY name") == Rows{"Ann | ['Bob']", "Bob | ['Cyd']", "Cyd | ['Ann']"});
    CHECK(rows_of(g,
                  "MATCH (n:Person) RETURN n.name AS name, COUNT { (n)--() } AS c "
                  "ORDER BY name") == Rows{"Ann | 3", "Bob | 3", "Cyd | 2"});
  });
}

TEST_CASE("aggregation, distinct, order, skip and limit") {
  with_batch_sizes([](Graph& g) {
    CHECK(rows_of(g,
                  "UNWIND range(1, 10) AS i RETURN i % 3 AS k, count(*) AS c, sum(i) AS s, "
                  "collect(i) AS l ORDER BY k") ==
          Rows{"0 | 3 | 18 | [3, 6, 9]", "1 | 4 | 22 | [1, 4, 7, 10]", "2 | 3 | 15 | [2, 5, 8]"});
    CHECK(rows_of(g, "UNWIND [] AS i RETURN count(i) AS c, sum(i) AS s, max(i) AS m") ==
          Rows{"0 | 0 | null"});
    CHECK(rows_of(g, "UNWIND [1, 2, 1, null, 1.0, null] AS i RETURN DISTINCT i") ==
          Rows{"1", "2", "null"});
    CHECK(rows_of(g, "UNWIND [1, 2, 2] AS i RETURN count(DISTINCT i) AS c") == Rows{"2"});
    CHECK(rows_of(g, "UNWIND range(1, 9) AS i RETURN i ORDER BY i DESC SKIP 2 LIMIT 3") ==
          Rows{"7", "6", "5"});
    CHECK(rows_of(g, "UNWIND range(1, 20000) AS i RETURN i ORDER BY i DESC LIMIT 2") ==
          Rows{"20000", "19999"});
    CHECK(rows_of(g, "UNWIND range(1, 3) AS i RETURN i LIMIT 0") == Rows{});
    CHECK(rows_of(g, "RETURN 1 AS x UNION RETURN 2 AS x UNION RETURN 1 AS x") == Rows{"1", "2"});
    CHECK(rows_of(g, "RETURN 1 AS x UNION ALL RETURN 1 AS x") == Rows{"1", "1"});
  });
}

TEST_CASE("subqueries keep state per row") {
  with_batch_sizes([](Graph& g) {
    CHECK(rows_of(g,
                  "UNWIND [3, 1, 2] AS n CALL { WITH n UNWIND range(1, n) AS i RETURN "
                  "sum(i) AS s } RETURN n, s") == Rows{"3 | 6", "1 | 1", "2 | 3"});
    CHECK(rows_of(g,
                  "UNWIND [3, 1] AS n CALL { WITH n UNWIND range(1, n) AS i RETURN i "
                  "ORDER BY i DESC LIMIT 2 } RETURN n, i") == Rows{"3 | 3", "3 | 2", "1 | 1"});
    CHECK(rows_of(g,
                  "UNWIND [1, 2] AS n CALL { WITH n UNWIND [1, 1, n] AS i RETURN DISTINCT i } "
                  "RETURN n, i") == Rows{"1 | 1", "2 | 1", "2 | 2"});
    CHECK(sorted(rows_of(g,
                         "UNWIND [1, 2] AS n CALL { WITH n RETURN n AS x UNION WITH n RETURN "
                         "n * 10 AS x } RETURN n, x")) ==
          Rows{"1 | 1", "1 | 10", "2 | 2", "2 | 20"});
  });
}

TEST_CASE("errors carry code and position") {
  Graph g;
  Answer a = g.run("UNWIND [1, 0] AS i RETURN 1 / i AS x");
  CHECK(a.error == ErrorCode::DivisionByZero);
  CHECK(a.position.line == 1);
  CHECK(a.position.column > 20);
  CHECK(g.run("RETURN $missing AS x").error == ErrorCode::ParameterMissing);
  CHECK(g.run("UNWIND [1, true] AS i RETURN i AND true AS x").error == ErrorCode::TypeError);
  CHECK(g.run("MATCH (n) RETURN n LIMIT -1").error.has_value());
}

TEST_CASE("index seeks") {
  with_batch_sizes([](Graph& g) {
    rows_of(g, "CREATE INDEX FOR (n:Item) ON (n.id)");
    rows_of(g, "UNWIND range(1, 20) AS i CREATE (:Item {id: i % 7})");
    CHECK(rows_of(g, "MATCH (n:Item {id: 3}) RETURN count(*) AS c") == Rows{"3"});
    CHECK(
        rows_of(g, "UNWIND [6, 99, null, 1] AS k MATCH (n:Item {id: k}) RETURN k, count(*) AS c") ==
        Rows{"6 | 3", "1 | 3"});
    CHECK(rows_of(g, "MATCH (n:Item) WHERE n.id IN [1, 2, 2, 1] RETURN count(*) AS c") ==
          Rows{"6"});
    CHECK(rows_of(g, "MATCH (n) WHERE id(n) IN [0, 1, 1, 1000000] RETURN count(*) AS c") ==
          Rows{"2"});
  });
}

TEST_CASE("procedures and SHOW commands") {
  with_batch_sizes([](Graph& g) {
    make_people(g);
    CHECK(sorted(rows_of(g, "CALL db.labels() YIELD label RETURN label")) ==
          Rows{"Admin", "City", "Person"});
    CHECK(rows_of(g, "CALL dbms.components() YIELD name, versions, edition") ==
          Rows{"Neo4j Kernel | ['5.26.0'] | enterprise"});
    CHECK(rows_of(g, "CALL db.ping()") == Rows{"true"});
    CHECK(rows_of(g, "SHOW FUNCTIONS YIELD name WHERE name = 'toUpper' RETURN name") ==
          Rows{"toUpper"});
    CHECK(rows_of(g,
                  "SHOW PROCEDURES YIELD name, signature WHERE name = 'db.labels' RETURN "
                  "signature") == Rows{"db.labels() :: (label :: STRING)"});
    rows_of(g, "CREATE CONSTRAINT person_name FOR (p:Person) REQUIRE p.name IS UNIQUE");
    CHECK(rows_of(g, "SHOW CONSTRAINTS YIELD name, type, labelsOrTypes, properties") ==
          Rows{"person_name | UNIQUENESS | ['Person'] | ['name']"});
    CHECK(rows_of(g, "SHOW RANGE INDEXES YIELD name, owningConstraint, state") ==
          Rows{"person_name | person_name | ONLINE"});
    const Answer schema = g.run("CALL db.schema.visualization()");
    CHECK_FALSE(schema.error);
    CHECK(schema.rows.size() == 1);
  });
  Graph g;
  CHECK(g.run("CALL no.such()").error == ErrorCode::ProcedureNotFound);
}

TEST_CASE("EXPLAIN describes and does not run") {
  Graph g;
  const Answer a = g.run("EXPLAIN CREATE (n:A) RETURN n");
  CHECK_FALSE(a.error);
  CHECK(a.rows.empty());
  REQUIRE(a.summary.plan);
  CHECK(a.summary.plan->operator_type == "ProduceResults");
  CHECK(rows_of(g, "MATCH (n) RETURN count(*) AS c") == Rows{"0"});
}

}  // namespace trellis::cypher::test
