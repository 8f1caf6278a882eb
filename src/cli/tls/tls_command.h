// SPDX-License-Identifier: Apache-2.0
//
// `trellis tls ...`: one file of this folder per subcommand, each with one function below and one
// line in tls_command.cpp.
#pragma once

#include <functional>
#include <memory>

#include "cli/surroundings.h"

namespace CLI {
class App;
}

namespace trellis::cli::tls_command {

// What a subcommand registers itself with. `common` is filled when the action runs.
struct Registration {
  CLI::App& tls;
  const CommonOptions& common;
  std::function<int()>* action;  // set by the subcommand that was given

  // A subcommand whose `run` is called with the options that `declare` filled:
  //   registration.add<ReloadOptions>("reload", "...", declare, run);
  template <class Options>
  CLI::App* add(const char* name, const char* description,
                void (*declare)(CLI::App& command, Options& options),
                int (*run)(const CommonOptions& common, const Options& options));
  CLI::App* add(const char* name, const char* description,
                std::function<void(CLI::App& command)> declare, std::function<int()> run);
};

void add_ca(Registration& registration);
void add_certbot_deployed(Registration& registration);
void add_install_certbot(Registration& registration);
void add_join(Registration& registration);
void add_doctor(Registration& registration);
void add_acme(Registration& registration);
void add_reload(Registration& registration);
void add_status(Registration& registration);

// Adds `tls` with its subcommands. When one was given, `*action` is what runs it.
void add_tls_command(CLI::App& app, const CommonOptions& common, std::function<int()>* action);

template <class Options>
CLI::App* Registration::add(const char* name, const char* description,
                            void (*declare)(CLI::App& command, Options& options),
                            int (*run)(const CommonOptions& common, const Options& options)) {
  const auto options = std::make_shared<Options>();
  const CommonOptions& surroundings = common;
  return add(
      name, description, [=](CLI::App& command) { declare(command, *options); },
      [=, &surroundings] { return run(surroundings, *options); });
}

}  // namespace trellis::cli::tls_command
