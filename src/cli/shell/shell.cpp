// SPDX-License-Identifier: Apache-2.0
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iostream>

#include "cli/exit_codes.h"
#include "cli/shell/commands.h"
#include "cli/shell/line_editor.h"
#include "cli/shell/shell_options.h"
#include "cli/shell/shell_session.h"
#include "cli/shell/statement_reader.h"
#include "cli/terminal.h"
#include "os/signals.h"

namespace trellis::cli::shell {
namespace {

constexpr std::string_view kExpired = "Neo.ClientError.Security.CredentialsExpired";
constexpr std::string_view kUnauthorized = "Neo.ClientError.Security.Unauthorized";

void print(const Error& error) {
  std::fflush(stdout);
  fmt::print(stderr, "{}\n", error.message());
}

std::string history_file(const ShellOptions& options) {
  if (options.history_file == "in-memory") return {};
  if (!options.history_file.empty()) return options.history_file;
  if (const char* file = std::getenv("NEO4J_CYPHER_SHELL_HISTORY")) return file;
  const char* home = std::getenv("HOME");
  return home == nullptr ? std::string() : std::string(home) + "/.trellis_history";
}

class Shell {
 public:
  Shell(ShellOptions options, bool interactive)
      : options_(std::move(options)),
        interactive_(interactive),
        session_(options_, printer_options()) {}

  int run();
  void interrupt() { session_.interrupt(); }

 private:
  PrinterOptions printer_options() const {
    PrinterOptions p;
    p.table =
        options_.format == Format::kVerbose || (options_.format == Format::kAuto && interactive_);
    p.wrap = options_.wrap;
    p.notifications = options_.notifications;
    p.sample_rows = options_.sample_rows;
    return p;
  }

  Result<> connect();
  Result<> ask_for_credentials();
  Result<> ask_for_new_password();
  Result<> execute(const Piece& piece);
  Result<> execute_stream(std::istream& in);
  Result<> source(const std::string& file);
  int run_script();
  int run_terminal();
  std::string prompt() const;

  ShellOptions options_;
  bool interactive_;
  ShellSession session_;
  std::unique_ptr<LineEditor> editor_;
  unsigned depth_ = 0;  // of :source
  bool leave_ = false;
  bool failed_ = false;
};

Result<> Shell::ask_for_credentials() {
  std::string user = options_.user;
  if (user.empty()) {
    TRELLIS_TRY_ASSIGN(user, read_line("username: "));
  }
  TRELLIS_TRY_ASSIGN(Secret password, read_password("password: "));
  session_.set_credentials(std::move(user), std::move(password));
  return {};
}

Result<> Shell::ask_for_new_password() {
  Secret old_password = options_.password ? options_.password->clone() : Secret();
  if (old_password.empty()) {
    TRELLIS_TRY_ASSIGN(old_password, read_password("current password: "));
  }
  TRELLIS_TRY_ASSIGN(Secret password, read_password("new password: "));
  if (stdin_is_terminal()) {
    TRELLIS_TRY_ASSIGN(Secret again, read_password("confirm password: "));
    if (!(password == again)) {
      return fail(ErrorCode::InvalidArguments, "Passwords are not matching.");
    }
  }
  options_.password = password.clone();
  return session_.change_password(old_password, std::move(password));
}

Result<> Shell::connect() {
  if (options_.change_password) return ask_for_new_password();
  const bool can_ask = stdin_is_terminal() && stdout_is_terminal() && !options_.non_interactive;
  if (can_ask && !options_.user.empty() && !options_.password) {
    TRELLIS_TRY_ASSIGN(Secret password, read_password("password: "));
    options_.password = password.clone();
    session_.set_credentials(options_.user, std::move(password));
  }
  auto connected = session_.connect();
  if (connected || !can_ask) return connected;
  if (connected.error().neo4j_code() == kUnauthorized && options_.user.empty()) {
    TRELLIS_TRY(ask_for_credentials());
    connected = session_.connect();
  }
  if (!connected && connected.error().neo4j_code() == kExpired) {
    fmt::print("Password change required.\n");
    TRELLIS_TRY(ask_for_new_password());
    connected = session_.connect();
  }
  return connected;
}

Result<> Shell::execute(const Piece& piece) {
  if (!piece.command) return session_.execute(piece.text);
  CommandContext context;
  context.session = &session_;
  context.editor = editor_.get();
  context.source = [this](const std::string& file) { return source(file); };
  auto done = run_command(piece.text, context);
  leave_ = leave_ || context.leave;
  return done;
}

// Ends at the first error unless --fail-at-end.
Result<> Shell::execute_stream(std::istream& in) {
  StatementReader reader;
  auto run_all = [&]() -> Result<> {
    while (!leave_) {
      auto piece = reader.next();
      if (!piece) return {};
      if (auto done = execute(*piece); !done) {
        if (!options_.fail_at_end) return done;
        failed_ = true;
        print(done.error());
      }
    }
    return {};
  };
  for (std::string line; !leave_ && std::getline(in, line);) {
    reader.feed(line + "\n");
    TRELLIS_TRY(run_all());
  }
  if (leave_) return {};
  if (auto piece = reader.rest()) return execute(*piece);
  return {};
}

Result<> Shell::source(const std::string& file) {
  constexpr unsigned kDeepest = 20;
  if (depth_ >= kDeepest) {
    return fail(ErrorCode::InvalidArguments, ":source goes {} files deep; does {} read itself?",
                kDeepest, file);
  }
  std::ifstream in(file);
  if (!in) return fail(ErrorCode::IoError, "Cannot find file: '{}'", file);
  ++depth_;
  auto done = execute_stream(in);
  --depth_;
  return done;
}

int Shell::run_script() {
  Result<> done;
  if (!options_.statement.empty()) {
    std::istringstream text(options_.statement);
    done = execute_stream(text);
  } else if (!options_.file.empty()) {
    done = source(options_.file);
  } else {
    done = execute_stream(std::cin);
  }
  if (!done) print(done.error());
  return done && !failed_ ? kOk : kFailure;
}

std::string Shell::prompt() const {
  if (!session_.is_connected()) return "Disconnected> ";
  std::string user = session_.user();
  return fmt::format("{}{}{}{} ", user, user.empty() ? "" : "@", session_.shown_database(),
                     session_.in_transaction() ? "#" : ">");
}

int Shell::run_terminal() {
  editor_ = std::make_unique<LineEditor>(history_file(options_));
  fmt::print(
      "Connected to {} as user {}.\nType :help for a list of available commands or :exit to exit "
      "the shell.\nNote that Cypher queries must end with a semicolon.\n",
      session_.server_text(), session_.user());
  StatementReader reader;
  while (!leave_) {
    const std::string first = prompt();
    std::string line;
    Input input =
        editor_->read(reader.in_statement() ? std::string(first.size(), ' ') : first, line);
    if (input == Input::kEnd) break;
    if (input == Input::kAbandoned) {
      reader.clear();
      continue;
    }
    reader.feed(line);
    while (auto piece = reader.next()) {
      editor_->remember(piece->command ? piece->text : piece->text + ";");
      if (auto done = execute(*piece); !done) print(done.error());
      if (leave_) break;
    }
    std::fflush(stdout);
  }
  fmt::print("\nBye!\n");
  return kOk;
}

int Shell::run() {
  if (auto connected = connect(); !connected) {
    print(connected.error());
    return kFailure;
  }
  if (options_.change_password) {
    fmt::print("Password changed.\n");
    return kOk;
  }
  for (const std::string& parameter : options_.parameters) {
    if (auto done = session_.set_parameters(parameter); !done) {
      print(done.error());
      return kFailure;
    }
  }
  return interactive_ ? run_terminal() : run_script();
}

}  // namespace

int run_shell(ShellOptions options) {
  const bool interactive = stdin_is_terminal() && options.file.empty() &&
                           options.statement.empty() && !options.non_interactive &&
                           !options.change_password;
  Shell* running = nullptr;
  std::unique_ptr<os::SignalThread> signals;
  // In a script Control-C ends the program, as in any.
  if (interactive) {
    signals = std::make_unique<os::SignalThread>([&running](int number) {
      if (number != SIGINT) ::_exit(128 + number);
      if (running != nullptr) running->interrupt();
    });
  }
  Shell shell(std::move(options), interactive);
  running = &shell;
  const int code = shell.run();
  signals.reset();
  return code;
}

}  // namespace trellis::cli::shell
