// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "unit/dbms/fixture.h"

using namespace trellis;
using namespace trellis::dbms;
using namespace trellis::dbms::test;
using Texts = std::vector<std::string>;

TEST_CASE("SHOW takes YIELD, WHERE and RETURN") {
  Fixture fixture;
  Client admin = fixture.admin();
  CHECK(admin.run("SHOW DATABASES WHERE name = 'system'").column("type") == Texts{"system"});
  const Answer yielded = admin.run(
      "SHOW DATABASES YIELD name AS n, databaseID ORDER BY n DESC WHERE databaseID IS NOT NULL "
      "RETURN n, size(databaseID) AS s");
  CAPTURE(yielded.message);
  CHECK(yielded.columns == Texts{"n", "s"});
  CHECK(yielded.column("n") == Texts{"system", "neo4j"});
  CHECK(yielded.column("s") == Texts{"36", "36"});
  CHECK(admin.run("SHOW USERS YIELD *").columns.size() == 5);
  CHECK(admin.run("SHOW ROLES YIELD role, immutable WHERE role STARTS WITH 'a'").rows.size() == 2);
  CHECK(admin.run("SHOW PRIVILEGES YIELD role RETURN count(*) AS c").column("c") == Texts{"45"});
  CHECK(admin.run("SHOW TRANSACTIONS YIELD *").columns.size() == 39);
  CHECK(admin.run("SHOW SETTINGS YIELD name WHERE name = 'dbms.max_databases'").rows.size() == 1);
  CHECK(admin.run("SHOW SERVERS").column("state") == Texts{"Enabled"});
  CHECK(admin.run("SHOW SUPPORTED PRIVILEGES YIELD action WHERE action = 'access'").rows.size() ==
        1);
  CHECK(admin.run("SHOW HOME DATABASE YIELD name, constituents").column("name") == Texts{"neo4j"});
}

TEST_CASE("what clients run by themselves works on system") {
  Fixture fixture;
  Client admin = fixture.admin();
  for (const char* text :
       {"CALL db.ping()", "CALL dbms.licenseAgreementDetails()",
        "CALL dbms.components() YIELD name, versions, edition", "CALL dbms.clientConfig()",
        "CALL dbms.showCurrentUser()", "SHOW DATABASES", "SHOW PROCEDURES YIELD name"}) {
    CAPTURE(text);
    const Answer answer = admin.on("SYSTEM", text);
    CAPTURE(answer.message);
    CHECK(answer.ok());
  }
  const Answer me = admin.on("system", "CALL dbms.showCurrentUser()");
  CHECK(me.column("username") == Texts{"neo4j"});
  CHECK(me.column("roles") == Texts{"['PUBLIC', 'admin']"});
  CHECK(admin.on("system", "CALL no.such()").error == ErrorCode::ProcedureNotFound);
}

TEST_CASE("the default database can be changed") {
  Fixture fixture;
  Client admin = fixture.admin();
  CHECK(admin.run("CREATE DATABASE db1 WAIT").ok());
  CHECK(admin.on("neo4j", "CALL dbms.setDefaultDatabase('db1')").error ==
        ErrorCode::NotSystemDatabase);
  CHECK(admin.on("system", "CALL dbms.setDefaultDatabase('nope')").error ==
        ErrorCode::DatabaseNotFound);
  const Answer changed = admin.on("system", "CALL dbms.setDefaultDatabase('db1')");
  CAPTURE(changed.message);
  CHECK(changed.ok());
  CHECK(admin.run("SHOW DEFAULT DATABASE").column("name") == Texts{"db1"});
  CHECK(admin.run("RETURN 1 AS one").database == "db1");
  CHECK(admin.run("DROP DATABASE neo4j").ok());
  fixture.restart();
  CHECK(fixture.admin().run("RETURN 1 AS one").database == "db1");
}

TEST_CASE("administrators' procedures are refused to others") {
  Fixture fixture;
  Client ann = fixture.user("ann");
  CHECK(ann.on("system", "CALL dbms.security.clearAuthCache()").error == ErrorCode::Forbidden);
  CHECK(ann.on("system", "CALL dbms.listConfig()").error == ErrorCode::Forbidden);
  CHECK(ann.run("CALL db.ping()").ok());
  CHECK(fixture.admin().on("system", "CALL dbms.security.clearAuthCache()").ok());
  CHECK(fixture.admin().on("system", "CALL dbms.listConfig('dbms.max_databases')").rows.size() == 1);
}

TEST_CASE("read rights hide labels and properties; write rights are refused before any effect") {
  Fixture fixture;
  Client admin = fixture.admin();
  Client ann = fixture.user("ann");
  REQUIRE(admin.run("CREATE (:Person {name: 'Eve', ssn: 7}), (:Secret:Person {name: 'X'})").ok());
  CHECK(admin.run("GRANT MATCH {*} ON GRAPH neo4j NODES * TO ann").ok());
  CHECK(admin.run("DENY TRAVERSE ON GRAPH neo4j NODES Secret TO ann").ok());
  CHECK(admin.run("DENY READ {ssn} ON GRAPH neo4j NODES Person TO ann").ok());
  const Answer seen = ann.run("MATCH (n:Person) RETURN n.name AS name, n.ssn AS ssn");
  CAPTURE(seen.message);
  CHECK(seen.column("name") == Texts{"Eve"});
  CHECK(seen.column("ssn") == Texts{"null"});
  CHECK(ann.run("MATCH (n) RETURN count(n) AS c").column("c") == Texts{"1"});
  CHECK(ann.run("MATCH (n:Secret) RETURN n").rows.empty());
  CHECK(ann.run("CREATE (:Person)").error == ErrorCode::Forbidden);
  CHECK(ann.run("MATCH (n:Person) SET n.name = 'y'").error == ErrorCode::Forbidden);
  CHECK(ann.run("MATCH (n:Person) DELETE n").error == ErrorCode::Forbidden);
  CHECK(ann.run("CREATE INDEX FOR (n:Person) ON (n.name)").error == ErrorCode::Forbidden);
  CHECK(admin.run("MATCH (n:Person) RETURN count(n) AS c").column("c") == Texts{"2"});
  CHECK(admin.run("GRANT WRITE ON GRAPH neo4j TO ann").ok());
  CHECK(ann.run("CREATE (:Person)").ok());
  CHECK(ann.run("CREATE (:Brand:New)").error == ErrorCode::Forbidden);  // needs NAME MANAGEMENT
  CHECK(admin.run("GRANT NAME MANAGEMENT ON DATABASE neo4j TO ann").ok());
  CHECK(ann.run("CREATE (:Brand:New)").ok());
}

TEST_CASE("a privilege change plans the statement anew, other literals do not parse again") {
  Fixture fixture;
  Client admin = fixture.admin();
  REQUIRE(admin.run("CREATE (:Person {name: 'Eve'})").ok());
  Client ann = fixture.user("ann");
  const char* text = "MATCH (n:Person {name: 'Eve'}) RETURN n.name AS name";
  CHECK(ann.run(text).rows.empty());
  CHECK(admin.run("GRANT MATCH {*} ON GRAPH neo4j TO ann").ok());
  CHECK(ann.run(text).rows.size() == 1);
  CHECK(admin.run("REVOKE MATCH {*} ON GRAPH neo4j FROM ann").ok());
  CHECK(ann.run(text).rows.empty());
}

TEST_CASE("EXPLAIN of an administration command does nothing") {
  Fixture fixture;
  Client admin = fixture.admin();
  CHECK(admin.run("EXPLAIN CREATE ROLE r").ok());
  CHECK(admin.run("SHOW ROLES").rows.size() == 6);
}
