// SPDX-License-Identifier: Apache-2.0
#include "storage/graph.h"

#include <algorithm>

namespace trellis::storage {

bool Graph::has_relationships(NodeId node, uint64_t mark, uint64_t& newest) const {
  bool found = false;
  for (const Direction direction : {Direction::kOutgoing, Direction::kIncoming}) {
    const Adjacency* adjacency = nodes.adjacency(node, direction);
    if (!adjacency) continue;
    for (const AdjacencyGroup& group : adjacency->groups()) {
      for (const AdjacencyEntry& entry : group.entries) {
        const RelationshipSlot* slot = relationships.find(entry.relationship);
        if (!slot || (is_mark(slot->created) && slot->created != mark)) continue;
        if (slot->deleted == mark || (slot->deleted != kNever && !is_mark(slot->deleted))) continue;
        found = true;
        if (!is_mark(slot->created)) newest = std::max(newest, slot->created);
      }
    }
  }
  return found;
}

}  // namespace trellis::storage
