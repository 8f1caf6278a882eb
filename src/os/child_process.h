// SPDX-License-Identifier: Apache-2.0
//
// Child processes, without a shell.
//
// Arguments are passed as they are; the program is looked up in PATH when it has no slash. Every
// descriptor of ours but 0, 1 and 2 is closed in the child, its signal mask and dispositions are
// the default ones.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace trellis::os {

struct ProcessOutput {
  int exit_code = 0;  // 128 + signal when killed by one
  bool timed_out = false;
  bool cancelled = false;
  bool output_too_long = false;
  std::string output;  // standard output
  std::string errors;  // standard error, cut at 64 KiB
};

// Runs to its end with an empty standard input, or kills it (and its process group) at the timeout,
// or when `cancelled`, which is asked every 50 ms, says so. `environment` is added to our own, or
// replaces parts of it. Fails with IoError when the program cannot be started.
Result<ProcessOutput> run_process(
    const std::vector<std::string>& arguments, std::chrono::milliseconds timeout,
    size_t max_output = 1 << 20,
    const std::vector<std::pair<std::string, std::string>>& environment = {},
    const std::function<bool()>& cancelled = {});

// A process that goes on while we do something else.
struct SpawnOptions {
  std::vector<std::string> arguments;
  // Added to, or replacing, our own environment.
  std::vector<std::pair<std::string, std::string>> environment;
  std::filesystem::path output_file;  // standard output and error, appended; empty: ours
  std::filesystem::path working_directory;
  bool new_session = false;      // setsid: survives the terminal
  bool end_with_parent = false;  // SIGTERM to the child when the thread that started it ends
};

class ChildProcess {
 public:
  static Result<ChildProcess> spawn(const SpawnOptions& options);

  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&& other) noexcept;
  // Does not kill; a child that was not waited for is left to itself.
  ~ChildProcess() = default;

  pid_t pid() const { return pid_; }
  // The exit code when it has ended (128 + signal when killed by one), nullopt at the timeout.
  std::optional<int> wait(std::chrono::milliseconds timeout);
  void signal(int number);  // nothing after it was waited for

 private:
  explicit ChildProcess(pid_t pid) : pid_(pid) {}
  pid_t pid_ = -1;
  std::optional<int> exit_code_;
};

// Splits by blanks as a shell does, with '...', "..." and backslash; no expansion of any kind.
// Fails on an unclosed quote.
Result<std::vector<std::string>> split_command(std::string_view text);

// This program's own file.
Result<std::filesystem::path> own_executable();

// True while a process of that number exists (it may be another one than was meant).
bool process_exists(pid_t pid);
bool send_signal(pid_t pid, int number);

}  // namespace trellis::os
