// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "config/load.h"
#include "config/properties.h"
#include "config/server_config.h"
#include "config/setting.h"
#include "config/values.h"

using namespace trellis;
using namespace trellis::config;
using namespace std::chrono_literals;

namespace {

// A home in a temporary folder, gone at the end.
class Home {
 public:
  Home() {
    char name[] = "/tmp/trellis-config-XXXXXX";
    root_ = ::mkdtemp(name);
    std::filesystem::create_directories(root_ / "conf");
  }
  ~Home() { std::filesystem::remove_all(root_); }
  Home(const Home&) = delete;
  Home& operator=(const Home&) = delete;
  const std::filesystem::path& root() const { return root_; }
  std::filesystem::path file() const { return root_ / "conf" / "neo4j.conf"; }
  void write(std::string_view text, mode_t mode = 0600) const {
    std::ofstream(file()) << text;
    ::chmod(file().c_str(), mode);
  }
  LoadOptions options() const {
    LoadOptions o;
    o.home = root_;
    o.conf = root_ / "conf";
    return o;
  }

 private:
  std::filesystem::path root_;
};

std::string load_error(const LoadOptions& options) {
  auto loaded = load(options);
  REQUIRE(!loaded);
  CHECK(loaded.error().code() == ErrorCode::InvalidConfiguration);
  return loaded.error().message();
}

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace

TEST_CASE("durations") {
  CHECK(*parse_duration("20") == 20s);
  CHECK(*parse_duration("500ms") == 500ms);
  CHECK(*parse_duration("1h30m") == 90min);
  CHECK(*parse_duration("2d") == 48h);
  CHECK(*parse_duration("7μs") == 7us);
  CHECK(*parse_duration("-1s") == -1s);
  for (const char* bad : {"", "s", "1x", "1 .5s", "99999999999999d", "-"}) {
    CHECK_MESSAGE(!parse_duration(bad), bad);
  }
  CHECK(format_duration(90min) == "1h30m");
  CHECK(format_duration(0s) == "0s");
  CHECK(*parse_duration(format_duration(123456789ns)) == 123456789ns);
  CHECK(parse_duration_range("3s-6s")->second == 6s);
  CHECK(!parse_duration_range("6s-3s"));
}

TEST_CASE("byte sizes") {
  CHECK(*parse_byte_size("10") == 10);
  CHECK(*parse_byte_size("256.00MiB") == 256LL << 20);
  CHECK(*parse_byte_size("1.5g") == 3LL << 29);
  CHECK(*parse_byte_size("4kB") == 4096);
  CHECK(*parse_byte_size("7EiB") == 7LL << 60);
  for (const char* bad : {"", "M", "1Q", "8EiB", "-1", "1.2.3k"}) {
    CHECK_MESSAGE(!parse_byte_size(bad), bad);
  }
  CHECK(format_byte_size(256LL << 20) == "256.00MiB");
  CHECK(format_byte_size(0) == "0B");
}

TEST_CASE("addresses") {
  CHECK(*parse_address("a.b:7687") == SocketAddress{"a.b", 7687, true});
  CHECK(*parse_address(":0") == SocketAddress{"", 0, true});
  CHECK(*parse_address("0.0.0.0") == SocketAddress{"0.0.0.0", 0, false});
  CHECK(*parse_address("[::1]:7687") == SocketAddress{"::1", 7687, true});
  CHECK(*parse_address("::1") == SocketAddress{"::1", 0, false});
  CHECK(to_string(*parse_address("[::1]:7687")) == "[::1]:7687");
  for (const char* bad : {"", "a:b", "a:70000", "[::1", "[]:1", "a b", "bolt://x:1", "a:"}) {
    CHECK_MESSAGE(!parse_address(bad), bad);
  }
}

TEST_CASE("properties follow the rules of Java") {
  auto parsed = parse_properties(
      "# comment\n ! too\n\na=1\nb : 2\nc 3\n  d=x\\\n    y\ne=a\\u00e9\\tb\\\\\nf=v # not a "
      "comment\n"
      "g\\=h=i\nempty\nk=\xE9\r\nlast=\\",
      Charset::kLatin1);
  REQUIRE(parsed);
  std::vector<std::pair<std::string, std::string>> got;
  for (const auto& p : *parsed) got.emplace_back(p.key, p.value);
  CHECK(got == std::vector<std::pair<std::string, std::string>>{{"a", "1"},
                                                                {"b", "2"},
                                                                {"c", "3"},
                                                                {"d", "xy"},
                                                                {"e", "aé\tb\\"},
                                                                {"f", "v # not a comment"},
                                                                {"g=h", "i"},
                                                                {"empty", ""},
                                                                {"k", "é"},
                                                                {"last", ""}});
  CHECK((*parsed)[3].line == 7);
  CHECK((*parsed)[4].line == 9);
  CHECK(!parse_properties("a=\\u12g4", Charset::kLatin1));
  CHECK(parse_properties("a=é", Charset::kUtf8)->front().value == "é");
}

TEST_CASE("every row of the table is sound") {
  std::set<std::string_view> names;
  for (const Setting& row : all_settings()) {
    CAPTURE(row.name);
    CHECK(names.insert(row.name).second);
    CHECK(!row.description.empty());
    CHECK(row.description.back() == '.');
    if (row.default_text && !row.is_family()) CHECK(check_value(row, *row.default_text));
    CHECK(!valid_values(row).empty());
    if (!row.is_family()) CHECK(find_setting(row.name) == &row);
  }
  CHECK(names.size() >= 364);
}

TEST_CASE("defaults make a whole server configuration") {
  auto c = std::make_shared<const Configuration>("/home/x");
  auto s = server_config(c);
  REQUIRE(s);
  CHECK(to_string(s->bolt.listen_address) == "localhost:7687");
  CHECK(!s->bolt.advertised_address);
  CHECK(s->http.http.enabled);
  CHECK(!s->http.https.enabled);
  CHECK(s->directories.data == "/home/x/data");
  CHECK(s->directories.transaction_logs == "/home/x/data/transactions");
  CHECK(s->storage.checkpoint_interval_time == 15min);
  CHECK(s->ssl.of(SslScope::kBolt).private_key == "/home/x/certificates/bolt/private.key");
  CHECK(s->ssl.of(SslScope::kBolt).client_auth == ClientAuth::kOptional);
  CHECK(s->ssl.of(SslScope::kCluster).client_auth == ClientAuth::kRequire);
  CHECK(s->ssl.of(SslScope::kCluster).verify_hostname);
  CHECK(s->transaction.total_memory_max > 0);
  CHECK(!s->directories.import);
  CHECK(s->all->list().size() >= 340);
}

TEST_CASE("file, environment and command line, in that order") {
  Home home;
  home.write(
      "server.bolt.listen_address=:1\nserver.http.listen_address=:1\nserver.https.listen_address=:"
      "1\n"
      "server.default_listen_address=0.0.0.0\nserver.jvm.additional=-a\nserver.jvm.additional=-b\n"
      "server.memory.heap.max_size=4g\n");
  auto options = home.options();
  options.environment = {{"NEO4J_server_http_listen__address", ":2"},
                         {"NEO4J_server_https_listen__address", ":2"},
                         {"NEO4J_HOME", "/elsewhere"},
                         {"NEO4J_AUTH", "none"}};
  options.command_line = {{"server.https.listen_address", ":3"}};
  auto loaded = load(options);
  REQUIRE_MESSAGE(loaded, loaded.error().message());
  const Configuration& c = *loaded->configuration;
  CHECK(to_string(c.listen_address("server.bolt.listen_address")) == "0.0.0.0:1");
  CHECK(c.listen_address("server.http.listen_address").port == 2);
  CHECK(c.listen_address("server.https.listen_address").port == 3);
  CHECK(c.source_of("server.http.listen_address") == Source::kEnvironment);
  CHECK(loaded->unused ==
        std::vector<std::string>{"server.jvm.additional", "server.memory.heap.max_size"});
  CHECK(loaded->warnings.empty());
}

TEST_CASE("an unknown setting is refused with the nearest name") {
  Home home;
  home.write("# first\nserver.bolt.listen_adress=:1\n");
  std::string text = load_error(home.options());
  CHECK(has(text, "line 2"));
  CHECK(has(text, "No declared setting with name: server.bolt.listen_adress"));
  CHECK(has(text, "server.bolt.listen_address?"));
  CHECK(nearest_setting("dbms.ssl.policy.bolt.private_kye") == "dbms.ssl.policy.bolt.private_key");
  CHECK(nearest_setting("dbms.ssl.policy.blot.enabled") == "dbms.ssl.policy.bolt.enabled");
  CHECK(nearest_setting("dbms.security.oidc.okta.audiance") == "dbms.security.oidc.okta.audience");
  CHECK(nearest_setting("dbms.connector.bolt.tls_level") == "server.bolt.tls_level");
  CHECK(nearest_setting("dbms.directories.data") == "server.directories.data");
  CHECK(nearest_setting("wholly.different.thing.that.nobody.ever.wrote.down.anywhere").empty());
  home.write("dbms.ssl.policy.bolt.public_certifcate=x\n");
  CHECK(has(load_error(home.options()), "dbms.ssl.policy.bolt.public_certificate?"));
  home.write("dbms.ssl.policy.blot.enabled=true\n");
  CHECK(has(load_error(home.options()), "dbms.ssl.policy.bolt.enabled?"));
  const std::string loose = "server.config.strict_validation.enabled=false\nno.such=1\n";
  home.write(loose + "server.bolt.enabled=false\nserver.bolt.enabled=true\n");
  auto loaded = load(home.options());
  REQUIRE(loaded);
  CHECK(loaded->warnings.size() == 2);
  CHECK_FALSE(loaded->configuration->boolean("server.bolt.enabled"));
  // A misspelt value would mean the default: plain text where TLS was asked for.
  home.write(loose + "server.bolt.tls_level=REQUIERD\n");
  CHECK(has(load_error(home.options()), "'REQUIERD' not one of"));
}

TEST_CASE("repeated settings and wrong values are refused with their place") {
  Home home;
  home.write("db.checkpoint=PERIODIC\ndb.checkpoint=VOLUME\n");
  CHECK(has(load_error(home.options()), "line 2: db.checkpoint declared multiple times."));
  home.write("db.checkpoint=SOMETIMES\ndbms.max_databases=1\ndb.memory.transaction.max=1k\n");
  std::string text = load_error(home.options());
  CHECK(has(text, "'SOMETIMES' not one of [PERIODIC, CONTINUOUS, VOLUME, VOLUMETRIC]"));
  CHECK(has(text, "line 2"));
  CHECK(has(text, "minimum allowed value is 2"));
  CHECK(has(text, "minimum allowed value is 1MiB"));
  home.write("dbms.ssl.policy.bolt.tls_versions=TLSv1.1,TLSv1.2\n");
  CHECK(has(load_error(home.options()), "'TLSv1.1' was withdrawn as insecure"));
  home.write("db.memory.transaction.max=0\ndb.checkpoint=volume\n");
  auto loaded = load(home.options());
  REQUIRE(loaded);
  CHECK(loaded->configuration->enumeration("db.checkpoint") == "VOLUME");
}

TEST_CASE("commands run only when asked to, from files that are ours alone") {
  Home home;
  const std::string setting = "dbms.security.keystore.password=";
  home.write(setting + "$(printf '%s\\\\n' 'two words')\n", 0644);
  CHECK(has(load_error(home.options()), "Missing --expand-commands"));
  auto options = home.options();
  options.expand_commands = true;
  CHECK(has(load_error(options), "0644"));
  home.write(setting + "$(printf '%s\\\\n' 'two words')\n", 0640);
  auto loaded = load(options);
  REQUIRE_MESSAGE(loaded, loaded.error().message());
  CHECK(loaded->configuration->secret("dbms.security.keystore.password").reveal() == "two words");
  CHECK(loaded->expanded == std::vector<std::string>{"dbms.security.keystore.password"});
  auto view = loaded->configuration->find("dbms.security.keystore.password");
  REQUIRE(view);
  CHECK(!has(*view->value, "two"));

  home.write(setting + "$(bash -c 'echo leaked; exit 3')\n");
  std::string text = load_error(options);
  CHECK(has(text, "failed with exit code 3"));
  CHECK(!has(text, "leaked\n"));
  home.write(setting + "$(sleep 30)\n");
  options.command_timeout = 100ms;
  CHECK(has(load_error(options), "Timed out executing command"));
  home.write(setting + "$(/no/such/program)\n");
  CHECK(has(load_error(options), "/no/such/program"));
  home.write(setting + "$(echo 'open)\n");
  CHECK(has(load_error(options), "never closed"));
  // Not the whole value: text like any other.
  home.write(setting + "x$(echo y)\n");
  REQUIRE(load(options));
  // Open files are nobody's business when nothing may be expanded.
  home.write("db.checkpoint=VOLUME\n", 0666);
  CHECK(load(home.options()));
}

TEST_CASE("neo4j.conf may be a folder") {
  Home home;
  std::filesystem::create_directories(home.file() / "..data");
  std::ofstream(home.file() / "server.bolt.listen_address") << ":99\n";
  std::ofstream(home.file() / ".hidden") << "x";
  auto loaded = load(home.options());
  REQUIRE_MESSAGE(loaded, loaded.error().message());
  CHECK(loaded->configuration->listen_address("server.bolt.listen_address").port == 99);
}

TEST_CASE("dynamic settings change in a copy and go back") {
  Configuration c("/h");
  REQUIRE(c.set("db.transaction.timeout", "10s", Source::kFile));
  auto changed = c.with("db.transaction.timeout", "2m");
  REQUIRE(changed);
  CHECK(changed->duration("db.transaction.timeout") == 2min);
  CHECK(*changed->find("db.transaction.timeout")->startup_value == "10s");
  CHECK(c.duration("db.transaction.timeout") == 10s);
  auto back = changed->with("db.transaction.timeout", "");
  REQUIRE(back);
  CHECK(back->duration("db.transaction.timeout") == 10s);
  CHECK(!c.with("server.bolt.listen_address", ":1"));
  CHECK(!c.with("db.transaction.timeout", "soon"));
}

TEST_CASE("advertised addresses are only those that were set") {
  Configuration c("/h");
  REQUIRE(c.set("server.bolt.listen_address", ":7000", Source::kFile));
  CHECK(!c.advertised_address("server.bolt.advertised_address"));
  REQUIRE(c.set("server.default_advertised_address", "db.example", Source::kFile));
  CHECK(to_string(*c.advertised_address("server.bolt.advertised_address")) == "db.example:7000");
  REQUIRE(c.set("server.bolt.advertised_address", "x:9", Source::kFile));
  CHECK(to_string(*c.advertised_address("server.bolt.advertised_address")) == "x:9");
}

TEST_CASE("settings that contradict each other") {
  Configuration c("/h");
  REQUIRE(c.set("server.bolt.tls_level", "required", Source::kFile));
  CHECK(!server_config(std::make_shared<const Configuration>(c.clone())));
  REQUIRE(c.set("dbms.ssl.policy.bolt.enabled", "true", Source::kFile));
  auto s = server_config(std::make_shared<const Configuration>(c.clone()));
  REQUIRE(s);
  CHECK(s->bolt.tls_level == TlsLevel::kRequired);
}

TEST_CASE("Let's Encrypt has a staging directory of its own, other authorities what is set") {
  const auto staging = [](std::string_view lines) {
    const Home home;
    home.write(lines);
    const auto loaded = load(home.options());
    REQUIRE(loaded);
    return tls_config(*loaded->configuration).acme.staging_directory;
  };
  CHECK(staging("") == "https://acme-staging-v02.api.letsencrypt.org/directory");
  CHECK(staging("server.tls.acme.directory=https://ca.mine/dir\n").empty());
  CHECK(staging("server.tls.acme.staging_directory=https://ca.mine/try\n") ==
        "https://ca.mine/try");
}

TEST_CASE("variables name settings") {
  CHECK(setting_of_variable("NEO4J_server_bolt_listen__address") == "server.bolt.listen_address");
  CHECK(setting_of_variable("NEO4J_HOME").empty());
  CHECK(setting_of_variable("PATH").empty());
}
