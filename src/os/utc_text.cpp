// SPDX-License-Identifier: Apache-2.0
#include "os/utc_text.h"

#include <fmt/chrono.h>

namespace trellis::os {

std::string utc_text(Clock::Wall time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(static_cast<std::time_t>(seconds)));
}

}  // namespace trellis::os
