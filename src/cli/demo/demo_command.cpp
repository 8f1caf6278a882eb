// SPDX-License-Identifier: Apache-2.0
#include "cli/demo/demo_command.h"

#include <CLI/CLI.hpp>

#include "cli/demo/demo.h"

namespace trellis::cli::demo {

void add_demo_command(CLI::App& app, std::function<int()>* action) {
  auto options = std::make_shared<DemoOptions>();
  CLI::App* sub =
      app.add_subcommand("demo", "Two secured servers on this machine and an alias between them");
  sub->fallthrough();
  sub->add_flag("--once", options->once, "Stop both servers at the end");
  sub->add_option("--data", options->data, "Folder with Northwind's CSV files")
      ->check(CLI::ExistingDirectory);
  sub->add_option("--dir", options->folder, "Folder for the two homes");
  sub->callback([options, action] { *action = [options] { return run_demo(*options); }; });
}

}  // namespace trellis::cli::demo
