// SPDX-License-Identifier: Apache-2.0
//
// Hash of a value -> ordered set of node ids: open addressing, sixteen bytes a slot, and no
// allocation for a hash that has one node. Guarded by the latch.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "storage/sorted_ids.h"

namespace trellis::storage {

class HashPostings {
 public:
  HashPostings();
  ~HashPostings();
  HashPostings(const HashPostings&) = delete;
  HashPostings& operator=(const HashPostings&) = delete;

  void add(uint64_t hash, uint64_t id);     // nothing when it is there
  void remove(uint64_t hash, uint64_t id);  // nothing when it is not
  size_t hash_count() const { return used_; }

  // visit(id) ascending, beyond `after`, until it returns false.
  template <class Visit>
  void each(uint64_t hash, std::optional<uint64_t> after, Visit&& visit) const {
    const Slot& slot = slots_[probe(hash)];
    if (slot.payload == kEmpty) return;
    if (is_single(slot.payload)) {
      const uint64_t id = slot.payload >> 1;
      if (!after || id > *after) visit(id);
      return;
    }
    many(slot.payload)->each(after, visit);
  }
  // visit(const SortedIds&) for every hash with more than one node, until it returns false.
  template <class Visit>
  void each_shared(Visit&& visit) const {
    for (const Slot& slot : slots_) {
      if (slot.payload != kEmpty && !is_single(slot.payload) && !visit(*many(slot.payload))) return;
    }
  }

 private:
  struct Slot {
    uint64_t hash;
    uint64_t payload;  // kEmpty; id << 1 | 1; or a SortedIds*
  };
  static constexpr uint64_t kEmpty = 0;
  static bool is_single(uint64_t payload) { return (payload & 1) != 0; }
  static SortedIds* many(uint64_t payload) { return reinterpret_cast<SortedIds*>(payload); }

  size_t probe(uint64_t hash) const;  // the slot of the hash, or the empty one where it belongs
  void grow();
  void erase(size_t at);

  std::vector<Slot> slots_;  // a power of two
  size_t used_ = 0;
};

}  // namespace trellis::storage
