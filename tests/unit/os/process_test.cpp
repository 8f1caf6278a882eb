// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "os/child_process.h"
#include "os/clock.h"
#include "os/file_lock.h"
#include "os/identity.h"
#include "os/limits.h"
#include "os/loopback_port.h"
#include "os/signals.h"
#include "support/temp_dir.h"

using namespace trellis;
using namespace std::chrono_literals;

TEST_CASE("a command's output, errors and exit code") {
  auto run = os::run_process({"bash", "-c", "echo out; echo err >&2; exit 7"}, 5s);
  REQUIRE(run);
  CHECK(run->output == "out\n");
  CHECK(run->errors == "err\n");
  CHECK(run->exit_code == 7);
  CHECK(!run->timed_out);
  CHECK(os::run_process({"cat"}, 5s)->exit_code == 0);  // standard input is empty
  CHECK(!os::run_process({"/no/such/program"}, 1s));
  CHECK(!os::run_process({"no-such-program-anywhere"}, 1s));
  CHECK(!os::run_process({}, 1s));
  CHECK(os::run_process({"bash", "-c", "kill -9 $$"}, 5s)->exit_code == 128 + 9);
}

TEST_CASE("a command that does not end is killed with its children") {
  auto begin = std::chrono::steady_clock::now();
  auto run = os::run_process({"bash", "-c", "sleep 20 & sleep 20"}, 100ms);
  REQUIRE(run);
  CHECK(run->timed_out);
  CHECK(std::chrono::steady_clock::now() - begin < 5s);
  auto quiet = os::run_process({"bash", "-c", "exec >/dev/null 2>&1; sleep 20"}, 100ms);
  REQUIRE(quiet);
  CHECK(quiet->timed_out);
}

TEST_CASE("output has a limit") {
  auto run = os::run_process({"bash", "-c", "head -c 100000 /dev/zero"}, 5s, 1000);
  REQUIRE(run);
  CHECK(run->output_too_long);
  CHECK(run->output.size() == 1000);
}

TEST_CASE("children do not inherit descriptors, masks or dispositions") {
  os::ignore_sigpipe();
  auto lock = os::FileLock::acquire("/tmp/trellis-os-test.lock");
  REQUIRE(lock);
  auto run =
      os::run_process({"bash", "-c", "ls /proc/$$/fd | wc -l; grep SigIgn /proc/$$/status"}, 5s);
  REQUIRE(run);
  CHECK(std::stoi(run->output) <= 4);
  CHECK(run->output.find("0000000000000000") != std::string::npos);
  std::filesystem::remove("/tmp/trellis-os-test.lock");
}

TEST_CASE("spawned processes are waited for, signalled, and get an environment") {
  const std::filesystem::path file = "/tmp/trellis-os-spawn.out";
  std::filesystem::remove(file);
  os::SpawnOptions options;
  options.arguments = {"bash", "-c", "echo $TRELLIS_X; exec sleep 20"};
  options.environment = {{"TRELLIS_X", "42"}};
  options.output_file = file;
  auto child = os::ChildProcess::spawn(options);
  REQUIRE(child);
  CHECK(!child->wait(200ms));
  CHECK(os::process_exists(child->pid()));
  child->signal(SIGTERM);
  auto code = child->wait(5s);
  REQUIRE(code);
  CHECK(*code == 128 + SIGTERM);
  std::ifstream in(file);
  CHECK(std::string(std::istreambuf_iterator<char>(in), {}) == "42\n");
  std::filesystem::remove(file);
}

TEST_CASE("commands are split by quotes") {
  CHECK(*os::split_command(R"(a  'b c' "d \" e" f\ g '')") ==
        std::vector<std::string>{"a", "b c", "d \" e", "f g", ""});
  CHECK(*os::split_command("$HOME `x` *") == std::vector<std::string>{"$HOME", "`x`", "*"});
  CHECK(os::split_command("   ")->empty());
  CHECK(!os::split_command("'a"));
}

TEST_CASE("a lock has one holder") {
  const std::filesystem::path file = "/tmp/trellis-os-lock";
  std::filesystem::remove(file);
  CHECK(!os::FileLock::is_held(file));
  {
    auto lock = os::FileLock::acquire(file);
    REQUIRE(lock);
    CHECK(os::FileLock::is_held(file));
    CHECK(os::FileLock::holder(file) == ::getpid());
    auto second = os::FileLock::acquire(file);
    REQUIRE(!second);
    CHECK(second.error().code() == ErrorCode::FileLocked);
  }
  CHECK(!os::FileLock::is_held(file));
  CHECK(os::FileLock::acquire(file));
  CHECK(os::FileLock::acquire("/no/such/folder/lock").error().code() == ErrorCode::IoError);
  std::filesystem::remove(file);
}

TEST_CASE("a link in a lock's place is not followed") {
  const testing::TempDir dir;
  std::ofstream(dir / "precious") << "words";
  std::filesystem::create_symlink(dir / "precious", dir / "lock");
  const auto refused = os::FileLock::acquire(dir / "lock");
  REQUIRE(!refused);
  CHECK(refused.error().code() == ErrorCode::IoError);
  CHECK(refused.error().message().find("symbolic link") != std::string::npos);
  CHECK(std::filesystem::file_size(dir / "precious") == 5);
}

TEST_CASE("signals arrive on their thread") {
  std::atomic<int> got = 0;
  {
    os::SignalThread signals([&got](int number) { got = number; });
    ::kill(::getpid(), SIGHUP);
    for (int i = 0; i < 500 && got == 0; ++i) ::usleep(2000);
  }
  CHECK(got == SIGHUP);
}

TEST_CASE("what blocks a file is named") {
  CHECK(os::why_unreadable("/etc/passwd").empty());
  CHECK(os::why_unreadable("/no/such/file").find("/no") == 0);
  CHECK(os::mode_text(0640) == "0640");
  CHECK(os::user_name(0) == "root");
  CHECK(os::user_name(4242424) == "4242424");
}

TEST_CASE("limits and ports") {
  auto limit = os::raise_open_file_limit();
  CHECK(limit.now >= limit.before);
  CHECK(os::memory_size() > (64ULL << 20));
  CHECK(os::processor_count() >= 1);
  CHECK(*os::free_loopback_port() > 1023);
  os::ManualClock clock;
  auto before = clock.wall();
  clock.advance(3s);
  CHECK(clock.wall() - before == 3s);
}
