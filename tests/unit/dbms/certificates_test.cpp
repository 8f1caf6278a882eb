// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "support/fake_policy_store.h"
#include "unit/dbms/fixture.h"

using namespace trellis;
using namespace trellis::dbms;
using namespace trellis::dbms::test;
using Texts = std::vector<std::string>;
using config::SslScope;
using testing::FakePolicyStore;

namespace {

constexpr std::chrono::seconds kDay{86400};
const os::SystemClock kClock;

struct Certificates {
  Certificates() {
    store.add(SslScope::kBolt, kClock.wall(), 20 * kDay + std::chrono::hours(1), 90 * kDay);
    store.add(SslScope::kHttps, kClock.wall(), -std::chrono::hours(1), 90 * kDay);
    tls::CertificateStatus none;
    none.scope = SslScope::kCluster;
    const MutexLock lock(store.mutex);
    store.pairs.push_back(none);
  }
  void break_https() {
    const MutexLock lock(store.mutex);
    store.pairs[1].last_error = "The key does not match.";
  }
  FakePolicyStore store;
};

}  // namespace

TEST_CASE("SHOW CERTIFICATES has one row per pair") {
  Certificates certificates;
  certificates.break_https();
  Fixture fixture({.settings = {}, .certificates = &certificates.store});
  Client admin = fixture.admin();
  const Answer all = admin.run("SHOW CERTIFICATES");
  CAPTURE(all.message);
  CHECK(all.columns == Texts{"scope", "sniNames", "subject", "names", "issuer", "keyType", "sha256",
                             "notAfter", "daysLeft", "source", "lastReload", "lastError",
                             "nextRenewal"});
  CHECK(all.column("scope") == Texts{"bolt", "https", "cluster"});
  CHECK(all.column("daysLeft") == Texts{"20", "-1", "null"});
  CHECK(all.column("lastError") == Texts{"null", "The key does not match.", "null"});
  CHECK(all.column("names")[0] == "['db.example.test', '*.example.test', '127.0.0.1']");
  CHECK(all.column("names")[2] == "[]");
  CHECK(admin
            .run("SHOW CERTIFICATES YIELD scope, daysLeft AS d, notAfter, notBefore WHERE d < 30 "
                 "RETURN scope, duration.inDays(notBefore, notAfter).days AS days ORDER BY scope")
            .column("days") == Texts{"90", "90"});
  CHECK(admin.run("SHOW CERTIFICATES WHERE lastError IS NOT NULL").column("scope") ==
        Texts{"https"});
  CHECK(admin.on("system", "SHOW CERTIFICATES YIELD *").rows.size() == 3);
}

TEST_CASE("SHOW CERTIFICATES is filtered by the SHOW SETTING privilege") {
  Certificates certificates;
  Fixture fixture({.settings = {}, .certificates = &certificates.store});
  Client ann = fixture.user("ann");
  CHECK(ann.run("SHOW CERTIFICATES").rows.empty());
  CHECK(fixture.admin().run("GRANT SHOW SETTING dbms.ssl.policy.bolt.* ON DBMS TO ann").ok());
  CHECK(ann.run("SHOW CERTIFICATES").column("scope") == Texts{"bolt"});
  CHECK(fixture.admin().run("GRANT SHOW SETTING * ON DBMS TO ann").ok());
  CHECK(ann.run("SHOW CERTIFICATES").rows.size() == 3);
  CHECK(Fixture().admin().run("SHOW CERTIFICATES").ok());
}

TEST_CASE("dbms.security.reloadTLS never succeeds when an old pair was kept") {
  Certificates certificates;
  Fixture fixture({.settings = {}, .certificates = &certificates.store});
  Client admin = fixture.admin();
  const Answer good = admin.run("CALL dbms.security.reloadTLS()");
  CAPTURE(good.message);
  CHECK(good.ok());
  CHECK(good.rows.empty());
  CHECK(certificates.store.reloads == 1);
  certificates.break_https();
  const Answer bad = admin.on("system", "CALL dbms.security.reloadTLS()");
  CHECK(bad.error == ErrorCode::ProcedureCallFailed);
  CHECK(bad.message.find("https") != std::string::npos);
  CHECK(bad.message.find("The key does not match.") != std::string::npos);
  CHECK(bad.message.find("bolt") == std::string::npos);
  CHECK(admin
            .run("SHOW PROCEDURES YIELD name, mode, admin, worksOnSystem, signature WHERE name "
                 "ENDS WITH 'reloadTLS' RETURN mode + ' ' + toString(admin) AS m")
            .column("m") == Texts{"DBMS true"});
  Client ann = fixture.user("ann");
  CHECK(ann.run("CALL dbms.security.reloadTLS()").error == ErrorCode::Forbidden);
  CHECK(certificates.store.reloads == 2);
}

TEST_CASE("dbms.security.reloadTLS can be switched off") {
  Certificates certificates;
  Fixture fixture({.settings = {{"dbms.security.tls_reload_enabled", "false"}},
                   .certificates = &certificates.store});
  const Answer off = fixture.admin().run("CALL dbms.security.reloadTLS()");
  CHECK(off.error == ErrorCode::ProcedureCallFailed);
  CHECK(off.message.find("dbms.security.tls_reload_enabled") != std::string::npos);
  CHECK(certificates.store.reloads == 0);
}
