// SPDX-License-Identifier: Apache-2.0
//
// All structures that the latch guards, together.
#pragma once

#include "storage/index_set.h"
#include "storage/label_sets.h"
#include "storage/node_store.h"
#include "storage/relationship_store.h"

namespace trellis::storage {

struct Graph {
  LabelSets label_sets;
  NodeStore nodes;
  RelationshipStore relationships;
  IndexSet indexes{nodes, label_sets};

  // True when the node's adjacency holds a relationship that is committed, or made by `mark`, and
  // that `mark` has not deleted. `newest` becomes the greatest stamp of creation met.
  bool has_relationships(NodeId node, uint64_t mark, uint64_t& newest) const;
};

}  // namespace trellis::storage
