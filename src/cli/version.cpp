// SPDX-License-Identifier: Apache-2.0
#include "cli/version.h"

#include <fmt/format.h>

#include "cli/exit_codes.h"
#include "cli/lifecycle.h"

namespace trellis::cli {

std::string_view version() { return TRELLIS_VERSION; }

int print_version() {
  fmt::print("trellis {} (compatible with Neo4j 5.26)\n", version());
  return kOk;
}

}  // namespace trellis::cli
