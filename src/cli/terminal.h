// SPDX-License-Identifier: Apache-2.0
//
// Asking people for something.
#pragma once

#include <string>

#include "base/result.h"
#include "base/secret.h"

namespace trellis::cli {

bool stdin_is_terminal();
bool stdout_is_terminal();

// Columns of the terminal; 0 when standard output is none.
unsigned terminal_width();

// A line from the terminal (or standard input when there is none) without echo.
// IoError at the end of input.
Result<Secret> read_password(const std::string& prompt);
Result<std::string> read_line(const std::string& prompt);

}  // namespace trellis::cli
