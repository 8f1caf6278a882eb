// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "cypher/syntax/ast.h"
#include "cypher/syntax/parser.h"

using namespace trellis;
using namespace trellis::cypher;

namespace {

ast::StatementPtr parsed(std::string_view text) {
  auto result = parse(text);
  if (!result) FAIL(std::string(text) << ": " << result.error().message());
  return *result;
}

template <class T>
std::shared_ptr<const T> command(std::string_view text) {
  auto statement = parsed(text);
  REQUIRE(statement->kind == T::kKind);
  return std::static_pointer_cast<const T>(statement);
}

}  // namespace

TEST_CASE("every form of every command parses") {
  for (const char* text : {
           "CREATE USER jake SET PASSWORD 'abcd1234'",
           "CREATE OR REPLACE USER jake SET PLAINTEXT PASSWORD $p CHANGE NOT REQUIRED SET STATUS "
           "SUSPENDED SET HOME DATABASE movies",
           "CREATE USER $u IF NOT EXISTS SET ENCRYPTED PASSWORD '1,ab,cd' SET PASSWORD CHANGE "
           "REQUIRED",
           "CREATE USER jack SET AUTH 'native' { SET PASSWORD 'abcd1234' SET PASSWORD CHANGE NOT "
           "REQUIRED } SET AUTH PROVIDER 'oidc-x' { SET ID 'j' }",
           "ALTER USER a IF EXISTS REMOVE HOME DATABASE REMOVE AUTH 'native', 'x' SET STATUS "
           "ACTIVE",
           "ALTER USER a REMOVE ALL AUTH PROVIDERS SET AUTH 'x' { SET ID $id }",
           "ALTER USER a SET PASSWORD CHANGE NOT REQUIRED",
           "ALTER CURRENT USER SET PASSWORD FROM 'x' TO $y",
           "RENAME USER a IF EXISTS TO b",
           "DROP USER a IF EXISTS",
           "SHOW USERS",
           "SHOW USER WITH AUTH YIELD user, provider WHERE user = 'x' RETURN user",
           "SHOW CURRENT USER YIELD *",
           "CREATE ROLE r IF NOT EXISTS AS COPY OF s",
           "CREATE OR REPLACE IMMUTABLE ROLE r",
           "RENAME ROLE a TO b",
           "DROP ROLE r IF EXISTS",
           "GRANT ROLE a, b TO c, d",
           "GRANT ROLES a TO USERS b",
           "REVOKE ROLE a FROM b",
           "SHOW ALL ROLES WITH USERS YIELD role, member",
           "SHOW POPULATED ROLES",
           "SHOW PRIVILEGES AS COMMANDS",
           "SHOW ALL PRIVILEGES AS REVOKE COMMANDS",
           "SHOW ROLE a, $b PRIVILEGES WHERE access = 'GRANTED'",
           "SHOW USER PRIVILEGES",
           "SHOW USERS a, b PRIVILEGES AS COMMANDS YIELD command ORDER BY command SKIP 1 LIMIT 2",
           "SHOW SUPPORTED PRIVILEGES",
           "CREATE DATABASE movies",
           "CREATE OR REPLACE DATABASE `a.b` TOPOLOGY 1 PRIMARY 2 SECONDARIES OPTIONS {seedURI: "
           "'x'} WAIT 10 SECONDS",
           "CREATE DATABASE $db IF NOT EXISTS SET DEFAULT LANGUAGE CYPHER 5 OPTIONS $o NOWAIT",
           "CREATE COMPOSITE DATABASE c IF NOT EXISTS OPTIONS {} WAIT",
           "ALTER DATABASE d IF EXISTS SET ACCESS READ ONLY SET TOPOLOGY 3 PRIMARIES WAIT 5 SEC",
           "ALTER DATABASE d SET OPTION txLogEnrichment 'FULL'",
           "ALTER DATABASE d REMOVE OPTION txLogEnrichment",
           "DROP DATABASE d IF EXISTS DUMP DATA WAIT",
           "DROP COMPOSITE DATABASE d RESTRICT DESTROY DATA",
           "DROP DATABASE d CASCADE ALIASES",
           "START DATABASE d WAIT 3",
           "STOP DATABASE d NOWAIT",
           "SHOW DATABASES",
           "SHOW DATABASE `a.b` YIELD name, options",
           "SHOW DEFAULT DATABASE",
           "SHOW HOME DATABASE YIELD name",
           "CREATE ALIAS a IF NOT EXISTS FOR DATABASE b PROPERTIES {k: 1}",
           "CREATE ALIAS c.a FOR DATABASE b AT 'neo4j+s://h:7687' USER u PASSWORD 'p' DRIVER "
           "{ssl_enforced: true, connection_timeout: duration('PT5S')} PROPERTIES $m",
           "CREATE OR REPLACE ALIAS $a FOR DATABASE $b AT $url USER $u PASSWORD $p",
           "ALTER ALIAS a IF EXISTS SET DATABASE TARGET t AT 'x' USER u PASSWORD 'p' DRIVER {}",
           "ALTER ALIAS a SET DATABASE PROPERTIES {}",
           "DROP ALIAS a IF EXISTS FOR DATABASE",
           "SHOW ALIASES FOR DATABASE",
           "SHOW ALIAS c.a FOR DATABASES YIELD name, url",
           "ENABLE SERVER 'x' OPTIONS {modeConstraint: 'PRIMARY'}",
           "ALTER SERVER $s SET OPTIONS $o",
           "RENAME SERVER 'a' TO 'b'",
           "DROP SERVER 'a'",
           "DRYRUN DEALLOCATE DATABASES FROM SERVERS 'a', 'b'",
           "REALLOCATE DATABASES",
           "SHOW SERVERS YIELD *",
           "SHOW CERTIFICATES",
           "SHOW CERTIFICATE YIELD scope, daysLeft AS d WHERE d < 30 RETURN scope",
           "SHOW SETTINGS 'a', 'b' YIELD name",
           "SHOW SETTING WHERE name STARTS WITH 'x'",
           "SHOW TRANSACTIONS",
           "SHOW TRANSACTIONS 'a-transaction-1', $b YIELD *",
           "SHOW TRANSACTIONS YIELD transactionId AS t WHERE t <> 'x' TERMINATE TRANSACTIONS t "
           "YIELD message RETURN message",
           "TERMINATE TRANSACTION 'neo4j-transaction-1'",
           "SHOW BUILT IN FUNCTIONS EXECUTABLE BY CURRENT USER YIELD name",
           "SHOW PROCEDURES EXECUTABLE BY jake",
           "SHOW USER DEFINED FUNCTIONS EXECUTABLE",
           "CREATE INDEX FOR (n:L) ON (n.p)",
           "CREATE RANGE INDEX i IF NOT EXISTS FOR ()-[r:T]-() ON (r.p, r.q) OPTIONS {}",
           "CREATE TEXT INDEX i FOR (n:L) ON n.p",
           "CREATE POINT INDEX FOR (n:L) ON (n.p) OPTIONS $o",
           "CREATE LOOKUP INDEX FOR (n) ON EACH labels(n)",
           "CREATE LOOKUP INDEX i FOR ()-[r]-() ON EACH type(r)",
           "CREATE FULLTEXT INDEX i FOR (n:A|B) ON EACH [n.p, n.q] OPTIONS {indexConfig: "
           "{`fulltext.analyzer`: 'english'}}",
           "CREATE VECTOR INDEX i FOR (n:A) ON (n.e) OPTIONS {indexConfig: {`vector.dimensions`: "
           "3}}",
           "DROP INDEX i IF EXISTS",
           "CREATE CONSTRAINT FOR (n:L) REQUIRE n.p IS UNIQUE",
           "CREATE CONSTRAINT c IF NOT EXISTS FOR (n:L) REQUIRE (n.p, n.q) IS NODE KEY",
           "CREATE CONSTRAINT c FOR ()-[r:T]-() REQUIRE r.p IS REL UNIQUE",
           "CREATE CONSTRAINT c FOR (n:L) REQUIRE n.p IS NOT NULL",
           "CREATE CONSTRAINT c FOR (n:L) REQUIRE n.p IS :: LIST<STRING NOT NULL> | INTEGER",
           "CREATE CONSTRAINT c FOR (n:L) REQUIRE n.p IS TYPED ZONED DATETIME",
           "DROP CONSTRAINT c",
           "SHOW INDEXES YIELD name, type WHERE type = 'RANGE'",
           "SHOW VECTOR INDEXES",
           "SHOW NODE PROPERTY EXISTENCE CONSTRAINTS",
           "SHOW ALL CONSTRAINTS",
           "SHOW REL UNIQUENESS CONSTRAINTS",
           "USE system SHOW DATABASES",
       }) {
    INFO(std::string(text));
    const auto result = parse(text);
    if (!result) MESSAGE(result.error().message());
    CHECK(result.has_value());
    // Keywords have no case, and a trailing semicolon is allowed.
    CHECK(parse(std::string(text) + " ;").has_value());
  }
}

TEST_CASE("every privilege parses to its action") {
  struct Row {
    const char* text;
    ast::PrivilegeAction action;
  };
  using enum ast::PrivilegeAction;
  for (const Row& row : {
           Row{"TRAVERSE ON GRAPH *", kTraverse},
           Row{"TRAVERSE ON HOME GRAPH NODES A, B", kTraverse},
           Row{"READ {a, b} ON GRAPHS g, c.h RELATIONSHIPS *", kRead},
           Row{"MATCH {*} ON GRAPH * FOR (n:A|B) WHERE n.p > 3", kMatch},
           Row{"READ {*} ON GRAPH * FOR (n WHERE n.p IS NOT NULL)", kRead},
           Row{"READ {*} ON GRAPH * FOR ()-[r:T {p: 1}]->()", kRead},
           Row{"MERGE {*} ON GRAPH g", kMerge},
           Row{"CREATE ON GRAPH g NODES A", kCreateElement},
           Row{"DELETE ON GRAPH g ELEMENTS *", kDeleteElement},
           Row{"SET LABEL a, b ON GRAPH g", kSetLabel},
           Row{"REMOVE LABEL * ON GRAPH g", kRemoveLabel},
           Row{"SET PROPERTY {p} ON GRAPH g NODES A", kSetProperty},
           Row{"WRITE ON GRAPH g", kWrite},
           Row{"ALL GRAPH PRIVILEGES ON GRAPH g", kAllGraph},
           Row{"ALL ON GRAPH g", kAllGraph},
           Row{"ALL PRIVILEGES ON DATABASE d", kAllDatabase},
           Row{"ALL ON DBMS", kAllDbms},
           Row{"ACCESS ON DATABASE *", kAccess},
           Row{"ACCESS ON HOME DATABASE", kAccess},
           Row{"START ON DATABASE d", kStartDatabase},
           Row{"CREATE INDEX ON DATABASE d", kCreateIndex},
           Row{"INDEX ON DATABASE d", kIndexManagement},
           Row{"CONSTRAINTS MANAGEMENT ON DATABASE d", kConstraintManagement},
           Row{"CREATE NEW NODE LABELS ON DATABASE d", kCreateLabel},
           Row{"CREATE NEW TYPE ON DATABASE d", kCreateRelationshipType},
           Row{"CREATE NEW PROPERTY NAME ON DATABASE d", kCreatePropertyKey},
           Row{"NAME ON DATABASE d", kNameManagement},
           Row{"SHOW TRANSACTION (*) ON DATABASE d", kShowTransaction},
           Row{"TERMINATE TRANSACTIONS (u, $v) ON DATABASE d", kTerminateTransaction},
           Row{"TRANSACTION MANAGEMENT ON DATABASE d", kTransactionManagement},
           Row{"ROLE MANAGEMENT ON DBMS", kRoleManagement},
           Row{"SET USER HOME DATABASE ON DBMS", kSetUserHomeDatabase},
           Row{"CREATE COMPOSITE DATABASE ON DBMS", kCreateCompositeDatabase},
           Row{"ALTER DATABASE ON DBMS", kAlterDatabase},
           Row{"ALIAS MANAGEMENT ON DBMS", kAliasManagement},
           Row{"SHOW SETTINGS db.*, server.? ON DBMS", kShowSetting},
           Row{"EXECUTE PROCEDURE * ON DBMS", kExecuteProcedure},
           Row{"EXECUTE BOOSTED PROCEDURES apoc.*, `db.x`.?y ON DBMS", kExecuteBoostedProcedure},
           Row{"EXECUTE ADMIN PROCEDURES ON DBMS", kExecuteAdminProcedures},
           Row{"EXECUTE USER DEFINED FUNCTIONS math.* ON DBMS", kExecuteFunction},
           Row{"IMPERSONATE (u) ON DBMS", kImpersonate},
           Row{"LOAD ON ALL DATA", kLoad},
           Row{"LOAD ON CIDR '10.0.0.0/8'", kLoad},
       }) {
    INFO(std::string(row.text));
    const auto grant = command<ast::PrivilegeStatement>("GRANT " + std::string(row.text) + " TO r");
    CHECK(grant->privilege.action == row.action);
    const auto revoke =
        command<ast::PrivilegeStatement>("REVOKE DENY " + std::string(row.text) + " FROM r, $s");
    CHECK(revoke->verb == ast::PrivilegeVerb::kRevokeDeny);
    CHECK(revoke->roles.size() == 2);
  }
  const auto globs =
      command<ast::PrivilegeStatement>("GRANT EXECUTE PROCEDURE apoc.*, db.crea?e ON DBMS TO r");
  CHECK(globs->privilege.resources[0].text == "apoc.*");
  CHECK(globs->privilege.resources[1].text == "db.crea?e");
  const auto immutable = command<ast::PrivilegeStatement>(
      "GRANT IMMUTABLE MATCH {*} ON GRAPHS a.b RELATIONSHIPS T, U TO r");
  CHECK(immutable->immutable);
  CHECK(immutable->privilege.graphs[0].parts.size() == 2);
  CHECK(immutable->privilege.labels_or_types.size() == 2);
}

TEST_CASE("commands that make no sense are refused") {
  for (const char* text : {
           "CREATE OR REPLACE USER a IF NOT EXISTS SET PASSWORD 'abcd1234'",
           "CREATE USER a",
           "CREATE USER a SET PASSWORD 'x' SET PASSWORD 'y'",
           "CREATE USER a SET AUTH 'native' { SET ID 'x' }",
           "CREATE USER a SET AUTH 'x' { SET ID 'x' } SET AUTH 'x' { SET ID 'y' }",
           "ALTER USER a",
           "ALTER DATABASE d",
           "ALTER ALIAS a SET DATABASE",
           "ALTER ALIAS a SET DATABASE USER x USER y",
           "CREATE ALIAS a FOR DATABASE b AT 'x'",
           "DENY MERGE {*} ON GRAPH * TO r",
           "GRANT NONSENSE ON DBMS TO r",
           "GRANT ACCESS ON DATABASE d FROM r",
           "CREATE OR REPLACE INDEX FOR (n:L) ON (n.p)",
           "CREATE INDEX FOR (n:L) ON (m.p)",
           "CREATE TEXT INDEX FOR (n:L) ON (n.p, n.q)",
           "CREATE CONSTRAINT FOR (n:L) REQUIRE (n.p, n.q) IS NOT NULL",
           "CREATE CONSTRAINT FOR (n:L) REQUIRE n.p IS REL KEY",
           "TERMINATE TRANSACTIONS",
           "TERMINATE TRANSACTIONS 'x' WHERE message = 'y'",
           "SHOW DATABASES RETURN name",
           "SHOW INDEXES YIELD name SHOW CONSTRAINTS YIELD name",
           "SHOW NONSENSE",
       }) {
    INFO(std::string(text));
    const auto result = parse(text);
    CHECK_FALSE(result.has_value());
    if (!result) CHECK(result.error().position().line == 1);
  }
}

TEST_CASE("names, parameters and passwords arrive") {
  const auto user =
      command<ast::CreateUser>("CREATE USER $u SET PASSWORD 'secret12' SET STATUS active");
  CHECK(user->name.parameter);
  CHECK(user->parameters == std::vector<std::string>{"u"});
  CHECK(user->settings.auth[0].provider == "native");
  CHECK(user->settings.auth[0].password->literal == Secret("secret12"));
  CHECK(user->settings.suspended == false);

  const auto alias = command<ast::CreateAlias>(
      "CREATE ALIAS `x.y`.z FOR DATABASE b AT 'neo4j+s://h' USER bob PASSWORD $p");
  CHECK(alias->name.parts == std::vector<std::string>{"x.y", "z"});
  CHECK(alias->remote->url.text == "neo4j+s://h");
  CHECK(alias->remote->password->parameter == "p");

  const auto used = parsed("USE system SHOW DATABASE d");
  REQUIRE(used->use);
  CHECK(used->use->parts == std::vector<std::string>{"system"});
}
