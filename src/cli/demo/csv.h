// SPDX-License-Identifier: Apache-2.0
//
// Small CSV files (RFC 4180) with a heading, read whole. A field NULL is null; a field that is
// wholly a number is one, unless its column is named among the texts. Fields beyond the heading are
// left out.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/arena.h"
#include "base/result.h"
#include "value/value.h"

namespace trellis::cli::demo {

struct CsvOptions {
  std::vector<std::string> texts;    // columns that stay text: "06897" is no number
  std::vector<std::string> dropped;  // columns to leave out
};

// A list of maps in the arena, one for each line.
Result<std::vector<value::Value>> read_csv(const std::filesystem::path& file,
                                           const CsvOptions& options, Arena& arena);

// The fields of one file's lines; for tests.
Result<std::vector<std::vector<std::string>>> parse_csv(std::string_view text);

}  // namespace trellis::cli::demo
