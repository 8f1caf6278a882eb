// SPDX-License-Identifier: Apache-2.0
#include "cli/tls/tls_command.h"

#include <CLI/CLI.hpp>

namespace trellis::cli::tls_command {

CLI::App* Registration::add(const char* name, const char* description,
                            std::function<void(CLI::App& command)> declare,
                            std::function<int()> run) {
  CLI::App* command = tls.add_subcommand(name, description);
  command->fallthrough();
  declare(*command);
  command->callback([chosen = action, run = std::move(run)] { *chosen = run; });
  return command;
}

void add_tls_command(CLI::App& app, const CommonOptions& common, std::function<int()>* action) {
  CLI::App* tls = app.add_subcommand("tls", "Certificates: what is served, and what is wrong");
  tls->fallthrough();
  tls->require_subcommand(1);
  Registration registration{*tls, common, action};
  add_ca(registration);
  add_certbot_deployed(registration);
  add_install_certbot(registration);
  add_join(registration);
  add_doctor(registration);
  add_acme(registration);
  add_reload(registration);
  add_status(registration);
}

}  // namespace trellis::cli::tls_command
