// SPDX-License-Identifier: Apache-2.0
#include "storage/hash_postings.h"

namespace trellis::storage {
namespace {
// Spreads hashes whose low bits are poor.
uint64_t spread(uint64_t hash) { return (hash * 0x9E3779B97F4A7C15) >> 16; }
}  // namespace

HashPostings::HashPostings() : slots_(16, Slot{0, kEmpty}) {}

HashPostings::~HashPostings() {
  for (const Slot& slot : slots_) {
    if (slot.payload != kEmpty && !is_single(slot.payload)) delete many(slot.payload);
  }
}

size_t HashPostings::probe(uint64_t hash) const {
  const size_t mask = slots_.size() - 1;
  size_t at = spread(hash) & mask;
  while (slots_[at].payload != kEmpty && slots_[at].hash != hash) at = (at + 1) & mask;
  return at;
}

void HashPostings::grow() {
  std::vector<Slot> old(slots_.size() * 2, Slot{0, kEmpty});
  old.swap(slots_);
  for (const Slot& slot : old) {
    if (slot.payload != kEmpty) slots_[probe(slot.hash)] = slot;
  }
}

void HashPostings::add(uint64_t hash, uint64_t id) {
  if ((used_ + 1) * 3 > slots_.size() * 2) grow();
  Slot& slot = slots_[probe(hash)];
  if (slot.payload == kEmpty) {
    slot = {hash, id << 1 | 1};
    ++used_;
  } else if (is_single(slot.payload)) {
    if (slot.payload >> 1 == id) return;
    auto* ids = new SortedIds;
    ids->add(slot.payload >> 1);
    ids->add(id);
    slot.payload = reinterpret_cast<uint64_t>(ids);
  } else {
    many(slot.payload)->add(id);
  }
}

void HashPostings::remove(uint64_t hash, uint64_t id) {
  const size_t at = probe(hash);
  const uint64_t payload = slots_[at].payload;
  if (payload == kEmpty) return;
  if (is_single(payload)) {
    if (payload >> 1 == id) erase(at);
    return;
  }
  SortedIds* ids = many(payload);
  ids->remove(id);
  if (ids->empty()) {
    delete ids;
    erase(at);
  }
}

void HashPostings::erase(size_t at) {
  // Closes the gap, so that no probe ends too early.
  const size_t mask = slots_.size() - 1;
  slots_[at].payload = kEmpty;
  --used_;
  for (size_t next = (at + 1) & mask; slots_[next].payload != kEmpty; next = (next + 1) & mask) {
    const size_t home = spread(slots_[next].hash) & mask;
    if (((next - home) & mask) >= ((next - at) & mask)) {
      slots_[at] = slots_[next];
      slots_[next].payload = kEmpty;
      at = next;
    }
  }
}

}  // namespace trellis::storage
