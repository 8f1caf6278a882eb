// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "unit/dbms/fixture.h"

using namespace trellis;
using namespace trellis::dbms;
using namespace trellis::dbms::test;
using Texts = std::vector<std::string>;

namespace {
constexpr const char* kCount = "MATCH (n) RETURN count(n) AS count";
constexpr const char* kRemote =
    "CREATE ALIAS far FOR DATABASE Db9 AT 'neo4j+s://b.example:7687' USER alice PASSWORD "
    "'remote-password' DRIVER {connection_timeout: duration('PT7S'), logging_level: 'debug', "
    "connection_pool_max_size: 5}";
}  // namespace

TEST_CASE("a local alias leads to its database") {
  Fixture fixture;
  Client admin = fixture.admin();
  CHECK(admin.run("CREATE DATABASE db1 WAIT").ok());
  CHECK(admin.run("CREATE ALIAS `Short` FOR DATABASE db1").ok());
  CHECK(admin.on("short", "CREATE ()").database == "db1");
  CHECK(admin.run(std::string("USE short ") + kCount).rows.at(0).at(0) == "1");
  CHECK(admin.run("SHOW DATABASE short").column("name") == Texts{"db1"});
  CHECK(admin.run("SHOW DATABASES").row("name", "db1")["aliases"] == "['short']");
  const auto row = admin.run("SHOW ALIASES FOR DATABASE").row("name", "short");
  CHECK(row.at("location") == "local");
  CHECK(row.at("database") == "db1");
  CHECK(row.at("url") == "null");

  CHECK(admin.run("CREATE ALIAS short FOR DATABASE neo4j").error == ErrorCode::ExistingAliasFound);
  CHECK(admin.run("CREATE ALIAS db1 FOR DATABASE neo4j").error == ErrorCode::ExistingDatabaseFound);
  CHECK(admin.run("CREATE DATABASE short").error == ErrorCode::ExistingAliasFound);
  CHECK(admin.run("CREATE ALIAS x FOR DATABASE short").error == ErrorCode::InvalidArguments);
  CHECK(admin.run("CREATE ALIAS x FOR DATABASE nope").error == ErrorCode::DatabaseNotFound);
  CHECK(admin.run("CREATE ALIAS short IF NOT EXISTS FOR DATABASE neo4j").system_updates == 0);

  CHECK(admin.run("ALTER ALIAS short SET DATABASE TARGET neo4j").ok());
  CHECK(admin.on("short", kCount).database == "neo4j");
  CHECK(admin.run("CREATE OR REPLACE ALIAS short FOR DATABASE db1").ok());
  CHECK(admin.run("DROP DATABASE db1").error == ErrorCode::AliasBlocksDrop);
  CHECK(admin.run("DROP DATABASE db1 CASCADE ALIASES").ok());
  CHECK(admin.run("SHOW ALIASES FOR DATABASE").rows.empty());
  CHECK(admin.run("DROP ALIAS short FOR DATABASE").error == ErrorCode::DatabaseNotFound);
  CHECK(admin.run("DROP ALIAS short IF EXISTS FOR DATABASE").ok());
}

TEST_CASE("ACCESS through a local alias is that of its target") {
  Fixture fixture;
  Client admin = fixture.admin();
  CHECK(admin.run("CREATE DATABASE db1 WAIT").ok());
  CHECK(admin.run("CREATE ALIAS short FOR DATABASE db1").ok());
  Client ann = fixture.user("ann");
  CHECK(ann.on("short", kCount).error == ErrorCode::Forbidden);
  CHECK(admin.run("GRANT ACCESS ON DATABASE short TO ann").ok());
  CHECK(ann.on("short", kCount).ok());
  CHECK(ann.on("db1", kCount).ok());
}

TEST_CASE("a remote alias keeps its password sealed and hands it to the driver") {
  Fixture fixture;
  Client admin = fixture.admin();
  const Answer made = admin.run(kRemote);
  INFO(made.message);
  REQUIRE(made.ok());
  const Answer shown = admin.run("SHOW ALIAS far FOR DATABASE YIELD *");
  const auto row = shown.row("name", "far");
  CHECK(row.at("location") == "remote");
  CHECK(row.at("url") == "neo4j+s://b.example:7687");
  CHECK(row.at("user") == "alice");
  CHECK(row.at("database") == "db9");
  CHECK(row.at("driver").find("'DEBUG'") != std::string::npos);
  for (const auto& cells : shown.rows) {
    for (const auto& cell : cells) CHECK(cell.find("remote-password") == std::string::npos);
  }

  fixture.restart();
  Client again = fixture.admin();
  CHECK(again.on("far", kCount).error == ErrorCode::RemoteTransientError);
  REQUIRE(fixture.remotes.opened.size() == 1);
  const RemoteTarget& target = fixture.remotes.opened.front();
  CHECK(target.alias == "far");
  CHECK(target.url == "neo4j+s://b.example:7687");
  CHECK(target.user == "alice");
  CHECK(target.password.reveal() == "remote-password");
  CHECK(target.database == "db9");
  CHECK(target.driver.connection_timeout == std::chrono::seconds(7));
  CHECK(target.driver.pool_max_size == 5);
  CHECK(target.driver.ssl_enforced);
}

TEST_CASE("ACCESS on a remote alias is checked here, and nobody is impersonated through it") {
  Fixture fixture;
  Client admin = fixture.admin();
  REQUIRE(admin.run(kRemote).ok());
  Client ann = fixture.user("ann");
  CHECK(ann.on("far", kCount).error == ErrorCode::Forbidden);
  CHECK(admin.run("GRANT ACCESS ON DATABASE far TO ann").ok());
  CHECK(ann.on("far", kCount).error == ErrorCode::RemoteTransientError);
  CHECK(admin.run("GRANT IMPERSONATE (ann) ON DBMS TO admin").ok());
  TransactionRequest request;
  request.database = "far";
  request.impersonated_user = "ann";
  CHECK(admin.run(kCount, std::move(request)).error == ErrorCode::Forbidden);
  CHECK(fixture.remotes.opened.size() == 1);
}

TEST_CASE("ALTER ALIAS of a remote alias, and DROP") {
  Fixture fixture;
  Client admin = fixture.admin();
  REQUIRE(admin.run(kRemote).ok());
  CHECK(admin.run("ALTER ALIAS far SET DATABASE USER bob PASSWORD 'another-password'").ok());
  CHECK(fixture.remotes.forgotten == Texts{"far"});
  (void)admin.on("far", kCount);
  REQUIRE(fixture.remotes.opened.size() == 1);
  CHECK(fixture.remotes.opened[0].user == "bob");
  CHECK(fixture.remotes.opened[0].password.reveal() == "another-password");
  CHECK(fixture.remotes.opened[0].driver.connection_timeout == std::chrono::seconds(7));
  const uint64_t version = fixture.remotes.opened[0].version;
  CHECK(admin.run("ALTER ALIAS far SET DATABASE DRIVER {} TARGET db8 AT 'bolt+s://c:1'").ok());
  (void)admin.on("far", kCount);
  CHECK(fixture.remotes.opened[1].driver.connection_timeout == std::chrono::seconds(5));
  CHECK(fixture.remotes.opened[1].database == "db8");
  CHECK(fixture.remotes.opened[1].version > version);
  CHECK(admin.run("ALTER ALIAS far SET DATABASE TARGET neo4j").error ==
        ErrorCode::InvalidArguments);
  CHECK(admin.run("ALTER ALIAS nope SET DATABASE TARGET neo4j").error ==
        ErrorCode::DatabaseNotFound);
  CHECK(admin.run("DROP ALIAS far FOR DATABASE").ok());
  CHECK(admin.on("far", kCount).error == ErrorCode::DatabaseNotFound);
}

TEST_CASE("URL and driver settings of a remote alias are checked") {
  Fixture fixture;
  Client admin = fixture.admin();
  const auto create = [&](const std::string& url, const std::string& driver) {
    return admin
        .run("CREATE OR REPLACE ALIAS far FOR DATABASE d AT '" + url + "' USER u PASSWORD 'p' " +
             driver)
        .error;
  };
  CHECK(create("neo4j://host", "") == ErrorCode::InvalidAliasUrl);
  CHECK(create("http://host", "") == ErrorCode::InvalidAliasUrl);
  CHECK(create("neo4j+s://", "") == ErrorCode::InvalidAliasUrl);
  CHECK(create("neo4j+s://user@host", "") == ErrorCode::InvalidAliasUrl);
  CHECK_FALSE(create("neo4j://host", "DRIVER {ssl_enforced: false}"));
  CHECK_FALSE(create("bolt+ssc://host:1", ""));
  CHECK(create("bolt+s://host", "DRIVER {unknown: 1}") == ErrorCode::InvalidDriverSettings);
  CHECK(create("bolt+s://host", "DRIVER {ssl_enforced: 'yes'}") ==
        ErrorCode::InvalidDriverSettings);
  CHECK(create("bolt+s://host", "DRIVER {connection_pool_max_size: 0}") ==
        ErrorCode::InvalidDriverSettings);
  CHECK(create("bolt+s://host", "DRIVER {connection_timeout: 5}") ==
        ErrorCode::InvalidDriverSettings);
  CHECK(create("bolt+s://host", "DRIVER {logging_level: 'loud'}") ==
        ErrorCode::InvalidDriverSettings);
}

TEST_CASE("without a keystore remote aliases cannot be made") {
  Fixture fixture(FixtureOptions{{{"dbms.security.key.name", "missing"}}, false});
  CHECK(fixture.admin().run(kRemote).error == ErrorCode::KeystoreUnavailable);
}

TEST_CASE("a remote alias as home database") {
  Fixture fixture;
  Client admin = fixture.admin();
  REQUIRE(admin.run(kRemote).ok());
  Client ann = fixture.user("ann");
  CHECK(admin.run("GRANT ACCESS ON DATABASE far TO ann").ok());
  CHECK(admin.run("ALTER USER ann SET HOME DATABASE far").ok());
  CHECK(ann.run(kCount).error == ErrorCode::RemoteTransientError);
  CHECK(fixture.remotes.opened.size() == 1);
}

TEST_CASE("composite databases have constituents and no data") {
  Fixture fixture;
  Client admin = fixture.admin();
  CHECK(admin.run("CREATE COMPOSITE DATABASE all1").ok());
  CHECK(admin.run("CREATE ALIAS all1.one FOR DATABASE neo4j").ok());
  CHECK(admin.run("SHOW DATABASES").row("name", "all1")["constituents"] == "['all1.one']");
  CHECK(admin.on("all1", kCount).error == ErrorCode::UnsupportedOnSystem);
  CHECK(admin.on("all1", std::string("USE all1.one ") + kCount).ok());
  CHECK(admin.run("DROP COMPOSITE DATABASE all1").ok());
  CHECK(admin.run("SHOW ALIASES FOR DATABASE").rows.empty());
}
