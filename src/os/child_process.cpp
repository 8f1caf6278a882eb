// SPDX-License-Identifier: Apache-2.0
#include "os/child_process.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace trellis::os {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kBetweenQuestions{50};

struct Descriptor {
  int number = -1;
  Descriptor() = default;
  explicit Descriptor(int n) : number(n) {}
  Descriptor(Descriptor&& other) noexcept : number(std::exchange(other.number, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    close();
    number = std::exchange(other.number, -1);
    return *this;
  }
  ~Descriptor() { close(); }
  void close() {
    if (number >= 0) ::close(std::exchange(number, -1));
  }
};

struct Pipe {
  Descriptor read;
  Descriptor write;
};

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    return fail(ErrorCode::IoError, "Cannot make a pipe: {}.", std::strerror(errno));
  }
  Pipe pipe;
  pipe.read = Descriptor(ends[0]);
  pipe.write = Descriptor(ends[1]);
  return pipe;
}

// Everything the child needs, prepared before fork: after it only async-signal-safe calls.
struct Plan {
  std::vector<char*> arguments;
  std::vector<char*> environment;
  std::string program;
  int input = -1;
  int output = -1;
  int errors = -1;
  int report = -1;  // errno of a failed start is written here
  const char* working_directory = nullptr;
  bool new_session = false;
  bool own_group = false;
  bool end_with_parent = false;
  pid_t parent = 0;
};

[[noreturn]] void become(const Plan& plan) {
  auto give_up = [&plan] {
    int reason = errno;
    [[maybe_unused]] ssize_t written = ::write(plan.report, &reason, sizeof(reason));
    ::_exit(127);
  };
  struct sigaction standard{};
  standard.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number) ::sigaction(number, &standard, nullptr);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  if (plan.new_session) ::setsid();
  if (plan.own_group) ::setpgid(0, 0);
  if (plan.end_with_parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != plan.parent) ::_exit(127);
  }
  if (plan.working_directory != nullptr && ::chdir(plan.working_directory) != 0) give_up();
  // Out of the way of 0 to 2 first: the given descriptors may be among them.
  const std::array<int, 3> given = {plan.input, plan.output, plan.errors};
  std::array<int, 3> lifted = {-1, -1, -1};
  for (size_t i = 0; i < 3; ++i) {
    if (given[i] >= 0 && (lifted[i] = ::fcntl(given[i], F_DUPFD_CLOEXEC, 10)) < 0) give_up();
  }
  for (size_t i = 0; i < 3; ++i) {
    if (lifted[i] >= 0 && ::dup2(lifted[i], static_cast<int>(i)) < 0) give_up();
  }
  ::syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC);
  ::execve(plan.program.c_str(), plan.arguments.data(), plan.environment.data());
  give_up();
  ::_exit(127);
}

Result<std::string> look_up(const std::string& program) {
  if (program.find('/') != std::string::npos) return program;
  const char* path = std::getenv("PATH");
  std::string_view rest = path == nullptr ? "/usr/local/bin:/usr/bin:/bin" : path;
  while (!rest.empty()) {
    std::string_view folder = rest.substr(0, rest.find(':'));
    rest.remove_prefix(std::min(rest.size(), folder.size() + 1));
    std::string candidate = (folder.empty() ? "." : std::string(folder)) + "/" + program;
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return fail(ErrorCode::IoError, "Cannot run '{}': no such program in PATH.", program);
}

std::vector<std::string> merged_environment(
    const std::vector<std::pair<std::string, std::string>>& added) {
  std::vector<std::string> merged;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    std::string_view text = *variable;
    std::string_view name = text.substr(0, text.find('='));
    bool replaced = false;
    for (const auto& [key, value] : added) replaced = replaced || key == name;
    if (!replaced) merged.emplace_back(text);
  }
  for (const auto& [key, value] : added) merged.push_back(key + "=" + value);
  return merged;
}

// Starts the plan and waits until the new program runs or could not be started.
Result<pid_t> start(Plan& plan, std::vector<std::string> arguments,
                    std::vector<std::string> environment) {
  if (arguments.empty()) return fail(ErrorCode::IoError, "Cannot run an empty command.");
  TRELLIS_TRY_ASSIGN(plan.program, look_up(arguments.front()));
  for (std::string& argument : arguments) plan.arguments.push_back(argument.data());
  plan.arguments.push_back(nullptr);
  for (std::string& variable : environment) plan.environment.push_back(variable.data());
  plan.environment.push_back(nullptr);
  TRELLIS_TRY_ASSIGN(Pipe report, make_pipe());
  plan.report = report.write.number;
  plan.parent = ::getpid();
  pid_t pid = ::fork();
  if (pid < 0) return fail(ErrorCode::IoError, "Cannot fork: {}.", std::strerror(errno));
  if (pid == 0) become(plan);
  report.write.close();
  int reason = 0;
  ssize_t got = 0;
  do {
    got = ::read(report.read.number, &reason, sizeof(reason));
  } while (got < 0 && errno == EINTR);
  if (got == sizeof(reason)) {
    ::waitpid(pid, nullptr, 0);
    return fail(ErrorCode::IoError, "Cannot run '{}': {}.", plan.program, std::strerror(reason));
  }
  return pid;
}

int exit_code_of(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// Appends what is there; false at the end of the stream.
bool drain(const Descriptor& from, std::string& to, size_t limit, bool& cut) {
  std::array<char, 4096> buffer{};
  ssize_t got = ::read(from.number, buffer.data(), buffer.size());
  if (got < 0) return errno == EINTR || errno == EAGAIN;
  if (got == 0) return false;
  size_t room = limit - std::min(limit, to.size());
  to.append(buffer.data(), std::min(room, static_cast<size_t>(got)));
  if (static_cast<size_t>(got) > room) cut = true;
  return true;
}

}  // namespace

Result<ProcessOutput> run_process(
    const std::vector<std::string>& arguments, std::chrono::milliseconds timeout, size_t max_output,
    const std::vector<std::pair<std::string, std::string>>& environment,
    const std::function<bool()>& cancelled) {
  TRELLIS_TRY_ASSIGN(Pipe out, make_pipe());
  TRELLIS_TRY_ASSIGN(Pipe err, make_pipe());
  Descriptor null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  Plan plan;
  plan.input = null.number;
  plan.output = out.write.number;
  plan.errors = err.write.number;
  plan.own_group = true;
  const auto deadline = SteadyClock::now() + timeout;
  TRELLIS_TRY_ASSIGN(pid_t pid, start(plan, arguments, merged_environment(environment)));
  out.write.close();
  err.write.close();

  ProcessOutput result;
  bool errors_cut = false;
  bool out_open = true;
  bool err_open = true;
  const auto is_over = [&] {
    result.cancelled = result.cancelled || (cancelled && cancelled());
    return result.cancelled || result.timed_out || result.output_too_long;
  };
  while ((out_open || err_open) && !is_over()) {
    auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - SteadyClock::now());
    if (left.count() <= 0) {
      result.timed_out = true;
      break;
    }
    if (cancelled) left = std::min(left, kBetweenQuestions);
    std::array<pollfd, 2> wanted = {pollfd{out_open ? out.read.number : -1, POLLIN, 0},
                                    pollfd{err_open ? err.read.number : -1, POLLIN, 0}};
    if (::poll(wanted.data(), wanted.size(), static_cast<int>(left.count())) < 0) continue;
    if (wanted[0].revents != 0) {
      out_open = drain(out.read, result.output, max_output, result.output_too_long);
    }
    if (wanted[1].revents != 0) err_open = drain(err.read, result.errors, 65536, errors_cut);
  }
  // Both streams closed does not mean that the process has ended.
  int status = 0;
  bool ended = false;
  while (!ended && !is_over()) {
    ended = ::waitpid(pid, &status, WNOHANG) == pid;
    if (!ended && SteadyClock::now() >= deadline) result.timed_out = true;
    if (!ended) ::poll(nullptr, 0, 2);
  }
  if (!ended) {
    ::kill(-pid, SIGKILL);
    ::waitpid(pid, &status, 0);
  }
  result.exit_code = exit_code_of(status);
  return result;
}

Result<ChildProcess> ChildProcess::spawn(const SpawnOptions& options) {
  Descriptor null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  Descriptor file;
  Plan plan;
  plan.input = null.number;
  if (!options.output_file.empty()) {
    file = Descriptor(
        ::open(options.output_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640));
    if (file.number < 0) {
      return fail(ErrorCode::IoError, "Cannot write {}: {}.", options.output_file.string(),
                  std::strerror(errno));
    }
    plan.output = plan.errors = file.number;
  }
  if (!options.working_directory.empty()) {
    plan.working_directory = options.working_directory.c_str();
  }
  plan.new_session = options.new_session;
  plan.end_with_parent = options.end_with_parent;
  TRELLIS_TRY_ASSIGN(pid_t pid,
                     start(plan, options.arguments, merged_environment(options.environment)));
  return ChildProcess(pid);
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), exit_code_(other.exit_code_) {}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
  pid_ = std::exchange(other.pid_, -1);
  exit_code_ = other.exit_code_;
  return *this;
}

std::optional<int> ChildProcess::wait(std::chrono::milliseconds timeout) {
  const auto deadline = SteadyClock::now() + timeout;
  while (!exit_code_ && pid_ > 0) {
    int status = 0;
    pid_t ended = ::waitpid(pid_, &status, WNOHANG);
    if (ended == pid_) {
      exit_code_ = exit_code_of(status);
    } else if (ended < 0 && errno != EINTR) {
      exit_code_ = 127;  // somebody else has waited for it
    } else if (SteadyClock::now() >= deadline) {
      break;
    } else {
      ::poll(nullptr, 0, 5);
    }
  }
  return exit_code_;
}

void ChildProcess::signal(int number) {
  if (pid_ > 0 && !exit_code_) ::kill(pid_, number);
}

Result<std::vector<std::string>> split_command(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  char quote = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (quote == '\'') {
      if (c == quote) {
        quote = 0;
      } else {
        word += c;
      }
    } else if (c == '\\' && i + 1 < text.size() &&
               (quote == 0 || text[i + 1] == '"' || text[i + 1] == '\\')) {
      word += text[++i];
      in_word = true;
    } else if (quote == '"') {
      if (c == quote) {
        quote = 0;
      } else {
        word += c;
      }
    } else if (c == '\'' || c == '"') {
      quote = c;
      in_word = true;
    } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      if (in_word) words.push_back(std::exchange(word, {}));
      in_word = false;
    } else {
      word += c;
      in_word = true;
    }
  }
  if (quote != 0) {
    return fail(ErrorCode::InvalidConfiguration, "The quote {} is never closed in: {}", quote,
                text);
  }
  if (in_word) words.push_back(std::move(word));
  return words;
}

Result<std::filesystem::path> own_executable() {
  std::error_code error;
  auto path = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return fail(ErrorCode::IoError, "Cannot read /proc/self/exe: {}.", error.message());
  return path;
}

bool process_exists(pid_t pid) { return pid > 0 && (::kill(pid, 0) == 0 || errno == EPERM); }

bool send_signal(pid_t pid, int number) { return pid > 0 && ::kill(pid, number) == 0; }

}  // namespace trellis::os
