// SPDX-License-Identifier: Apache-2.0
#include "config/former_settings.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "config/former_names.h"
#include "config/load.h"
#include "config/migration.h"
#include "config/server_config.h"
#include "config/setting.h"

using namespace trellis;
using namespace trellis::config;
using namespace std::chrono_literals;

namespace {

class Home {
 public:
  Home() {
    char name[] = "/tmp/trellis-former-XXXXXX";
    root_ = ::mkdtemp(name);
    std::filesystem::create_directories(root_ / "conf");
  }
  ~Home() { std::filesystem::remove_all(root_); }
  Home(const Home&) = delete;
  Home& operator=(const Home&) = delete;

  LoadOptions options(std::string_view text) const {
    std::ofstream(root_ / "conf" / "neo4j.conf", std::ios::binary) << text;
    LoadOptions o;
    o.home = root_;
    o.conf = root_ / "conf";
    return o;
  }
  LoadedConfiguration loaded(std::string_view text) const {
    auto loaded = load(options(text));
    REQUIRE_MESSAGE(loaded, loaded.error().message());
    return std::move(*loaded);
  }
  std::string refusal(std::string_view text) const {
    auto loaded = load(options(text));
    REQUIRE(!loaded);
    CHECK(loaded.error().code() == ErrorCode::InvalidConfiguration);
    return loaded.error().message();
  }
  std::string file() const { return (root_ / "conf" / "neo4j.conf").string(); }

 private:
  std::filesystem::path root_;
};

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

std::string joined(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) out += text + "\n";
  return out;
}

std::string corpus(const std::string& name) {
  std::ifstream in(std::filesystem::path(TRELLIS_CONFIG_CORPUS) / name, std::ios::binary);
  REQUIRE_MESSAGE(in, name);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string migrated(std::string_view text) {
  auto migration = migrate_configuration(text, Charset::kLatin1, "neo4j.conf");
  REQUIRE_MESSAGE(migration, migration.error().message());
  return migration->text;
}

// SHOW SETTINGS in one text.
std::string settings_of(const Configuration& c) {
  std::string out;
  for (const SettingView& view : c.list()) {
    out += view.name + "=" + view.value.value_or("(none)") + " " +
           view.startup_value.value_or("(none)") + (view.is_explicitly_set ? " set" : "") + "\n";
  }
  return out;
}

constexpr const char* kCorpus[] = {"3.5-single.conf", "3.5-relative.conf", "3.5-cluster.conf",
                                   "3.5-all.conf",    "4.4-single.conf",   "4.4-all.conf"};

}  // namespace

TEST_CASE("every former name leads to a setting of today, or says that it has no meaning") {
  std::set<std::string_view> seen;
  for (const FormerName& row : all_former_names()) {
    CHECK_MESSAGE(seen.insert(row.name).second, row.name);
    CHECK_MESSAGE(find_setting(row.name) == nullptr, row.name);
    if (!row.now.empty()) CHECK_MESSAGE(find_setting(row.now) != nullptr, row.now);
    if (row.now.empty() && row.name.find('<') == std::string_view::npos) {
      const std::vector<GivenSetting> given = {{std::string(row.name), "x", Source::kFile, "y"}};
      CHECK(translate_former_settings(given)[0].what == Formerly::kWithoutMeaning);
    }
  }
  CHECK(seen.size() > 400);
}

TEST_CASE("names of 4.x are understood, and the line to write is told") {
  Home home;
  auto loaded = home.loaded(corpus("4.4-single.conf"));
  const Configuration& c = *loaded.configuration;
  CHECK(c.enumeration("server.bolt.tls_level") == "REQUIRED");
  CHECK(c.boolean("server.https.enabled"));
  CHECK(!c.boolean("server.http.enabled"));
  CHECK(c.string("server.default_advertised_address") == "graph.example.test");
  CHECK(c.duration("db.transaction.timeout") == 90s);
  CHECK(c.optional_byte_size("dbms.memory.transaction.total.max") == int64_t{1} << 30);
  CHECK(c.secret("dbms.security.keystore.password").reveal() == "secret of many");
  CHECK(c.enumeration("trellis.logs.level") == "WARN");
  const std::string warnings = joined(loaded.warnings);
  CHECK(has(warnings, home.file() + ", line 5: dbms.connector.bolt.tls_level is a former name"));
  CHECK(has(warnings, "    server.bolt.tls_level=REQUIRED\n"));
  CHECK(has(warnings, "    dbms.security.keystore.password=(its value)"));
  CHECK(!has(warnings, "secret of many"));
  CHECK(has(warnings, "CREATE ALIAS"));
  CHECK(has(joined(loaded.unused), "fabric.graph.0.uri"));
  CHECK(has(joined(loaded.unused), "dbms.logs.user.path"));
  CHECK(c.find("server.bolt.tls_level")->value == "REQUIRED");
  CHECK(!c.find("dbms.connector.bolt.tls_level"));
  auto all = server_config(loaded.configuration);
  REQUIRE_MESSAGE(all, all.error().message());
  CHECK(all->ssl.of(SslScope::kCluster).client_auth == ClientAuth::kNone);
}

TEST_CASE("policies of 3.5 become those of the scopes that are bound to them") {
  Home home;
  auto loaded = home.loaded(corpus("3.5-single.conf"));
  auto all = server_config(loaded.configuration);
  REQUIRE_MESSAGE(all, all.error().message());
  for (const SslScope scope : {SslScope::kBolt, SslScope::kHttps}) {
    const SslPolicySettings& policy = all->ssl.of(scope);
    CHECK(policy.enabled);
    CHECK(policy.base_directory == "/var/lib/neo4j/certificates");
    CHECK(policy.private_key == "/var/lib/neo4j/certificates/neo4j.key");
    CHECK(policy.trusted_dir == "/var/lib/neo4j/certificates/trusted");
    CHECK(policy.client_auth == ClientAuth::kNone);
    CHECK(policy.verify_hostname);
  }
  CHECK(!all->ssl.of(SslScope::kCluster).enabled);
  // Defaults of 3.5.
  CHECK(all->bolt.tls_level == TlsLevel::kOptional);
  CHECK(all->http.https.enabled);
  CHECK(!all->http.http.enabled);
  CHECK(all->directories.certificates == "/var/lib/neo4j/certificates");
  CHECK(all->log.query == QueryLogLevel::kInfo);
  CHECK(all->databases.initial_default_database == "graph.db");
  CHECK(loaded.configuration->string("server.windows_service_name") == "caf\xC3\xA9");
  CHECK(loaded.configuration->list_of("dbms.security.procedures.allowlist").size() == 2);
  CHECK(loaded.configuration->listen_address("server.backup.listen_address").port == 6362);
  const std::string warnings = joined(loaded.warnings);
  CHECK(has(warnings, "    dbms.ssl.policy.bolt.enabled=true\n    server.bolt.tls_level=OPTIONAL"));
  CHECK(has(warnings, "    dbms.ssl.policy.https.enabled=true\n    server.https.enabled=true"));
  CHECK(has(warnings,
            "    dbms.ssl.policy.bolt.client_auth=NONE\n"
            "    dbms.ssl.policy.https.client_auth=NONE"));
}

TEST_CASE("a cluster of 3.5") {
  Home home;
  auto loaded = home.loaded(corpus("3.5-cluster.conf"));
  auto all = server_config(loaded.configuration);
  REQUIRE_MESSAGE(all, all.error().message());
  const SslPolicySettings& cluster = all->ssl.of(SslScope::kCluster);
  CHECK(cluster.enabled);
  CHECK(cluster.client_auth == ClientAuth::kRequire);
  CHECK(cluster.tls_versions == std::vector<std::string>{"TLSv1.2"});
  const SslPolicySettings& backup = all->ssl.of(SslScope::kBackup);
  CHECK(backup.base_directory.filename() == "for_backup");
  CHECK(backup.private_key_password.unmask().reveal() == "open sesame");
  const SslPolicySettings& bolt = all->ssl.of(SslScope::kBolt);
  CHECK(bolt.private_key.filename() == "neo4j.key");
  CHECK(bolt.base_directory.filename() == "certificates");
  CHECK(bolt.client_auth == ClientAuth::kNone);
  CHECK(loaded.configuration->enumeration("initial.server.mode_constraint") == "PRIMARY");
  CHECK(loaded.configuration->is_set("dbms.routing.load_balancing.config.server_policies.north1"));
  CHECK(has(joined(loaded.warnings), "bolt.ssl_policy=spare would"));
  CHECK(!has(joined(loaded.warnings), "open sesame"));
}

TEST_CASE("REQUIRE is what 3.5 asks of clients when nothing is said") {
  Home home;
  auto loaded = home.loaded("bolt.ssl_policy=p\ndbms.ssl.policy.p.base_directory=c\n");
  CHECK(loaded.configuration->enumeration("dbms.ssl.policy.bolt.client_auth") == "REQUIRE");
  // What is said elsewhere is not overruled by a default.
  auto options = home.options("bolt.ssl_policy=p\ndbms.ssl.policy.p.base_directory=c\n");
  options.environment = {{"NEO4J_dbms_connector_bolt_tls__level", "REQUIRED"}};
  options.command_line = {{"dbms.ssl.policy.bolt.client_auth", "NONE"}};
  auto second = load(options);
  REQUIRE_MESSAGE(second, second.error().message());
  CHECK(second->configuration->enumeration("server.bolt.tls_level") == "REQUIRED");
  CHECK(second->configuration->enumeration("dbms.ssl.policy.bolt.client_auth") == "NONE");
}

TEST_CASE("a policy of 3.5 may have the name of a scope") {
  Home home;
  auto own = home.loaded(
      "bolt.ssl_policy=bolt\ndbms.ssl.policy.bolt.base_directory=c\n"
      "dbms.ssl.policy.bolt.allow_key_generation=false\n");
  CHECK(own.configuration->boolean("dbms.ssl.policy.bolt.enabled"));
  CHECK(own.configuration->enumeration("dbms.ssl.policy.bolt.client_auth") == "REQUIRE");
  // The manual of 4.4 has a name that no release knew.
  auto unheard = home.loaded("dbms.ssl.policy.bolt.tls_level=REQUIRED\n");
  CHECK(has(joined(unheard.warnings), "server.bolt.tls_level decides it"));
  auto shared = home.loaded(
      "bolt.ssl_policy=bolt\nhttps.ssl_policy=bolt\ndbms.ssl.policy.bolt.base_directory=c\n");
  CHECK(shared.configuration->path("dbms.ssl.policy.https.base_directory")->filename() == "c");
  CHECK(shared.configuration->path("dbms.ssl.policy.bolt.base_directory")->filename() == "c");
}

TEST_CASE("what is set twice is refused, and both lines are shown") {
  Home home;
  std::string text =
      home.refusal("dbms.connector.bolt.tls_level=REQUIRED\n\nserver.bolt.tls_level=OPTIONAL\n");
  CHECK(has(text, home.file() + ", line 1: dbms.connector.bolt.tls_level=REQUIRED\n"));
  CHECK(has(text, home.file() + ", line 3: server.bolt.tls_level=OPTIONAL\n"));
  text = home.refusal(
      "dbms.connectors.default_listen_address=0.0.0.0\ndbms.default_listen_address=0.0.0.0\n");
  CHECK(has(text, "line 1: dbms.connectors.default_listen_address"));
  CHECK(has(text, "line 2: dbms.default_listen_address"));
  text = home.refusal(
      "bolt.ssl_policy=p\ndbms.ssl.policy.p.base_directory=c\n"
      "dbms.ssl.policy.bolt.enabled=true\n");
  CHECK(has(text, "line 1: bolt.ssl_policy=p"));
  CHECK(has(text, "line 3: dbms.ssl.policy.bolt.enabled=true"));
  // Also where names are not checked strictly, as by default in 4.x; and no secret is shown.
  text = home.refusal(
      "dbms.config.strict_validation=false\nsystemdb.secrets.keystore.password=a1\n"
      "dbms.security.keystore.password=b2\n");
  CHECK(has(text, "line 2: systemdb.secrets.keystore.password=(its value)"));
  CHECK(!has(text, "b2"));
  // Elsewhere it is a matter of precedence, and arguments of the Java machine may repeat.
  auto options = home.options(
      "dbms.transaction.timeout=1s\ndbms.jvm.additional=-a\n"
      "server.jvm.additional=-b\ndbms.jvm.additional=-c\n");
  options.command_line = {{"db.transaction.timeout", "2s"}};
  auto loaded = load(options);
  REQUIRE_MESSAGE(loaded, loaded.error().message());
  CHECK(loaded->configuration->duration("db.transaction.timeout") == 2s);
}

TEST_CASE("misspelt former names stay refused, with the nearest known name") {
  Home home;
  CHECK(has(home.refusal("dbms.connector.bolt.tls_levle=REQUIRED\n"), "server.bolt.tls_level?"));
  CHECK(has(home.refusal("bolt.ssl_polcy=default\n"), "bolt.ssl_policy?"));
  const std::string bound =
      "bolt.ssl_policy=default\n"
      "dbms.ssl.policy.default.base_directory=certificates\n";
  CHECK(
      has(home.refusal(bound + "dbms.ssl.policy.default.privat_key=x\n"),
          "line 3: Unrecognized setting. No declared setting with name: "
          "dbms.ssl.policy.default.privat_key. Did you mean dbms.ssl.policy.default.private_key?"));
  CHECK(has(home.refusal(bound + "dbms.ssl.policy.defualt.private_key=x\n"),
            "Did you mean dbms.ssl.policy.default.private_key?"));
  CHECK(has(home.refusal("dbms.ssl.policy.default.private_key=x\n"), "Unrecognized setting"));
  CHECK(
      has(home.refusal("bolt.ssl_policy=default\n"), "set dbms.ssl.policy.default.base_directory"));
  CHECK(has(home.refusal("bolt.ssl_policy=\n"), "must be the name of an SSL policy"));
  CHECK(has(home.refusal("dbms.mode=TRIPLE\n"), "cannot have value 'TRIPLE'"));
  CHECK(has(home.refusal("dbms.connector.bolt.tls_level=maybe\n"), "server.bolt.tls_level"));
  CHECK(nearest_setting("dbms.security.procedures.whitelist") ==
        "dbms.security.procedures.allowlist");
}

TEST_CASE("values change with their names") {
  Home home;
  auto value = [&home](const std::string& line, std::string_view name) {
    return *home.loaded(line + "\n").configuration->find(name)->value;
  };
  CHECK(value("dbms.logs.query.enabled=false", "db.logs.query.enabled") == "OFF");
  CHECK(value("dbms.logs.query.enabled=verbose", "db.logs.query.enabled") == "VERBOSE");
  CHECK(value("dbms.mode=READ_REPLICA", "initial.server.mode_constraint") == "SECONDARY");
  CHECK(value("dbms.mode=SINGLE", "initial.server.mode_constraint") == "NONE");
  CHECK(value("dbms.security.auth_provider=ldap", "dbms.security.authorization_providers") ==
        "ldap");
  CHECK(value("dbms.directories.certificates=/c", "trellis.directories.certificates") == "/c");
  CHECK(value("dbms.read_only=true", "server.databases.default_to_read_only") == "true");
  CHECK(value("dbms.query_cache_size=7", "server.memory.query_cache.per_db_cache_num_entries") ==
        "7");
}

TEST_CASE("the old and the migrated file are the same configuration") {
  for (const std::string name : kCorpus) {
    CAPTURE(name);
    Home home;
    const std::string before = corpus(name);
    const std::string after = migrated(before);
    CHECK(after != before);
    auto old = home.loaded(before);
    auto fresh = home.loaded(after);
    CHECK(settings_of(*old.configuration) == settings_of(*fresh.configuration));
    CHECK_MESSAGE(fresh.warnings.empty(), joined(fresh.warnings));
    for (const std::string& unused : fresh.unused) CHECK(find_setting(unused) != nullptr);
    CHECK(migrated(after) == after);
  }
}

TEST_CASE("migration keeps comments, order, blanks and line ends") {
  CHECK(migrated(
            "# a\r\n  dbms.default_listen_address : 0.0.0.0\r\n\r\n! b\r\ndb.checkpoint=VOLUME") ==
        "# a\r\n  server.default_listen_address : 0.0.0.0\r\n\r\n! b\r\ndb.checkpoint=VOLUME");
  CHECK(migrated("dbms.security.procedures.whitelist=a.*,\\\n   b.*\n# end\n") ==
        "dbms.security.procedures.allowlist=a.*,\\\n   b.*\n# end\n");
  CHECK(migrated("bolt.ssl_policy=p\n#x\ndbms.ssl.policy.p.base_directory=c\nhttps.ssl_policy=p\n"
                 "dbms.connector.https.enabled=false\n") ==
        "dbms.ssl.policy.bolt.enabled=true\n# What 3.5 has by default:\n"
        "dbms.ssl.policy.bolt.client_auth=REQUIRE\nserver.bolt.tls_level=OPTIONAL\n#x\n"
        "dbms.ssl.policy.bolt.base_directory=c\ndbms.ssl.policy.https.base_directory=c\n"
        "dbms.ssl.policy.https.enabled=true\n# What 3.5 has by default:\n"
        "dbms.ssl.policy.https.client_auth=REQUIRE\nserver.https.enabled=false\n");
  CHECK(migrated("dbms.udc.enabled=\\\n false\n") ==
        "# Without a meaning in Trellis:\n#dbms.udc.enabled=\\\n# false\n");
  // A template's variables are filled in later.
  CHECK(migrated("dbms.connectors.default_advertised_address=$ADDRESS\n") ==
        "server.default_advertised_address=$ADDRESS\n");
  CHECK(migrated("\xEF\xBB\xBF"
                 "dbms.default_database=x\n") ==
        "\xEF\xBB\xBF"
        "initial.dbms.default_database=x\n");
  CHECK(migrated("apoc.export.file.enabled=true\n") == "apoc.export.file.enabled=true\n");
}

TEST_CASE("migration refuses what it cannot decide") {
  auto twice =
      migrate_configuration("dbms.default_listen_address=a\nserver.default_listen_address=b",
                            Charset::kLatin1, "neo4j.conf");
  REQUIRE(!twice);
  CHECK(has(twice.error().message(), "neo4j.conf, line 1: dbms.default_listen_address=a"));
  CHECK(has(twice.error().message(), "neo4j.conf, line 2: server.default_listen_address=b"));
  CHECK(!migrate_configuration("dbms.mode=$(cat mode)\n", Charset::kLatin1, "neo4j.conf"));
  auto unknown = migrate_configuration("server.bolt.enabld=1\n", Charset::kLatin1, "x");
  REQUIRE(unknown);
  CHECK(unknown->settings[0].step == MigrationStep::kUnknown);
  CHECK(unknown->settings[0].remark == "server.bolt.enabled");
  CHECK(!unknown->changed);
}
