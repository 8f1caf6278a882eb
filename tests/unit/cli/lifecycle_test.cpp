// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "os/child_process.h"
#include "os/file_lock.h"
#include "security/password_hash.h"
#include "server/initial_password.h"

using namespace trellis;
using namespace std::chrono_literals;

namespace {

std::string read(const std::filesystem::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

class Home {
 public:
  Home() {
    char name[] = "/tmp/trellis-cli-XXXXXX";
    root_ = ::mkdtemp(name);
  }
  ~Home() {
    trellis({"stop"});
    std::filesystem::remove_all(root_);
  }
  Home(const Home&) = delete;
  Home& operator=(const Home&) = delete;

  const std::filesystem::path& root() const { return root_; }

  std::vector<std::string> words(std::vector<std::string> arguments) const {
    std::vector<std::string> all = {TRELLIS_CLI_PROBE};
    all.insert(all.end(), arguments.begin(), arguments.end());
    all.insert(all.end(), {"--home", root_.string()});
    return all;
  }
  os::ProcessOutput trellis(std::vector<std::string> arguments) const {
    auto run = os::run_process(words(std::move(arguments)), 30s);
    REQUIRE(run);
    return std::move(*run);
  }
  void write_conf(std::string_view text) const {
    std::filesystem::create_directories(root_ / "conf");
    std::ofstream(root_ / "conf" / "neo4j.conf") << text;
    ::chmod((root_ / "conf" / "neo4j.conf").c_str(), 0600);
  }
  os::ChildProcess console(
      std::vector<std::pair<std::string, std::string>> environment = {}) const {
    os::SpawnOptions options;
    options.arguments = words({"console"});
    options.environment = std::move(environment);
    options.output_file = root_ / "console.out";
    options.end_with_parent = true;
    auto child = os::ChildProcess::spawn(options);
    REQUIRE(child);
    return std::move(*child);
  }
  bool wait_for(const std::filesystem::path& file) const {
    for (int i = 0; i < 1000 && !std::filesystem::exists(file); ++i) ::usleep(10'000);
    return std::filesystem::exists(file);
  }

 private:
  std::filesystem::path root_;
};

}  // namespace

TEST_CASE("console makes its folders, serves, reloads, and ends on SIGTERM") {
  Home home;
  auto server = home.console();
  REQUIRE(home.wait_for(home.root() / "run" / "trellis.pid"));
  for (const char* folder : {"conf", "data", "logs", "certificates", "run"}) {
    CHECK(std::filesystem::is_directory(home.root() / folder));
  }
  CHECK(home.trellis({"status"}).exit_code == 0);
  server.signal(SIGHUP);
  CHECK(home.wait_for(home.root() / "run" / "reloaded"));
  server.signal(SIGTERM);
  CHECK(server.wait(20s) == 0);
  CHECK(!std::filesystem::exists(home.root() / "run" / "trellis.pid"));
  CHECK(home.trellis({"status"}).exit_code == 3);
  CHECK(has(read(home.root() / "console.out"), "Bolt enabled on localhost:7687."));
  const std::string log = read(home.root() / "logs" / "trellis.log");
  CHECK(has(log, "Bolt enabled on"));
  CHECK(log[10] == 'T');
  CHECK(has(log.substr(0, 32), "+00:00"));
  CHECK(has(read(home.root() / "logs" / "security.log"), "security log"));
  CHECK(has(read(home.root() / "logs" / "query.log"), "query log"));
  CHECK(has(read(home.root() / "logs" / "debug.log"), "a line for debug.log"));
}

TEST_CASE("start returns when the server serves; stop when it has gone") {
  Home home;
  auto started = home.trellis({"start"});
  CHECK(started.exit_code == 0);
  CHECK(has(started.output, "trellis.log"));
  auto status = home.trellis({"status"});
  CHECK(status.exit_code == 0);
  auto again = home.trellis({"start"});
  CHECK(again.exit_code == 0);
  CHECK(has(again.output, "already running"));
  auto restarted = home.trellis({"restart"});
  CHECK(restarted.exit_code == 0);
  CHECK(home.trellis({"status"}).output != status.output);  // another pid
  CHECK(home.trellis({"stop"}).exit_code == 0);
  CHECK(home.trellis({"status"}).exit_code == 3);
  CHECK(home.trellis({"stop"}).exit_code == 0);
}

TEST_CASE("a second server on the same data is refused, whatever the pid file says") {
  Home home;
  auto first = home.console();
  REQUIRE(home.wait_for(home.root() / "run" / "trellis.pid"));
  std::filesystem::remove(home.root() / "run" / "trellis.pid");
  auto second = home.trellis({"console"});
  CHECK(second.exit_code == 1);
  CHECK(has(second.errors, "Another server is running"));
  first.signal(SIGKILL);
  first.wait(5s);
  // Killed: a stale pid file and lock file do not stop the next one.
  std::ofstream(home.root() / "run" / "trellis.pid") << "1\n";
  CHECK(home.trellis({"status"}).exit_code == 3);
  CHECK(home.trellis({"start"}).exit_code == 0);
}

TEST_CASE("a server that cannot start says why and start fails") {
  Home home;
  ::setenv("PROBE_FAIL", "1", 1);
  auto started = home.trellis({"start"});
  ::unsetenv("PROBE_FAIL");
  CHECK(started.exit_code == 1);
  CHECK(has(started.errors, "trellis.log"));
  CHECK(has(read(home.root() / "logs" / "trellis.log"), "told to fail"));
  home.write_conf("server.bolt.listen_adress=:1\n");
  started = home.trellis({"start"});
  CHECK(started.exit_code == 1);
  CHECK(has(started.errors, "server.bolt.listen_address"));
}

TEST_CASE("stop waits as long as it was told") {
  Home home;
  auto server = home.console({{"PROBE_SLOW", "1500"}});
  REQUIRE(home.wait_for(home.root() / "run" / "trellis.pid"));
  ::setenv("NEO4J_SHUTDOWN_TIMEOUT", "0", 1);
  auto stopped = home.trellis({"stop"});
  ::unsetenv("NEO4J_SHUTDOWN_TIMEOUT");
  CHECK(stopped.exit_code == 1);
  CHECK(has(stopped.errors, "NEO4J_SHUTDOWN_TIMEOUT"));
  CHECK(server.wait(10s) == 0);
}

TEST_CASE("options stand before or after the command; settings come from everywhere") {
  Home home;
  home.write_conf("server.bolt.listen_address=:1111\nserver.memory.heap.max_size=1g\n");
  const std::string root = home.root().string();
  for (std::vector<std::string> words :
       {std::vector<std::string>{"--home", root, "admin", "server", "validate-config"},
        {"admin", "--home", root, "server", "validate-config"},
        {"admin", "server", "validate-config", "--home", root, "--expand-commands"}}) {
    words.insert(words.begin(), TRELLIS_CLI_PROBE);
    auto run = os::run_process(words, 30s);
    REQUIRE(run);
    CHECK(run->exit_code == 0);
    CHECK(has(run->output, "server.memory.heap.max_size"));
  }
  CHECK(home.trellis({"admin", "server", "validate-config", "--set", "no.such=1"}).exit_code == 1);
  CHECK(home.trellis({"admin", "server", "validate-config", "--set", "x"}).exit_code == 64);
  auto server = home.trellis({"start", "--set", "server.bolt.listen_address=:2222"});
  CHECK(server.exit_code == 0);
  CHECK(has(read(home.root() / "logs" / "trellis.log"), "localhost:2222"));
  CHECK(has(read(home.root() / "logs" / "trellis.log"), "server.memory.heap.max_size"));
}

TEST_CASE("usage errors are 64") {
  Home home;
  CHECK(home.trellis({"begin"}).exit_code == 64);
  CHECK(home.trellis({}).exit_code == 64);
  CHECK(home.trellis({"start", "--no-such"}).exit_code == 64);
  CHECK(home.trellis({"--help"}).exit_code == 0);
  CHECK(home.trellis({"--version"}).exit_code == 0);
  CHECK(has(home.trellis({"version"}).output, "5.26"));
  std::ofstream(home.root() / "args") << "# words\nadmin server\nvalidate-config\n";
  CHECK(home.trellis({"@" + (home.root() / "args").string()}).exit_code == 0);
  CHECK(home.trellis({"@/no/such/file"}).exit_code == 64);
}

TEST_CASE("the initial password is left hashed, and only before the first start") {
  Home home;
  CHECK(home.trellis({"admin", "dbms", "set-initial-password", "short"}).exit_code == 1);
  auto run = home.trellis(
      {"admin", "dbms", "set-initial-password", "--require-password-change", "a good one"});
  CHECK(run.exit_code == 0);
  auto initial = server::read_initial_password(home.root() / "data");
  REQUIRE(initial);
  REQUIRE(*initial);
  CHECK((*initial)->change_required);
  CHECK(*security::verify_password(Secret("a good one"), (*initial)->hash));
  struct stat facts{};
  REQUIRE(::stat((home.root() / "data" / "dbms" / "auth.ini").c_str(), &facts) == 0);
  CHECK((facts.st_mode & 0777) == 0600);
  CHECK(!*server::read_initial_password("/no/such"));
}

TEST_CASE("a keystore is made once") {
  Home home;
  const auto file = home.root() / "keystore.p12";
  home.write_conf(
      "dbms.security.keystore.path=keystore.p12\n"
      "dbms.security.keystore.password=$(echo verysecret)\n");
  CHECK(home.trellis({"admin", "keystore", "create"}).exit_code == 1);
  auto run = home.trellis({"admin", "keystore", "create", "--expand-commands"});
  CHECK(run.exit_code == 0);
  CHECK(std::filesystem::exists(file));
  CHECK(home.trellis({"admin", "keystore", "create", "--expand-commands"}).exit_code == 1);
}
