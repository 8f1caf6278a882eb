// SPDX-License-Identifier: Apache-2.0
#include "storage/resident_transaction.h"

namespace trellis::storage {

uint32_t ResidentTransaction::node_segment_count() const {
  ReadLatch hold(engine_.latch);
  return engine_.graph.nodes.segment_count();
}

uint32_t ResidentTransaction::relationship_segment_count() const {
  ReadLatch hold(engine_.latch);
  return engine_.graph.relationships.segment_count();
}

uint32_t ResidentTransaction::scan_nodes(uint32_t segment, std::optional<LabelId> label,
                                         NodeId* out) const {
  ReadLatch hold(engine_.latch);
  const NodeSegment* s = engine_.graph.nodes.segment(segment);
  if (!s) return 0;
  const LabelSets& label_sets = engine_.graph.label_sets;
  const NodeId base = uint64_t{segment} * kSegmentRows;
  uint32_t count = 0;
  // Neighbours mostly have the same labels, so the answer for the last set is kept.
  uint32_t known_set = kNoLabelSet;
  bool known_answer = false;
  for (uint32_t i = 0; i < kSegmentRows; ++i) {
    uint32_t set = s->label_set[i];
    if (!view_.sees(s->stamp[i])) {
      const Version* version = visible_version(s->head[i], view_);
      set = version ? version->label_set : kNoLabelSet;
    }
    if (set != known_set) {
      known_set = set;
      known_answer = set != kNoLabelSet && (!label || label_sets.has(set, *label));
    }
    out[count] = base + i;
    count += known_answer ? 1 : 0;
  }
  return count;
}

uint32_t ResidentTransaction::scan_relationships(uint32_t segment, std::optional<TypeId> type,
                                                 RelationshipId* out) const {
  ReadLatch hold(engine_.latch);
  const RelationshipSegment* s = engine_.graph.relationships.segment(segment);
  if (!s) return 0;
  const RelationshipId base = uint64_t{segment} * kSegmentRows;
  uint32_t count = 0;
  for (uint32_t i = 0; i < kSegmentRows; ++i) {
    const RelationshipSlot& slot = s->slots[i];
    out[count] = base + i;
    count += slot.visible(view_) && (!type || slot.type == *type) ? 1 : 0;
  }
  return count;
}

void ResidentTransaction::nodes_exist(std::span<const NodeId> ids, bool* out) const {
  ReadLatch hold(engine_.latch);
  for (size_t i = 0; i < ids.size(); ++i) {
    out[i] = engine_.graph.nodes.visible(ids[i], view_) != nullptr;
  }
}

void ResidentTransaction::relationships_exist(std::span<const RelationshipId> ids,
                                              bool* out) const {
  ReadLatch hold(engine_.latch);
  for (size_t i = 0; i < ids.size(); ++i) {
    out[i] = engine_.graph.relationships.visible(ids[i], view_) != nullptr;
  }
}

void ResidentTransaction::nodes_have_label(std::span<const NodeId> ids, LabelId label,
                                           bool* out) const {
  ReadLatch hold(engine_.latch);
  const NodeStore& nodes = engine_.graph.nodes;
  const LabelSets& label_sets = engine_.graph.label_sets;
  for (size_t i = 0; i < ids.size(); ++i) {
    const NodeSegment* s = nodes.segment(ids[i] / kSegmentRows);
    out[i] = false;
    if (!s) continue;
    const size_t slot = ids[i] % kSegmentRows;
    uint32_t set = s->label_set[slot];
    if (!view_.sees(s->stamp[slot])) {
      const Version* version = visible_version(s->head[slot], view_);
      set = version ? version->label_set : kNoLabelSet;
    }
    out[i] = set != kNoLabelSet && label_sets.has(set, label);
  }
}

}  // namespace trellis::storage
