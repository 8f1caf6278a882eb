// SPDX-License-Identifier: Apache-2.0
//
// One run of the TCK, from its steps to a verdict.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "tck/executor.h"
#include "tck/gherkin.h"

namespace trellis::tck {

struct Verdict {
  bool passed = true;
  std::string reason;  // of a failure
};

// A wrong expectation planted in a run, so that the check itself can be checked.
enum class Alteration : uint8_t { kNone, kCell, kRowCount, kErrorDetail, kSideEffect };

// `graphs` holds the named graphs: <name>/<name>.cypher.
Verdict run_scenario(const Run& run, Executor& executor, const std::filesystem::path& graphs);

// The run with one expectation changed; nullopt when it has no such expectation.
std::optional<Run> altered(const Run& run, Alteration alteration);

}  // namespace trellis::tck
