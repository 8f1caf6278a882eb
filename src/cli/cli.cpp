// SPDX-License-Identifier: Apache-2.0
#include "cli/cli.h"

#include <CLI/CLI.hpp>
#include <fstream>

#include "cli/admin.h"
#include "cli/demo/demo_command.h"
#include "cli/exit_codes.h"
#include "cli/lifecycle.h"
#include "cli/migrate_configuration.h"
#include "cli/shell/shell_command.h"
#include "cli/surroundings.h"
#include "cli/tls/tls_command.h"
#include "cli/version.h"
#include "os/child_process.h"
#include "os/signals.h"

namespace trellis::cli {
namespace {

// Everything that any command can be told; one invocation fills a part of it.
struct Invocation {
  CommonOptions common;
  std::vector<std::string> settings;
  std::string initial_password;
  bool require_password_change = false;
  KeystoreOptions keystore;
  std::string keystore_password;
  MigrationOptions migration;
  std::function<int()> action;
};

CLI::App* command(CLI::App& parent, const char* name, const char* description,
                  std::function<int()> action, Invocation& invocation) {
  CLI::App* app = parent.add_subcommand(name, description);
  app->fallthrough();
  app->callback([&invocation, action = std::move(action)] { invocation.action = action; });
  return app;
}

void add_common(CLI::App& app, Invocation& i) {
  app.add_option("--home", i.common.home, "Folder that relative paths start from (NEO4J_HOME)");
  app.add_option("--conf", i.common.conf, "Folder with neo4j.conf (NEO4J_CONF)");
  app.add_flag("--expand-commands", i.common.expand_commands,
               "Execute values of the form $(command) in the configuration");
  app.add_flag("--verbose", i.common.verbose, "Say more");
  app.add_option("--set", i.settings, "A setting for this run: name=value (repeatable)")
      ->type_size(1)
      ->allow_extra_args(false);
}

void add_lifecycle(CLI::App& app, Invocation& i, const server::StartServer& start_server) {
  command(
      app, "console", "Run in the foreground", [&] { return console(i.common, start_server); }, i);
  command(app, "start", "Run in the background", [&] { return start(i.common); }, i);
  command(
      app, "stop", "Stop the server that runs in the background", [&] { return stop(i.common); },
      i);
  command(app, "restart", "Stop, then start", [&] { return restart(i.common); }, i);
  command(
      app, "status", "Say whether the server runs (exit code 0) or not (3)",
      [&] { return status(i.common); }, i);
  command(app, "version", "Print the version", [] { return print_version(); }, i);
}

void add_admin(CLI::App& app, Invocation& i) {
  CLI::App* admin = app.add_subcommand("admin", "Look after a home");
  admin->fallthrough();
  admin->require_subcommand(1);
  CLI::App* dbms = admin->add_subcommand("dbms", "The DBMS as a whole");
  dbms->fallthrough();
  dbms->require_subcommand(1);
  CLI::App* initial = command(
      *dbms, "set-initial-password", "Set the password of neo4j before the first start",
      [&i] {
        return set_initial_password(i.common,
                                    {Secret::take(i.initial_password), i.require_password_change});
      },
      i);
  initial->add_option("password", i.initial_password, "The password; asked for when it is missing");
  initial->add_flag("--require-password-change", i.require_password_change,
                    "The user must change it at the first login");

  CLI::App* keystore = admin->add_subcommand("keystore", "The key for remote aliases");
  keystore->fallthrough();
  keystore->require_subcommand(1);
  CLI::App* create = command(
      *keystore, "create", "Make a PKCS#12 keystore with a new AES-256 key",
      [&i] {
        i.keystore.password = Secret::take(i.keystore_password);
        return create_keystore(i.common, std::move(i.keystore));
      },
      i);
  create->add_option("--path", i.keystore.path, "File to make (dbms.security.keystore.path)");
  create->add_option("--key-name", i.keystore.key_name, "Name of the key (dbms.security.key.name)");
  create->add_option("--password", i.keystore_password,
                     "Password of the keystore (dbms.security.keystore.password)");

  CLI::App* server = admin->add_subcommand("server", "The server");
  server->fallthrough();
  server->require_subcommand(1);
  command(
      *server, "validate-config", "Check the configuration",
      [&i] { return validate_config(i.common); }, i);
  CLI::App* migrate = command(
      *server, "migrate-configuration", "Rewrite a configuration of 3.5 or 4.x in today's names",
      [&i] { return migrate_configuration(i.common, i.migration); }, i);
  migrate->add_option("--from-path", i.migration.from,
                      "neo4j.conf, neo4j.template, or a folder with either (default: --conf)");
  migrate->add_option("--to-path", i.migration.to, "Folder to write to (default: where it was)");
  migrate->add_flag("--dry-run", i.migration.dry_run, "Say what would change, and write nothing");
  for (auto [name, action] : {std::pair{"start", &start}, std::pair{"stop", &stop},
                              std::pair{"restart", &restart}, std::pair{"status", &status}}) {
    command(
        *server, name, "As the command of that name",
        [&i, run_it = action] { return run_it(i.common); }, i);
  }
}

// @file becomes the file's words; @@x is the argument @x.
Result<std::vector<std::string>> with_argument_files(int argc, char** argv) {
  std::vector<std::string> arguments;
  bool for_shell = false;
  for (int n = 1; n < argc; ++n) {
    std::string_view argument = argv[n];
    for_shell = for_shell || argument == "shell";
    if (for_shell || argument.size() < 2 || argument.front() != '@') {
      arguments.emplace_back(argument);
      continue;
    }
    argument.remove_prefix(1);
    if (argument.front() == '@') {
      arguments.emplace_back(argument);
      continue;
    }
    std::ifstream in{std::string(argument)};
    if (!in) return fail(ErrorCode::InvalidArguments, "Cannot read @{}.", argument);
    for (std::string line; std::getline(in, line);) {
      if (line.starts_with("#")) continue;
      TRELLIS_TRY_ASSIGN(auto words, os::split_command(line));
      for (std::string& word : words) arguments.push_back(std::move(word));
    }
  }
  return arguments;
}

int parse_and_run(CLI::App& app, Invocation& invocation, std::vector<std::string> arguments) {
  try {
    std::reverse(arguments.begin(), arguments.end());  // CLI11 takes them from the back
    app.parse(std::move(arguments));
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kOk : kUsage;
  }
  for (const std::string& setting : invocation.settings) {
    size_t equals = setting.find('=');
    if (equals == std::string::npos || equals == 0) {
      fmt::print(stderr, "--set takes name=value, not '{}'.\n", setting);
      return kUsage;
    }
    invocation.common.settings.emplace_back(setting.substr(0, equals), setting.substr(equals + 1));
  }
  if (!invocation.action) {
    fmt::print(stderr, "{}", app.help());
    return kUsage;
  }
  return invocation.action();
}

}  // namespace

int run(int argc, char** argv, const server::StartServer& start_server) {
  try {
    os::ignore_sigpipe();
    auto arguments = with_argument_files(argc, argv);
    if (!arguments) {
      print_error(arguments.error());
      return kUsage;
    }
    Invocation invocation;
    CLI::App app("Trellis, a graph DBMS", "trellis");
    app.set_version_flag("--version", "trellis " + std::string(version()));
    add_common(app, invocation);
    add_lifecycle(app, invocation, start_server);
    add_admin(app, invocation);
    shell::add_shell_command(app, &invocation.action);
    demo::add_demo_command(app, &invocation.action);
    tls_command::add_tls_command(app, invocation.common, &invocation.action);
    const int code = parse_and_run(app, invocation, std::move(*arguments));
    std::fflush(stdout);
    return code;
  } catch (const std::exception& error) {
    fmt::print(stderr, "A fault of the program: {}\n", error.what());
    return kSoftware;
  }
}

}  // namespace trellis::cli
