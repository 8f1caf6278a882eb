// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "storage/resident_transaction.h"

namespace trellis::storage {
namespace {

// ExpandCursor::position: side (1 bit), group (20 bits), the least relationship id still to come
// (43 bits). Ids ascend within a group, so entries that are swept meanwhile do no harm.
constexpr int kIdBits = 43;
constexpr uint64_t kIdMask = (uint64_t{1} << kIdBits) - 1;
constexpr int kGroupBits = 20;
constexpr uint64_t kGroupMask = (uint64_t{1} << kGroupBits) - 1;

uint64_t position(bool second_side, uint64_t group, RelationshipId from) {
  return uint64_t{second_side} << (kIdBits + kGroupBits) | group << kIdBits | from;
}

bool wanted(TypeId type, std::span<const TypeId> types) {
  return types.empty() || std::ranges::find(types, type) != types.end();
}

// Three dependent loads lie before an entry: each is asked for some sources ahead of its use.
void prefetch(const NodeStore& nodes, std::span<const NodeId> sources, size_t at,
              Direction direction) {
  constexpr size_t kStep = 6;
  if (at + 3 * kStep < sources.size()) {
    __builtin_prefetch(nodes.adjacency(sources[at + 3 * kStep], direction));
  }
  if (at + 2 * kStep < sources.size()) {
    const Adjacency* adjacency = nodes.adjacency(sources[at + 2 * kStep], direction);
    if (adjacency) __builtin_prefetch(adjacency->groups().data());
  }
  if (at + kStep < sources.size()) {
    const Adjacency* adjacency = nodes.adjacency(sources[at + kStep], direction);
    if (adjacency && !adjacency->groups().empty()) {
      __builtin_prefetch(adjacency->groups().front().entries.data());
    }
  }
}

}  // namespace

bool ResidentTransaction::expand_side(Direction side, bool both, std::span<const TypeId> types,
                                      NodeId node, ExpandCursor& cursor, ExpandBatch& out) const {
  const Adjacency* adjacency = engine_.graph.nodes.adjacency(node, side);
  if (!adjacency) return true;
  const bool second = both && side == Direction::kIncoming;
  const auto& groups = adjacency->groups();
  uint64_t from = cursor.position & kIdMask;
  for (uint64_t g = cursor.position >> kIdBits & kGroupMask; g < groups.size(); ++g, from = 0) {
    const AdjacencyGroup& group = groups[g];
    if (!wanted(group.type, types)) continue;
    const bool clean = group.clean(view_);
    auto entry = group.entries.begin();
    if (from != 0) {
      entry = std::ranges::lower_bound(group.entries, from, {}, &AdjacencyEntry::relationship);
    }
    uint32_t size = out.size;
    for (; entry != group.entries.end(); ++entry) {
      if (size == kSegmentRows) {
        out.size = size;
        cursor.position = position(second, g, entry->relationship);
        return false;
      }
      // A loop came with the outgoing side already.
      if (second && entry->neighbour == node) continue;
      if (!clean && !engine_.graph.relationships.visible(entry->relationship, view_)) continue;
      out.source[size] = static_cast<uint16_t>(cursor.source);
      out.relationship[size] = entry->relationship;
      out.neighbour[size] = entry->neighbour;
      ++size;
    }
    out.size = size;
  }
  return true;
}

bool ResidentTransaction::expand(std::span<const NodeId> sources, Direction direction,
                                 std::span<const TypeId> types, ExpandCursor& cursor,
                                 ExpandBatch& out) const {
  TRELLIS_ASSERT(sources.size() <= kSegmentRows);
  const bool both = direction == Direction::kBoth;
  const bool backwards = direction == Direction::kIncoming;
  ReadLatch hold(engine_.latch);
  for (; cursor.source < sources.size(); ++cursor.source, cursor.position = 0) {
    prefetch(engine_.graph.nodes, sources, cursor.source,
             backwards ? Direction::kIncoming : Direction::kOutgoing);
    const NodeId node = sources[cursor.source];
    if (!backwards && (cursor.position >> (kIdBits + kGroupBits)) == 0) {
      if (!expand_side(Direction::kOutgoing, both, types, node, cursor, out)) return false;
      cursor.position = both ? position(true, 0, 0) : 0;
    }
    if (backwards || both) {
      if (!expand_side(Direction::kIncoming, both, types, node, cursor, out)) return false;
    }
  }
  return true;
}

uint64_t ResidentTransaction::degree(NodeId node, Direction side, bool both,
                                     std::span<const TypeId> types) const {
  const Adjacency* adjacency = engine_.graph.nodes.adjacency(node, side);
  if (!adjacency) return 0;
  const bool second = both && side == Direction::kIncoming;
  uint64_t count = 0;
  for (const AdjacencyGroup& group : adjacency->groups()) {
    if (!wanted(group.type, types)) continue;
    if (group.clean(view_) && !second) {
      count += group.entries.size();
      continue;
    }
    for (const AdjacencyEntry& entry : group.entries) {
      if (second && entry.neighbour == node) continue;
      if (engine_.graph.relationships.visible(entry.relationship, view_)) ++count;
    }
  }
  return count;
}

void ResidentTransaction::degrees(std::span<const NodeId> sources, Direction direction,
                                  std::span<const TypeId> types, uint64_t* out) const {
  const bool both = direction == Direction::kBoth;
  ReadLatch hold(engine_.latch);
  for (size_t i = 0; i < sources.size(); ++i) {
    out[i] = 0;
    if (direction != Direction::kIncoming) {
      out[i] += degree(sources[i], Direction::kOutgoing, both, types);
    }
    if (direction != Direction::kOutgoing) {
      out[i] += degree(sources[i], Direction::kIncoming, both, types);
    }
  }
}

}  // namespace trellis::storage
