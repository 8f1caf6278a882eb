// SPDX-License-Identifier: Apache-2.0
//
// Where commits become durable. The local log writes to files; a replicated one can take its place.
//
// Thread-safe. Invariants
//   1. `done` of every appended entry is called exactly once, one at a time, in the order of the
//      log: with its index once it is durable, or with the error that kept it out. On the log's
//      thread, or, before append() returns, on that of some appender; append() with no lock held.
//   2. Indexes are dense and ascending.
//   3. An entry that failed is not in the log, and never will be, unless the error is
//      StorageFailure: then nobody knows, and the database must stop.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/result.h"

namespace trellis::storage {

struct LogEntry {
  std::vector<std::byte> ops;
  uint32_t op_count = 0;
  std::function<void(Result<uint64_t>)> done;
};

class CommitLog {
 public:
  virtual ~CommitLog() = default;
  // Returns a ticket for cancel().
  virtual uint64_t append(LogEntry entry) = 0;
  // True: the entry had not been written; it is dropped, and `done` will not be called.
  virtual bool cancel(uint64_t ticket) = 0;
};

}  // namespace trellis::storage
