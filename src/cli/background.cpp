// SPDX-License-Identifier: Apache-2.0
//
// start, stop, restart, status: a server in the background.
#include <poll.h>
#include <signal.h>

#include <fstream>
#include <iterator>

#include "cli/exit_codes.h"
#include "cli/lifecycle.h"
#include "os/child_process.h"
#include "os/file_lock.h"

namespace trellis::cli {
namespace {

using SteadyClock = std::chrono::steady_clock;

// The pid of the server that holds the lock, 0 when none does.
pid_t running(const config::DirectoriesConfig& directories) {
  const auto file = lock_file(directories);
  if (!os::FileLock::is_held(file)) return 0;
  return os::FileLock::holder(file).value_or(0);
}

bool pid_file_says(const config::DirectoriesConfig& directories, pid_t pid) {
  pid_t written = 0;
  std::ifstream(pid_file(directories)) >> written;
  return written == pid;
}

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

void print_folders(const config::DirectoriesConfig& d) {
  fmt::print(
      "Directories in use:\n"
      "home:         {}\nconfig:       {}\ndata:         {}\nlogs:         {}\n"
      "certificates: {}\nrun:          {}\n",
      d.home.string(), d.configuration.string(), d.data.string(), d.logs.string(),
      d.certificates.string(), d.run.string());
}

// Waits until the child serves; its exit code when it ended before.
int wait_until_ready(os::ChildProcess& child, const config::DirectoriesConfig& d) {
  constexpr std::chrono::minutes kLongest(10);  // recovery of a large database
  const auto deadline = SteadyClock::now() + kLongest;
  while (SteadyClock::now() < deadline) {
    if (auto code = child.wait(std::chrono::milliseconds(20))) {
      fmt::print(stderr, "Trellis failed to start. It said:\n{}\nMore is in {}.\n",
                 text_of(start_output_file(d)), (d.logs / "trellis.log").string());
      return *code == kOk ? kFailure : *code;
    }
    if (pid_file_says(d, child.pid())) {
      fmt::print("Started Trellis (pid:{}). It serves.\nThere may be more in the logs: {}, {}.\n",
                 child.pid(), (d.logs / "trellis.log").string(), (d.logs / "debug.log").string());
      return kOk;
    }
  }
  fmt::print(stderr, "Trellis (pid:{}) is still starting; see {}.\n", child.pid(),
             (d.logs / "trellis.log").string());
  return kFailure;
}

}  // namespace

int start(const CommonOptions& common) {
  // Errors are shown here, in the foreground.
  auto loaded = load_configuration(common);
  if (!loaded) {
    print_error(loaded.error());
    return kFailure;
  }
  auto config = config::server_config(loaded->configuration);
  if (!config) {
    print_error(config.error());
    return kFailure;
  }
  const config::DirectoriesConfig& d = config->directories;
  if (pid_t pid = running(d); pid != 0) {
    fmt::print("Trellis is already running (pid:{}).\n", pid);
    return kOk;
  }
  auto program = os::own_executable();
  std::error_code error;
  std::filesystem::create_directories(d.run, error);
  if (error || !program) {
    fmt::print(stderr, "Cannot make the folder {}: {}.\n", d.run.string(), error.message());
    return kFailure;
  }
  std::filesystem::remove(start_output_file(d), error);
  os::SpawnOptions options;
  options.arguments = {program->string(), "console"};
  for (std::string& argument : arguments_of(common)) {
    options.arguments.push_back(std::move(argument));
  }
  options.environment = {{"TRELLIS_IN_BACKGROUND", "1"}};
  options.output_file = start_output_file(d);
  options.working_directory = d.home;
  options.new_session = true;
  print_folders(d);
  fmt::print("Starting Trellis.\n");
  std::fflush(stdout);
  auto child = os::ChildProcess::spawn(options);
  if (!child) {
    print_error(child.error());
    return kFailure;
  }
  return wait_until_ready(*child, d);
}

int stop(const CommonOptions& common) {
  auto directories = load_directories(common);
  if (!directories) {
    print_error(directories.error());
    return kFailure;
  }
  const pid_t pid = running(*directories);
  if (pid == 0) {
    fmt::print("Trellis is not running.\n");
    return kOk;
  }
  fmt::print("Stopping Trellis");
  if (!os::send_signal(pid, SIGTERM)) {
    fmt::print("\n");
    fmt::print(stderr, "Cannot send a signal to pid {}: is it another user's?\n", pid);
    return kFailure;
  }
  const auto timeout = shutdown_timeout();
  const auto deadline = SteadyClock::now() + timeout;
  auto next_dot = SteadyClock::now();
  while (running(*directories) == pid) {
    if (SteadyClock::now() >= deadline) {
      fmt::print(" failed.\n");
      fmt::print(stderr,
                 "Trellis (pid:{}) has not stopped after {} seconds. It goes on stopping; "
                 "NEO4J_SHUTDOWN_TIMEOUT sets how long to wait.\n",
                 pid, timeout.count());
      return kFailure;
    }
    if (SteadyClock::now() >= next_dot) {
      fmt::print(".");
      std::fflush(stdout);
      next_dot += std::chrono::seconds(1);
    }
    ::poll(nullptr, 0, 10);
  }
  fmt::print(" stopped.\n");
  return kOk;
}

int restart(const CommonOptions& common) {
  const int stopped = stop(common);
  return stopped == kOk ? start(common) : stopped;
}

int status(const CommonOptions& common) {
  auto directories = load_directories(common);
  if (!directories) {
    print_error(directories.error());
    return kFailure;
  }
  const pid_t pid = running(*directories);
  if (pid == 0) {
    fmt::print("Trellis is not running.\n");
    return kNotRunning;
  }
  fmt::print("Trellis is running at pid {}{}.\n", pid,
             pid_file_says(*directories, pid) ? "" : " and does not serve yet, or no more");
  return kOk;
}

}  // namespace trellis::cli
