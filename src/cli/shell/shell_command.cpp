// SPDX-License-Identifier: Apache-2.0
#include "cli/shell/shell_command.h"

#include <CLI/CLI.hpp>

#include "cli/shell/shell_options.h"

namespace trellis::cli::shell {
namespace {

struct Given {
  ShellOptions options;
  std::string password;
  std::string access_mode = "write";
  std::string change_password;
};

void add_connection(CLI::App& app, Given& given) {
  ShellOptions& o = given.options;
  app.add_option("-a,--address,--uri", o.address,
                 "Where to connect (NEO4J_ADDRESS, NEO4J_URI; neo4j://localhost:7687)");
  app.add_option("-u,--username", o.user, "User")->envname("NEO4J_USERNAME");
  app.add_option("-p,--password", given.password, "Password")->envname("NEO4J_PASSWORD");
  app.add_option("--impersonate", o.impersonate, "User to act as");
  app.add_option("-d,--database", o.database, "Database")->envname("NEO4J_DATABASE");
  app.add_option("--encryption", o.encryption, "true, false or default (what the address says)")
      ->transform(CLI::CheckedTransformer(
          std::map<std::string, Encryption>{{"true", Encryption::kTrue},
                                            {"false", Encryption::kFalse},
                                            {"default", Encryption::kDefault}},
          CLI::ignore_case));
  app.add_option("--access-mode", given.access_mode, "read or write")
      ->transform(CLI::IsMember({"read", "write"}, CLI::ignore_case));
  app.add_flag("--change-password", o.change_password, "Change the password, then end");
}

void add_input(CLI::App& app, ShellOptions& o) {
  app.add_option("-P,--param", o.parameters, "Parameters: '{a: 1}' or 'a => 1' (repeatable)")
      ->type_size(1)
      ->allow_extra_args(false);
  app.add_option("-f,--file", o.file, "Execute a file, then end");
  app.add_option("cypher", o.statement, "Execute this, then end");
  auto* fast =
      app.add_flag("--fail-fast", o.fail_fast, "End at the first error of a script (default)");
  app.add_flag("--fail-at-end", o.fail_at_end, "Go on after errors, and fail at the end")
      ->excludes(fast);
  app.add_flag("--non-interactive", o.non_interactive, "Read standard input as a script");
  app.add_option("--history", o.history_file, "File of the history, or in-memory");
}

void add_output(CLI::App& app, ShellOptions& o) {
  app.add_option("--format", o.format, "auto, verbose (tables) or plain (values)")
      ->transform(CLI::CheckedTransformer(
          std::map<std::string, Format>{
              {"auto", Format::kAuto}, {"verbose", Format::kVerbose}, {"plain", Format::kPlain}},
          CLI::ignore_case));
  app.add_option("--wrap", o.wrap, "Wrap values that are wider than their column");
  app.add_option("--sample-rows", o.sample_rows, "Rows that decide the width of columns");
  app.add_flag("--notifications", o.notifications, "Show notifications");
}

}  // namespace

void add_shell_command(CLI::App& app, std::function<int()>* action) {
  auto given = std::make_shared<Given>();
  CLI::App* sub = app.add_subcommand("shell", "Talk to a server in Cypher");
  sub->fallthrough();
  add_connection(*sub, *given);
  add_input(*sub, given->options);
  add_output(*sub, given->options);
  sub->callback([given, action] {
    *action = [given] {
      ShellOptions& o = given->options;
      for (const char* name : {"NEO4J_ADDRESS", "NEO4J_URI"}) {
        const char* value = std::getenv(name);
        if (o.address.empty() && value != nullptr) o.address = value;
      }
      if (!given->password.empty()) o.password = Secret::take(given->password);
      o.read_only = given->access_mode == "read";
      return run_shell(std::move(o));
    };
  });
}

}  // namespace trellis::cli::shell
