// SPDX-License-Identifier: Apache-2.0
//
// The commands of the shell that begin with a colon.
#pragma once

#include <functional>
#include <string>

#include "cli/shell/line_editor.h"
#include "cli/shell/shell_session.h"

namespace trellis::cli::shell {

struct CommandContext {
  ShellSession* session = nullptr;
  LineEditor* editor = nullptr;                             // null in a script
  std::function<Result<>(const std::string& file)> source;  // executes a file
  bool leave = false;                                       // set by :exit
};

// ":use neo4j". InvalidArguments for an unknown command or wrong arguments.
Result<> run_command(std::string_view text, CommandContext& context);

}  // namespace trellis::cli::shell
