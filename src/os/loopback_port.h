// SPDX-License-Identifier: Apache-2.0
//
// Free ports, for tests and the demo.
#pragma once

#include <cstdint>

#include "base/result.h"

namespace trellis::os {

// A port of 127.0.0.1 that nobody listened on a moment ago.
Result<uint16_t> free_loopback_port();

}  // namespace trellis::os
