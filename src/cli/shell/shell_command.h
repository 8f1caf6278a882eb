// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>

namespace CLI {
class App;
}

namespace trellis::cli::shell {

// Adds `shell` with its flags. When it was given, `*action` is what runs it.
void add_shell_command(CLI::App& app, std::function<int()>* action);

}  // namespace trellis::cli::shell
