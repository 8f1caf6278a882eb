// SPDX-License-Identifier: Apache-2.0
//
// Values that are the output of a command: key=$(program arguments).
//
// The command must be the whole value. It is split by quotes and blanks and executed directly: no
// shell, no pipes, no variables. The value is its standard output without the last line end.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace trellis::config {

// The text between $( and ), nullopt when the value is no command.
std::optional<std::string_view> command_of(std::string_view value);

// Runs it; the error says what failed but never holds the output, which may be a secret.
Result<std::string> expand(std::string_view command, std::chrono::milliseconds timeout);

// Fails unless the file belongs to the running user and nobody else may write it, nor anybody
// outside its group read it (mode 640 or tighter).
Result<> check_ownership(const std::filesystem::path& file);

}  // namespace trellis::config
