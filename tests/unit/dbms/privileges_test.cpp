// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>

#include "unit/dbms/fixture.h"

using namespace trellis;
using namespace trellis::dbms;
using namespace trellis::dbms::test;
using Texts = std::vector<std::string>;

namespace {
Texts commands_of(Client& client, const std::string& role) {
  Texts result = client.run("SHOW ROLE " + role + " PRIVILEGES AS COMMANDS").column("command");
  std::sort(result.begin(), result.end());
  return result;
}
}  // namespace

TEST_CASE("a privilege command becomes one row for each combination") {
  Fixture fixture;
  Client admin = fixture.admin();
  CHECK(admin.run("CREATE ROLE r").ok());
  CHECK(admin.run("GRANT READ {a, b} ON GRAPH neo4j NODES X, Y TO r").system_updates == 4);
  CHECK(admin.run("GRANT MATCH {*} ON GRAPH * TO r").system_updates == 2);
  CHECK(admin.run("DENY TRAVERSE ON HOME GRAPH RELATIONSHIPS T TO r").ok());
  CHECK(commands_of(admin, "r") == Texts{"DENY TRAVERSE ON HOME GRAPH RELATIONSHIP `T` TO `r`",
                                         "GRANT MATCH {*} ON GRAPH * NODE * TO `r`",
                                         "GRANT MATCH {*} ON GRAPH * RELATIONSHIP * TO `r`",
                                         "GRANT READ {`a`} ON GRAPH `neo4j` NODE `X` TO `r`",
                                         "GRANT READ {`a`} ON GRAPH `neo4j` NODE `Y` TO `r`",
                                         "GRANT READ {`b`} ON GRAPH `neo4j` NODE `X` TO `r`",
                                         "GRANT READ {`b`} ON GRAPH `neo4j` NODE `Y` TO `r`"});
  const Answer rows = admin.run("SHOW ROLE r PRIVILEGES");
  const auto traverse = rows.row("action", "traverse");
  CHECK(traverse.at("access") == "DENIED");
  CHECK(traverse.at("graph") == "DEFAULT");
  CHECK(traverse.at("segment") == "RELATIONSHIP(T)");
  CHECK(traverse.at("resource") == "graph");
}

TEST_CASE("granting twice changes nothing; revoking takes grants and denials") {
  Fixture fixture;
  Client admin = fixture.admin();
  CHECK(admin.run("CREATE ROLE r").ok());
  CHECK(admin.run("GRANT ACCESS ON DATABASE neo4j TO r").system_updates == 1);
  CHECK(admin.run("GRANT ACCESS ON DATABASE neo4j TO r").system_updates == 0);
  CHECK(admin.run("DENY ACCESS ON DATABASE neo4j TO r").system_updates == 1);
  CHECK(admin.run("REVOKE GRANT ACCESS ON DATABASE neo4j FROM r").system_updates == 1);
  CHECK(commands_of(admin, "r") == Texts{"DENY ACCESS ON DATABASE `neo4j` TO `r`"});
  CHECK(admin.run("GRANT ACCESS ON DATABASE neo4j TO r").ok());
  CHECK(admin.run("REVOKE ACCESS ON DATABASE neo4j FROM r").system_updates == 2);
  CHECK(commands_of(admin, "r").empty());
  CHECK(admin.run("REVOKE ACCESS ON DATABASE neo4j FROM r").system_updates == 0);
}

TEST_CASE("errors of privilege commands") {
  Fixture fixture;
  Client admin = fixture.admin();
  CHECK(admin.run("GRANT ACCESS ON DATABASE neo4j TO nope").error == ErrorCode::RoleNotFound);
  CHECK(admin.run("GRANT ACCESS ON DATABASE nope TO reader").error == ErrorCode::DatabaseNotFound);
}

TEST_CASE("every kind of privilege is stored and shown as the command that made it") {
  Fixture fixture;
  Client admin = fixture.admin();
  CHECK(admin.run("CREATE ROLE r").ok());
  const Texts commands = {
      "GRANT WRITE ON GRAPH * TO `r`",
      "GRANT ALL GRAPH PRIVILEGES ON GRAPH `neo4j` TO `r`",
      "GRANT CREATE ON GRAPH * NODE `A` TO `r`",
      "GRANT DELETE ON GRAPH * RELATIONSHIP `T` TO `r`",
      "GRANT SET LABEL `A` ON GRAPH * TO `r`",
      "GRANT REMOVE LABEL * ON GRAPH * TO `r`",
      "GRANT SET PROPERTY {`p`} ON GRAPH * NODE * TO `r`",
      "GRANT MERGE {*} ON GRAPH * NODE `A` TO `r`",
      "GRANT ACCESS ON HOME DATABASE TO `r`",
      "GRANT START ON DATABASE * TO `r`",
      "GRANT STOP ON DATABASE * TO `r`",
      "GRANT INDEX MANAGEMENT ON DATABASE * TO `r`",
      "GRANT CREATE INDEX ON DATABASE * TO `r`",
      "GRANT CONSTRAINT MANAGEMENT ON DATABASE * TO `r`",
      "GRANT NAME MANAGEMENT ON DATABASE * TO `r`",
      "GRANT CREATE NEW NODE LABEL ON DATABASE * TO `r`",
      "GRANT TRANSACTION MANAGEMENT (*) ON DATABASE * TO `r`",
      "GRANT TERMINATE TRANSACTION (`neo4j`) ON DATABASE * TO `r`",
      "GRANT ALL DATABASE PRIVILEGES ON DATABASE * TO `r`",
      "GRANT ALL DBMS PRIVILEGES ON DBMS TO `r`",
      "GRANT ROLE MANAGEMENT ON DBMS TO `r`",
      "GRANT SET USER HOME DATABASE ON DBMS TO `r`",
      "GRANT DATABASE MANAGEMENT ON DBMS TO `r`",
      "GRANT ALIAS MANAGEMENT ON DBMS TO `r`",
      "GRANT PRIVILEGE MANAGEMENT ON DBMS TO `r`",
      "GRANT IMPERSONATE (*) ON DBMS TO `r`",
      "GRANT EXECUTE ADMIN PROCEDURES ON DBMS TO `r`",
      "GRANT EXECUTE PROCEDURE db.* ON DBMS TO `r`",
      "GRANT EXECUTE FUNCTION * ON DBMS TO `r`",
      "GRANT SHOW SETTING server.* ON DBMS TO `r`",
      "GRANT LOAD ON ALL DATA TO `r`",
      "GRANT LOAD ON CIDR \"10.0.0.0/8\" TO `r`",
  };
  for (const std::string& command : commands) {
    CAPTURE(command);
    const Answer answer = admin.run(command);
    CAPTURE(answer.message);
    CHECK(answer.ok());
    CHECK(answer.system_updates == 1);
  }
  Texts expected = commands;
  std::sort(expected.begin(), expected.end());
  CHECK(commands_of(admin, "r") == expected);
  for (const std::string& command :
       admin.run("SHOW ROLE r PRIVILEGES AS REVOKE COMMANDS").column("command")) {
    CAPTURE(command);
    CHECK(admin.run(command).system_updates == 1);
  }
  CHECK(commands_of(admin, "r").empty());
}

TEST_CASE("privileges on a database go with it") {
  Fixture fixture;
  Client admin = fixture.admin();
  CHECK(admin.run("CREATE DATABASE db1").ok());
  CHECK(admin.run("CREATE ROLE r").ok());
  CHECK(admin.run("GRANT ACCESS ON DATABASE db1 TO r").ok());
  CHECK(admin.run("DROP DATABASE db1").ok());
  CHECK(commands_of(admin, "r").empty());
}

TEST_CASE("a change of privileges is in force at the next statement of an open session") {
  Fixture fixture;
  Client admin = fixture.admin();
  Client ann = fixture.user("ann");
  CHECK(ann.run("CREATE ROLE x").error == ErrorCode::Forbidden);
  CHECK(admin.run("GRANT ROLE MANAGEMENT ON DBMS TO ann").ok());
  CHECK(ann.run("CREATE ROLE x").ok());
  CHECK(admin.run("DENY CREATE ROLE ON DBMS TO ann").ok());
  CHECK(ann.run("CREATE ROLE y").error == ErrorCode::Forbidden);
  CHECK(ann.run("DROP ROLE x").ok());
}

TEST_CASE("SHOW SETTINGS is filtered by privilege") {
  Fixture fixture;
  Client ann = fixture.user("ann");
  CHECK(ann.run("SHOW SETTINGS").rows.empty());
  CHECK(fixture.admin().run("GRANT SHOW SETTING dbms.max_data* ON DBMS TO ann").ok());
  CHECK(ann.run("SHOW SETTINGS").column("name") == Texts{"dbms.max_databases"});
  CHECK(fixture.admin().run("SHOW SETTINGS 'dbms.security.keystore.password'").column("value") !=
        Texts{"keystore-password"});
}
