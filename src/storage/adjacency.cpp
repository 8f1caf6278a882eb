// SPDX-License-Identifier: Apache-2.0
#include "storage/adjacency.h"

#include <algorithm>

namespace trellis::storage {

const AdjacencyGroup* Adjacency::find(TypeId type) const {
  for (const AdjacencyGroup& group : groups_) {
    if (group.type == type) return &group;
  }
  return nullptr;
}

AdjacencyGroup& Adjacency::at(TypeId type) {
  for (AdjacencyGroup& group : groups_) {
    if (group.type == type) return group;
  }
  TRELLIS_UNREACHABLE();
}

void Adjacency::add(TypeId type, AdjacencyEntry entry, uint64_t stamp) {
  if (!find(type)) {
    if (groups_.empty()) groups_.reserve(1);
    groups_.emplace_back().type = type;
  }
  AdjacencyGroup& group = at(type);
  auto place = group.entries.end();
  while (place != group.entries.begin() && (place - 1)->relationship > entry.relationship) --place;
  group.entries.insert(place, entry);
  if (is_mark(stamp)) {
    ++group.unsettled;
  } else {
    group.newest = std::max(group.newest, stamp);
  }
}

void Adjacency::erase_now(TypeId type, RelationshipId relationship) {
  AdjacencyGroup& group = at(type);
  const auto found =
      std::ranges::lower_bound(group.entries, relationship, {}, &AdjacencyEntry::relationship);
  TRELLIS_ASSERT(found != group.entries.end() && found->relationship == relationship);
  group.entries.erase(found);
}

void Adjacency::remove(TypeId type, RelationshipId relationship) {
  erase_now(type, relationship);
  --at(type).unsettled;
}

void Adjacency::settle(TypeId type, uint64_t stamp) {
  AdjacencyGroup& group = at(type);
  --group.unsettled;
  group.newest = std::max(group.newest, stamp);
}

void Adjacency::mark_dead(TypeId type) { ++at(type).dead; }

void Adjacency::revive(TypeId type) { --at(type).dead; }

bool Adjacency::mark_garbage(TypeId type) {
  AdjacencyGroup& group = at(type);
  ++group.garbage;
  return group.entries.size() <= 64 || group.garbage >= group.entries.size() / 8;
}

}  // namespace trellis::storage
