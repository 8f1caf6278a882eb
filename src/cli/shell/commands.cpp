// SPDX-License-Identifier: Apache-2.0
#include "cli/shell/commands.h"

#include <array>

#include "cli/terminal.h"
#include "os/child_process.h"

namespace trellis::cli::shell {
namespace {

struct Call {
  std::string_view rest;           // what stands after the command's name
  std::vector<std::string> words;  // the same, split by blanks and quotes
  CommandContext& context;
  ShellSession& session() const { return *context.session; }
};

struct Command {
  std::string_view name;
  std::string_view arguments;
  std::string_view description;
  Result<> (*run)(Call&);
};

tl::unexpected<Error> usage(std::string_view text) {
  return fail(ErrorCode::InvalidArguments, "Incorrect arguments; usage: {}", text);
}

Result<> begin(Call& call) { return call.session().begin(); }
Result<> commit(Call& call) { return call.session().commit(); }
Result<> rollback(Call& call) { return call.session().rollback(); }

Result<> use(Call& call) {
  if (call.words.size() > 1) return usage(":use [database]");
  std::string name = call.words.empty() ? std::string() : call.words[0];
  if (name.size() > 1 && name.front() == '`' && name.back() == '`') {
    name = name.substr(1, name.size() - 2);
  }
  return call.session().use(name);
}

Result<> parameter(Call& call) {
  if (call.rest.empty() || call.rest == "list") {
    fmt::print("{}\n", call.session().parameters_text());
    return {};
  }
  if (call.rest == "clear") {
    call.session().clear_parameters();
    return {};
  }
  return call.session().set_parameters(call.rest);
}

Result<> source(Call& call) {
  if (call.words.size() != 1) return usage(":source file");
  return call.context.source(call.words[0]);
}

Result<> history(Call& call) {
  if (call.context.editor == nullptr) return {};
  if (call.rest == "clear") {
    call.context.editor->clear_history();
    return {};
  }
  const auto lines = call.context.editor->history();
  constexpr size_t kShown = 16;
  for (size_t i = lines.size() > kShown ? lines.size() - kShown : 0; i < lines.size(); ++i) {
    fmt::print("{:4}  {}\n", i + 1, lines[i]);
  }
  return {};
}

Result<> leave(Call& call) {
  call.context.leave = true;
  return {};
}

Result<> access_mode(Call& call) {
  if (call.words.size() != 1 || (call.words[0] != "read" && call.words[0] != "write")) {
    return usage(":access-mode read|write");
  }
  return call.session().set_access_mode(call.words[0] == "read");
}

Result<> impersonate(Call& call) {
  if (call.words.size() > 1) return usage(":impersonate [user]");
  return call.session().impersonate(call.words.empty() ? std::string() : call.words[0]);
}

Result<> connect(Call& call) {
  std::string user;
  std::optional<Secret> password;
  for (size_t i = 0; i < call.words.size(); i += 2) {
    if (i + 1 == call.words.size()) return usage(":connect [-u user] [-p password] [-d database]");
    const std::string& flag = call.words[i];
    std::string& word = call.words[i + 1];
    if (flag == "-u" || flag == "--username") {
      user = word;
    } else if (flag == "-p" || flag == "--password") {
      password = Secret::take(word);
    } else if (flag == "-d" || flag == "--database") {
      TRELLIS_TRY(call.session().use(word));
    } else {
      return usage(":connect [-u user] [-p password] [-d database]");
    }
  }
  if (!user.empty()) {
    if (!password) {
      TRELLIS_TRY_ASSIGN(password, read_password("password: "));
    }
    call.session().set_credentials(std::move(user), std::move(*password));
  }
  return call.session().connect();
}

Result<> disconnect(Call& call) {
  call.session().disconnect();
  return {};
}

Result<> system_information(Call& call) {
  fmt::print("{}\n", call.session().server_text());
  return {};
}

Result<> help(Call& call);

constexpr std::array<Command, 18> kCommands = {{
    {":access-mode", "read|write", "Whether statements may write", access_mode},
    {":begin", "", "Open a transaction", begin},
    {":commit", "", "Commit the open transaction", commit},
    {":connect", "[-u user] [-p password] [-d database]", "Connect again", connect},
    {":disconnect", "", "Close the connection", disconnect},
    {":exit", "", "Leave", leave},
    {":quit", "", "Leave", leave},
    {":help", "[command]", "Show this", help},
    {":history", "[clear]", "Show, or forget, what was entered", history},
    {":impersonate", "[user]", "Act as another user", impersonate},
    {":param", "[name => expression | {map} | list | clear]", "Set or show parameters", parameter},
    {":params", "[name => expression | {map} | list | clear]", "Set or show parameters", parameter},
    {":rollback", "", "Roll back the open transaction", rollback},
    {":source", "file", "Execute a file", source},
    {":sysinfo", "", "Show what is connected", system_information},
    {":use", "[database]", "Change the database; without a name, to the home database", use},
    {":set", "[name => expression]", "Set or show parameters", parameter},
    {":unset", "", "Forget the parameters",
     [](Call& call) -> Result<> {
       call.session().clear_parameters();
       return {};
     }},
}};

const Command* find(std::string_view name) {
  for (const Command& command : kCommands) {
    if (command.name == name || command.name.substr(1) == name) return &command;
  }
  return nullptr;
}

Result<> help(Call& call) {
  if (!call.words.empty()) {
    const Command* command = find(call.words[0]);
    if (command == nullptr) return usage(":help [command]");
    fmt::print("{} {}\n  {}\n", command->name, command->arguments, command->description);
    return {};
  }
  fmt::print("Statements end with ';'. Commands:\n");
  for (const Command& command : kCommands) {
    if (command.name == ":set" || command.name == ":unset") continue;  // former names
    fmt::print("  {:<14} {}\n", command.name, command.description);
  }
  fmt::print("Control-C abandons a line or stops a statement, Control-D leaves.\n");
  return {};
}

}  // namespace

Result<> run_command(std::string_view text, CommandContext& context) {
  size_t end = text.find_first_of(" \t");
  std::string_view name = text.substr(0, end);
  std::string_view rest = end == std::string_view::npos ? std::string_view{} : text.substr(end);
  while (!rest.empty() && (rest.front() == ' ' || rest.front() == '\t')) rest.remove_prefix(1);
  const Command* command = find(name);
  if (command == nullptr) {
    return fail(ErrorCode::InvalidArguments,
                "Could not find command {}, use :help to see available commands", name);
  }
  Call call{rest, {}, context};
  // Expressions are not words.
  if (command->run != parameter) {
    TRELLIS_TRY_ASSIGN(call.words, os::split_command(rest));
  }
  return command->run(call);
}

}  // namespace trellis::cli::shell
