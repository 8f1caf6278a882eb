// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "unit/dbms/fixture.h"

using namespace trellis;
using namespace trellis::dbms;
using namespace trellis::dbms::test;
using Texts = std::vector<std::string>;

namespace {
constexpr const char* kCount = "MATCH (n) RETURN count(n) AS count";
std::string count_on(Client& client, const std::string& database) {
  const Answer answer = client.on(database, kCount);
  return answer.ok() ? answer.rows.at(0).at(0) : answer.message;
}
}  // namespace

TEST_CASE("a database is made, used, stopped, started and dropped") {
  Fixture fixture;
  Client admin = fixture.admin();
  const Answer made = admin.run("CREATE DATABASE Db1 WAIT");
  REQUIRE(made.ok());
  CHECK(made.columns == Texts{"address", "state", "message", "success"});
  CHECK(made.rows.at(0).at(3) == "true");
  CHECK(admin.run("SHOW DATABASES").row("name", "db1")["currentStatus"] == "online");

  CHECK(admin.on("DB1", "CREATE ()").ok());
  CHECK(admin.on("db1", "CREATE ()").database == "db1");
  CHECK(count_on(admin, "db1") == "2");
  CHECK(count_on(admin, "neo4j") == "0");

  CHECK(admin.run("STOP DATABASE db1 WAIT").ok());
  CHECK(admin.on("db1", kCount).error == ErrorCode::DatabaseUnavailable);
  CHECK(admin.run("SHOW DATABASE db1").row("name", "db1")["currentStatus"] == "offline");
  CHECK(admin.run("START DATABASE db1").ok());
  CHECK(count_on(admin, "db1") == "2");  // waits until it is online
  fixture.restart();
  Client again = fixture.admin();
  CHECK(count_on(again, "db1") == "2");

  CHECK(again.run("DROP DATABASE db1 WAIT").ok());
  CHECK(again.on("db1", kCount).error == ErrorCode::DatabaseNotFound);
  CHECK(again.run("DROP DATABASE db1").error == ErrorCode::DatabaseNotFound);
  CHECK(again.run("DROP DATABASE db1 IF EXISTS").ok());
  CHECK(fixture.stores.directories().size() == 2);
}

TEST_CASE("a database made again under the same name is empty") {
  Fixture fixture;
  Client admin = fixture.admin();
  CHECK(admin.run("CREATE DATABASE db1").ok());
  CHECK(admin.on("db1", "CREATE ()").ok());
  CHECK(admin.run("CREATE OR REPLACE DATABASE db1").ok());
  CHECK(count_on(admin, "db1") == "0");
  CHECK(admin.run("CREATE OR REPLACE DATABASE neo4j WAIT").ok());
  CHECK(count_on(admin, "neo4j") == "0");
}

TEST_CASE("names and limits of databases") {
  Fixture fixture(FixtureOptions{{{"dbms.max_databases", "3"}}, false});
  Client admin = fixture.admin();
  for (const char* bad : {"ab", "`a b c`", "`-abc`", "`abc.`", "systemx", "`_abc`"}) {
    CAPTURE(bad);
    CHECK(admin.run(std::string("CREATE DATABASE ") + bad).error == ErrorCode::InvalidArguments);
  }
  CHECK(admin.run("CREATE DATABASE neo4j").error == ErrorCode::ExistingDatabaseFound);
  CHECK(admin.run("CREATE DATABASE neo4j IF NOT EXISTS").system_updates == 0);
  CHECK(admin.run("CREATE DATABASE `a-b.c9`").ok());
  CHECK(admin.run("CREATE DATABASE other").error == ErrorCode::DatabaseLimitReached);
  CHECK(admin.run("STOP DATABASE system").error == ErrorCode::UnsupportedAdministrationCommand);
  CHECK(admin.run("DROP DATABASE system").error == ErrorCode::UnsupportedAdministrationCommand);
  CHECK(admin.run("DROP DATABASE neo4j").error == ErrorCode::InvalidArguments);
}

TEST_CASE("a database that cannot be opened says why, and is tried again by START") {
  Fixture fixture;
  Client admin = fixture.admin();
  fixture.stores.fail_prefix = "db1";
  const Answer made = admin.run("CREATE DATABASE db1 WAIT");
  REQUIRE(made.ok());
  CHECK(made.rows.at(0).at(3) == "false");
  CHECK(admin.run("SHOW DATABASE db1").column("statusMessage") == Texts{"The disk is on fire."});
  CHECK(admin.on("db1", kCount).error == ErrorCode::DatabaseUnavailable);
  fixture.stores.fail_prefix.clear();
  CHECK(admin.run("START DATABASE db1 WAIT").rows.at(0).at(3) == "true");
  CHECK(count_on(admin, "db1") == "0");
}

TEST_CASE("read-only databases refuse writes") {
  Fixture fixture;
  Client admin = fixture.admin();
  CHECK(admin.run("ALTER DATABASE neo4j SET ACCESS READ ONLY").ok());
  CHECK(admin.run("SHOW DATABASE neo4j").column("access") == Texts{"read-only"});
  CHECK(admin.run("CREATE ()").error == ErrorCode::ReadOnlyDatabase);
  CHECK(count_on(admin, "neo4j") == "0");
  CHECK(admin.run("ALTER DATABASE neo4j SET ACCESS READ WRITE").ok());
  CHECK(admin.run("CREATE ()").ok());
}

TEST_CASE("the system database has no data for queries") {
  Fixture fixture;
  Client admin = fixture.admin();
  CHECK(admin.on("system", kCount).error == ErrorCode::UnsupportedOnSystem);
  CHECK(admin.on("SYSTEM", "SHOW DATABASES").ok());
  CHECK(admin.on("system", "CREATE ROLE r1").ok());
}

TEST_CASE("ACCESS is checked, and what cannot be accessed is not listed") {
  Fixture fixture;
  Client admin = fixture.admin();
  CHECK(admin.run("CREATE DATABASE db1 WAIT").ok());
  Client ann = fixture.user("ann");
  CHECK(ann.on("db1", kCount).error == ErrorCode::Forbidden);
  CHECK(ann.on("neo4j", kCount).ok());  // home database, by PUBLIC
  CHECK(ann.run(std::string("USE db1 ") + kCount).error == ErrorCode::Forbidden);
  CHECK(ann.run("SHOW DATABASES").column("name") == Texts{"neo4j", "system"});
  CHECK(ann.session().resolve_database("db1", "").error().code() == ErrorCode::Forbidden);
  CHECK(*ann.session().resolve_database("", "") == "neo4j");
  CHECK(ann.session().resolve_database("nope", "").error().code() == ErrorCode::DatabaseNotFound);

  CHECK(admin.run("GRANT ACCESS ON DATABASE db1 TO ann").ok());
  CHECK(ann.run(std::string("USE db1 ") + kCount).ok());
  CHECK(ann.run("SHOW DATABASES").column("name") == Texts{"db1", "neo4j", "system"});
  CHECK(admin.run("DENY ACCESS ON DATABASE * TO ann").ok());
  CHECK(ann.run(std::string("USE db1 ") + kCount).error == ErrorCode::Forbidden);
}

TEST_CASE("the home database is used when none is named") {
  Fixture fixture;
  Client admin = fixture.admin();
  Client ann = fixture.user("ann");
  CHECK(admin.run("CREATE DATABASE db1 WAIT").ok());
  CHECK(admin.run("ALTER USER ann SET HOME DATABASE db1").ok());
  CHECK(ann.run(kCount).database == "db1");
  CHECK(ann.run("SHOW HOME DATABASE").column("name") == Texts{"db1"});
  CHECK(admin.run("ALTER USER ann SET HOME DATABASE nowhere").ok());
  CHECK(ann.run(kCount).database == "neo4j");  // a home that is not there: the default database
}

TEST_CASE("data stays invisible without MATCH") {
  Fixture fixture;
  Client admin = fixture.admin();
  CHECK(admin.run("CREATE ()").ok());
  Client ann = fixture.user("ann");
  CHECK(ann.run(kCount).rows.at(0).at(0) == "0");
  CHECK(admin.run("GRANT MATCH {*} ON GRAPH neo4j TO ann").ok());
  CHECK(ann.run(kCount).rows.at(0).at(0) == "1");
}
