// SPDX-License-Identifier: Apache-2.0
#include "cli/terminal.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>

namespace trellis::cli {
namespace {

// Switches echo off while it lives.
class NoEcho {
 public:
  explicit NoEcho(int terminal) : terminal_(terminal) {
    active_ = ::tcgetattr(terminal_, &before_) == 0;
    if (!active_) return;
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(terminal_, TCSAFLUSH, &quiet);
  }
  ~NoEcho() {
    if (active_) ::tcsetattr(terminal_, TCSAFLUSH, &before_);
  }
  NoEcho(const NoEcho&) = delete;
  NoEcho& operator=(const NoEcho&) = delete;

 private:
  int terminal_;
  termios before_{};
  bool active_ = false;
};

// Byte by byte: what follows the line stays for whoever reads next.
Result<std::string> line_from(int descriptor) {
  std::string line;
  char c = 0;
  while (true) {
    ssize_t got = ::read(descriptor, &c, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0 && line.empty()) return fail(ErrorCode::IoError, "No more input.");
    if (got <= 0 || c == '\n') break;
    line += c;
  }
  if (!line.empty() && line.back() == '\r') line.pop_back();
  return line;
}

void say(int terminal, const std::string& text) {
  [[maybe_unused]] ssize_t written =
      ::write(::isatty(terminal) != 0 ? terminal : 2, text.data(), text.size());
}

}  // namespace

bool stdin_is_terminal() { return ::isatty(0) != 0; }
bool stdout_is_terminal() { return ::isatty(1) != 0; }

unsigned terminal_width() {
  winsize size{};
  return ::ioctl(1, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

Result<Secret> read_password(const std::string& prompt) {
  const int terminal = ::open("/dev/tty", O_RDWR | O_CLOEXEC);
  const bool own = terminal >= 0 && stdin_is_terminal();
  const int from = own ? terminal : 0;
  auto line = [&] {
    // Silent before anybody is asked: what is typed at once must not show, nor be flushed away.
    NoEcho quiet(from);
    say(from, prompt);
    return line_from(from);
  }();
  if (::isatty(from) != 0) say(from, "\n");
  if (terminal >= 0) ::close(terminal);
  if (!line) return fail(std::move(line).error());
  return Secret::take(*line);
}

Result<std::string> read_line(const std::string& prompt) {
  say(2, prompt);
  return line_from(0);
}

}  // namespace trellis::cli
