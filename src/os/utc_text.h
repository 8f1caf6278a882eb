// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "os/clock.h"

namespace trellis::os {

// To the second: "2026-12-01T08:30:00Z" (RFC 3339).
std::string utc_text(Clock::Wall time);

}  // namespace trellis::os
