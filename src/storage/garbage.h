// SPDX-License-Identifier: Apache-2.0
//
// Versions and relationships that commits have made obsolete, waiting until no snapshot needs them.
// Thread-safe.
#pragma once

#include <deque>
#include <vector>

#include "base/mutex.h"
#include "storage/graph.h"
#include "storage/latch.h"

namespace trellis::storage {

struct GarbageItem {
  enum class Kind : uint8_t { kNode, kRelationship, kRelationshipProperties };
  uint64_t stamp;  // of the commit that made it so
  uint64_t id;
  Kind kind;
};

class Garbage {
 public:
  void add(std::vector<GarbageItem> items);  // stamps never go back from call to call
  bool any_before(uint64_t oldest) const;
  size_t size() const;
  // Takes up to `limit` items that nobody looking from `oldest` on needs. True: there may be more.
  bool collect(Graph& graph, Latch& latch, uint64_t oldest, size_t limit);

 private:
  Mutex collecting_;  // items are used up in their order: relationships before their nodes
  mutable Mutex mutex_;
  std::deque<GarbageItem> items_ GUARDED_BY(mutex_);
};

}  // namespace trellis::storage
