// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace trellis::cli::demo {

// Adds `demo` with its flags. When it was given, `*action` is what runs it.
void add_demo_command(CLI::App& app, std::function<int()>* action);

}  // namespace trellis::cli::demo
