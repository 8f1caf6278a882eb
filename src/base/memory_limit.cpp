// SPDX-License-Identifier: Apache-2.0
#include "base/memory_limit.h"

namespace trellis {

Result<> ask_for(const Arena& arena, uint64_t bytes) {
  constexpr uint64_t kSmallBytes = 1 << 20;
  if (bytes <= kSmallBytes) return {};
  if (bytes > kLargestValueBytes) {
    return fail(ErrorCode::MemoryLimitReached,
                "A value of {} bytes is larger than the {} bytes that one value may have.", bytes,
                kLargestValueBytes);
  }
  if (arena.tracker() == nullptr || arena.tracker()->fits(bytes)) return {};
  return fail(ErrorCode::MemoryLimitReached,
              "A value of {} bytes does not fit db.memory.transaction.max or "
              "dbms.memory.transaction.total.max any more. Make the query keep less at once, or "
              "raise the limit.",
              bytes);
}

}  // namespace trellis
