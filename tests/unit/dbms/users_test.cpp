// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "unit/dbms/fixture.h"

using namespace trellis;
using namespace trellis::dbms;
using namespace trellis::dbms::test;
using Texts = std::vector<std::string>;

TEST_CASE("the first start makes neo4j, the built-in roles and two databases") {
  Fixture fixture;
  Client admin = fixture.admin();
  CHECK(admin.run("SHOW USERS").column("user") == Texts{"neo4j"});
  CHECK(admin.run("SHOW USERS").row("user", "neo4j")["roles"] == "['PUBLIC', 'admin']");
  CHECK(admin.run("SHOW ROLES").column("role") ==
        Texts{"PUBLIC", "admin", "architect", "editor", "publisher", "reader"});
  CHECK(admin.run("SHOW DATABASES").column("name") == Texts{"neo4j", "system"});
  CHECK(admin.run("SHOW DATABASES").row("name", "neo4j")["currentStatus"] == "online");
  CHECK(admin.run("SHOW DEFAULT DATABASE").column("name") == Texts{"neo4j"});
  CHECK(admin.run("SHOW PRIVILEGES").rows.size() == 4 + 5 + 6 + 7 + 9 + 14);
}

TEST_CASE("everything is still there after a restart, and is not made twice") {
  Fixture fixture;
  CHECK(fixture.admin().run("CREATE USER ann SET PASSWORD 'long-enough'").ok());
  const std::string id = fixture.dbms->id();
  fixture.restart();
  CHECK(fixture.dbms->id() == id);
  CHECK(fixture.admin().run("SHOW USERS").column("user") == Texts{"ann", "neo4j"});
  CHECK(fixture.admin().run("SHOW PRIVILEGES").rows.size() == 45);
}

TEST_CASE("log-on: right, wrong, unknown, suspended, wrong scheme, and too often") {
  Fixture fixture;
  CHECK_FALSE(fixture.connect().log_on("neo4j", kPassword));
  CHECK_FALSE(fixture.connect().log_on("neo4j", kPassword));  // from the cache
  CHECK(fixture.connect().log_on("neo4j", "wrong") == ErrorCode::Unauthorized);
  CHECK(fixture.connect().log_on("nobody", "wrong") == ErrorCode::Unauthorized);
  CHECK(fixture.connect().log_on("NEO4J", kPassword) == ErrorCode::Unauthorized);

  fixture.user("ann");
  CHECK(fixture.admin().run("ALTER USER ann SET STATUS SUSPENDED").ok());
  CHECK(fixture.connect().log_on("ann", "pw-of-ann") == ErrorCode::Unauthorized);
  CHECK(fixture.admin().run("ALTER USER ann SET STATUS ACTIVE").ok());
  CHECK_FALSE(fixture.connect().log_on("ann", "pw-of-ann"));

  for (int i = 0; i < 3; ++i) {
    CHECK(fixture.connect().log_on("ann", "wrong") == ErrorCode::Unauthorized);
  }
  CHECK(fixture.connect().log_on("ann", "pw-of-ann") == ErrorCode::AuthenticationRateLimit);
}

TEST_CASE("nothing runs before log-on") {
  Fixture fixture;
  CHECK(fixture.connect().run("SHOW USERS").error == ErrorCode::Unauthorized);
}

TEST_CASE("an initial password must be changed first") {
  Fixture fixture(FixtureOptions{{}, true});
  Client client = fixture.admin();
  CHECK(client.session().credentials_expired());
  CHECK(client.run("SHOW USERS").error == ErrorCode::CredentialsExpired);
  CHECK(client.run("MATCH (n) RETURN count(n) AS count").error == ErrorCode::CredentialsExpired);
  CHECK(client.run("ALTER CURRENT USER SET PASSWORD FROM 'wrong' TO 'another-one'").error ==
        ErrorCode::InvalidArguments);
  CHECK(client.run("ALTER CURRENT USER SET PASSWORD FROM 'secret-password' TO 'secret-password'")
            .error == ErrorCode::PasswordUnchanged);
  CHECK(client.run("ALTER CURRENT USER SET PASSWORD FROM 'secret-password' TO 'short'").error ==
        ErrorCode::PasswordTooShort);
  CHECK(client
            .run("ALTER CURRENT USER SET PASSWORD FROM $o TO $n", {},
                 {{"o", kPassword}, {"n", "another-one"}})
            .ok());
  CHECK_FALSE(client.session().credentials_expired());
  CHECK(client.run("SHOW USERS").ok());
  CHECK(fixture.connect().log_on("neo4j", kPassword) == ErrorCode::Unauthorized);
  CHECK_FALSE(fixture.connect().log_on("neo4j", "another-one"));
}

TEST_CASE("creating, altering, renaming and dropping users") {
  Fixture fixture;
  Client admin = fixture.admin();
  const Answer made = admin.run(
      "CREATE USER ann SET PASSWORD 'long-enough' CHANGE NOT REQUIRED SET HOME DATABASE Home1");
  CHECK(made.ok());
  CHECK(made.system_updates == 1);
  CHECK(made.database == "system");
  auto ann = admin.run("SHOW USERS").row("user", "ann");
  CHECK(ann["home"] == "home1");
  CHECK(ann["passwordChangeRequired"] == "false");
  CHECK(admin.run("CREATE USER ann SET PASSWORD 'long-enough'").error ==
        ErrorCode::UserAlreadyExists);
  CHECK(admin.run("CREATE USER ann IF NOT EXISTS SET PASSWORD 'long-enough'").system_updates == 0);
  CHECK(admin.run("CREATE OR REPLACE USER ann SET PASSWORD 'long-enough'").ok());
  CHECK(admin.run("SHOW USERS").row("user", "ann")["passwordChangeRequired"] == "true");
  CHECK(admin.run("CREATE USER bob SET PASSWORD 'short'").error == ErrorCode::PasswordTooShort);
  CHECK(admin.run("CREATE USER `a,b` SET PASSWORD 'long-enough'").error ==
        ErrorCode::InvalidArguments);

  CHECK(admin.run("ALTER USER ann SET PASSWORD 'new-password' CHANGE NOT REQUIRED").ok());
  CHECK_FALSE(fixture.connect().log_on("ann", "new-password"));
  CHECK(admin.run("ALTER USER nobody SET STATUS ACTIVE").error == ErrorCode::UserNotFound);
  CHECK(admin.run("ALTER USER nobody IF EXISTS SET STATUS ACTIVE").ok());
  CHECK(admin.run("ALTER USER neo4j SET STATUS SUSPENDED").error == ErrorCode::InvalidArguments);
  CHECK(admin.run("ALTER USER ann SET HOME DATABASE neo4j").ok());
  CHECK(admin.run("SHOW USERS").row("user", "ann")["home"] == "neo4j");
  CHECK(admin.run("ALTER USER ann REMOVE HOME DATABASE").ok());
  CHECK(admin.run("SHOW USERS").row("user", "ann")["home"] == "null");

  CHECK(admin.run("RENAME USER ann TO anna").ok());
  CHECK_FALSE(fixture.connect().log_on("anna", "new-password"));
  CHECK(admin.run("RENAME USER anna TO neo4j").error == ErrorCode::UserAlreadyExists);
  CHECK(admin.run("DROP USER $u", {}, {{"u", "anna"}}).ok());
  CHECK(admin.run("DROP USER anna").error == ErrorCode::UserNotFound);
  CHECK(admin.run("DROP USER anna IF EXISTS").ok());
  CHECK(admin.run("DROP USER neo4j").error == ErrorCode::InvalidArguments);
  CHECK(admin.run("DROP USER $u").error == ErrorCode::ParameterMissing);
}

TEST_CASE("a dropped or suspended user's session stops at the next statement") {
  Fixture fixture;
  Client ann = fixture.user("ann");
  CHECK(ann.run("SHOW CURRENT USER").column("user") == Texts{"ann"});
  CHECK(fixture.admin().run("DROP USER ann").ok());
  CHECK(ann.run("SHOW CURRENT USER").error == ErrorCode::AuthorizationExpired);
}

TEST_CASE("encrypted passwords move over from Neo4j") {
  Fixture fixture;
  Client admin = fixture.admin();
  CHECK(admin
            .run("CREATE USER old SET ENCRYPTED PASSWORD "
                 "'1,58A0E670F8418D7DF9B012260EA2F066D10C4661AF7CF4819823606587F47CF0,0011' "
                 "CHANGE NOT REQUIRED")
            .ok());
  CHECK_FALSE(fixture.connect().log_on("old", "abc"));
  CHECK(admin.run("CREATE USER x SET ENCRYPTED PASSWORD 'plain'").error ==
        ErrorCode::InvalidArguments);
}

TEST_CASE("roles") {
  Fixture fixture;
  Client admin = fixture.admin();
  CHECK(admin.run("CREATE ROLE r1").ok());
  CHECK(admin.run("CREATE ROLE r1").error == ErrorCode::RoleAlreadyExists);
  CHECK(admin.run("CREATE ROLE r1 IF NOT EXISTS").ok());
  CHECK(admin.run("CREATE ROLE r2 AS COPY OF reader").ok());
  CHECK(admin.run("SHOW ROLE r2 PRIVILEGES").rows.size() == 5);
  CHECK(admin.run("CREATE ROLE `1bad`").error == ErrorCode::InvalidArguments);
  CHECK(admin.run("GRANT ROLE r1, r2 TO neo4j").system_updates == 2);
  CHECK(admin.run("GRANT ROLE r1 TO neo4j").system_updates == 0);
  CHECK(admin.run("GRANT ROLE nope TO neo4j").error == ErrorCode::RoleNotFound);
  CHECK(admin.run("GRANT ROLE r1 TO nobody").error == ErrorCode::UserNotFound);
  CHECK(admin.run("GRANT ROLE PUBLIC TO neo4j").error == ErrorCode::InvalidArguments);
  CHECK(admin.run("SHOW USERS").row("user", "neo4j")["roles"] == "['PUBLIC', 'admin', 'r1', 'r2']");
  CHECK(admin.run("REVOKE ROLE r1 FROM neo4j").system_updates == 1);
  CHECK(admin.run("REVOKE ROLE r1 FROM neo4j").ok());
  CHECK(admin.run("RENAME ROLE r2 TO r3").ok());
  CHECK(admin.run("SHOW POPULATED ROLES").column("role") == Texts{"PUBLIC", "admin", "r3"});
  CHECK(admin.run("SHOW ROLES WITH USERS").row("role", "r3")["member"] == "neo4j");
  CHECK(admin.run("DROP ROLE r3").ok());
  CHECK(admin.run("DROP ROLE r3").error == ErrorCode::RoleNotFound);
  CHECK(admin.run("DROP ROLE PUBLIC").error == ErrorCode::InvalidArguments);
  CHECK(admin.run("SHOW USERS").row("user", "neo4j")["roles"] == "['PUBLIC', 'admin']");
}

TEST_CASE("without privileges administration is refused") {
  Fixture fixture;
  Client ann = fixture.user("ann");
  for (const char* command :
       {"CREATE USER x SET PASSWORD 'long-enough'", "DROP USER neo4j", "SHOW USERS", "SHOW ROLES",
        "ALTER USER neo4j SET PASSWORD 'long-enough'", "CREATE ROLE r", "DROP ROLE admin",
        "GRANT ROLE admin TO ann", "REVOKE ROLE admin FROM neo4j", "SHOW PRIVILEGES",
        "SHOW USER neo4j PRIVILEGES", "GRANT ACCESS ON DATABASE * TO ann", "CREATE DATABASE db1",
        "DROP DATABASE neo4j", "STOP DATABASE neo4j", "ALTER DATABASE neo4j SET ACCESS READ ONLY",
        "CREATE ALIAS a FOR DATABASE neo4j", "DROP ALIAS a FOR DATABASE",
        "SHOW ALIASES FOR DATABASE"}) {
    CAPTURE(command);
    CHECK(ann.run(command).error == ErrorCode::Forbidden);
  }
  CHECK(ann.run("SHOW CURRENT USER").ok());
  CHECK(ann.run("SHOW USER PRIVILEGES").rows.size() == 4);
  CHECK(ann.run("ALTER CURRENT USER SET PASSWORD FROM 'pw-of-ann' TO 'new-password'").ok());
}

TEST_CASE("parts of user management can be granted one by one") {
  Fixture fixture;
  Client ann = fixture.user("ann");
  Client admin = fixture.admin();
  CHECK(admin.run("GRANT SET PASSWORD ON DBMS TO ann").ok());
  CHECK(ann.run("ALTER USER ann SET PASSWORD 'long-enough'").ok());
  CHECK(ann.run("ALTER USER neo4j SET STATUS SUSPENDED").error == ErrorCode::Forbidden);
  CHECK(ann.run("ALTER USER neo4j SET PASSWORD 'long-enough' SET HOME DATABASE neo4j").error ==
        ErrorCode::Forbidden);
}

TEST_CASE("authentication can be disabled") {
  Fixture fixture(FixtureOptions{{{"dbms.security.auth_enabled", "false"}}, false});
  Client anybody = fixture.connect();
  CHECK_FALSE(anybody.log_on("", ""));
  CHECK(anybody.run("CREATE ROLE r").ok());
  CHECK(anybody.run("CREATE IMMUTABLE ROLE r9").ok());
  CHECK(anybody.run("MATCH (n) RETURN count(n) AS count").rows.at(0).at(0) == "0");
}

TEST_CASE("impersonation") {
  Fixture fixture;
  fixture.user("ann");
  Client bob = fixture.user("bob");
  TransactionRequest as_ann;
  as_ann.impersonated_user = "ann";
  CHECK(bob.run("SHOW CURRENT USER", std::move(as_ann)).error == ErrorCode::Forbidden);
  CHECK(fixture.admin().run("GRANT IMMUTABLE IMPERSONATE (ann) ON DBMS TO bob").error ==
        ErrorCode::Forbidden);
  CHECK(fixture.admin().run("GRANT IMPERSONATE (ann) ON DBMS TO bob").ok());
  TransactionRequest again;
  again.impersonated_user = "ann";
  CHECK(bob.run("SHOW CURRENT USER", std::move(again)).column("user") == Texts{"ann"});
  TransactionRequest other;
  other.impersonated_user = "neo4j";
  CHECK(bob.run("SHOW CURRENT USER", std::move(other)).error == ErrorCode::Forbidden);
  TransactionRequest change;
  change.impersonated_user = "ann";
  CHECK(bob.run("ALTER CURRENT USER SET PASSWORD FROM 'pw-of-ann' TO 'long-enough'",
                std::move(change))
            .error == ErrorCode::Forbidden);
}
