// SPDX-License-Identifier: Apache-2.0
//
// Asking before a single value or table grows: an arena takes what it is told to, and its tracker
// is tested only at batch borders, so that one expression could take everything at once.
#pragma once

#include "base/arena.h"
#include "base/result.h"

namespace trellis {

// No string or list is larger, whatever the limits say.
constexpr uint64_t kLargestValueBytes = uint64_t{2} << 30;

// MemoryLimitReached when so many bytes more do not fit the limits that the arena is charged to, or
// are more than a value may have. Small requests are always granted.
Result<> ask_for(const Arena& arena, uint64_t bytes);

}  // namespace trellis
