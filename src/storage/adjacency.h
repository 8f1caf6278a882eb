// SPDX-License-Identifier: Apache-2.0
//
// The relationships of one node in one direction, grouped by type. Guarded by the latch.
//
// Invariants
//   1. Groups are never removed or reordered while the node lives; a cursor may name one by number.
//   2. Entries of a group ascend by relationship id, so that a cursor survives their removal.
//   3. A group is clean for a snapshot when nothing in it is uncommitted, deleted or newer; then
//      every entry is visible and no relationship slot need be read.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "storage/version.h"

namespace trellis::storage {

struct AdjacencyEntry {
  RelationshipId relationship;
  NodeId neighbour;
};

struct AdjacencyGroup {
  std::vector<AdjacencyEntry> entries;
  uint64_t newest = 0;  // the newest commit that added an entry
  TypeId type = 0;
  uint32_t unsettled = 0;  // entries whose creation is not committed
  uint32_t dead = 0;       // entries whose relationship has been deleted, committed or not
  uint32_t garbage = 0;    // of these: nobody can see them any more

  bool clean(const View& view) const {
    return unsettled == 0 && dead == 0 && newest <= view.snapshot;
  }
};

class Adjacency {
 public:
  const std::vector<AdjacencyGroup>& groups() const { return groups_; }
  const AdjacencyGroup* find(TypeId type) const;

  void add(TypeId type, AdjacencyEntry entry, uint64_t stamp);
  void remove(TypeId type, RelationshipId relationship);  // its creation is undone
  void settle(TypeId type, uint64_t stamp);
  void mark_dead(TypeId type);
  void revive(TypeId type);
  // One dead entry may go; true: enough of them have gathered to sweep.
  bool mark_garbage(TypeId type);
  // Removes entries for which gone(relationship id) holds.
  template <class Gone>
  void sweep(TypeId type, Gone&& gone) {
    AdjacencyGroup& group = at(type);
    const size_t before = group.entries.size();
    std::erase_if(group.entries, [&](const AdjacencyEntry& e) { return gone(e.relationship); });
    const auto removed = static_cast<uint32_t>(before - group.entries.size());
    group.dead -= removed;
    group.garbage -= removed;
    if (group.entries.capacity() > 4 * group.entries.size() + 16) group.entries.shrink_to_fit();
  }
  void erase_now(TypeId type, RelationshipId relationship);  // recovery: no snapshot is open
  void clear() { std::vector<AdjacencyGroup>().swap(groups_); }

 private:
  AdjacencyGroup& at(TypeId type);

  std::vector<AdjacencyGroup> groups_;
};

using AdjacencyColumn = std::array<Adjacency, kSegmentRows>;

}  // namespace trellis::storage
