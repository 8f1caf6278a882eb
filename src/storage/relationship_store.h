// SPDX-License-Identifier: Apache-2.0
//
// Relationships in segments of kSegmentRows slots. Ends and type never change, so they lie in the
// slot with the stamps of creation and deletion; properties hang below as versions.
// Guarded by the latch. Ids are never reused.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "storage/version.h"

namespace trellis::storage {

struct RelationshipSlot {
  NodeId start = 0;
  NodeId end = 0;
  uint64_t created = kNever;  // kNever: no such relationship
  uint64_t deleted = kNever;
  Version* properties = nullptr;
  TypeId type = 0;

  bool visible(const View& view) const { return view.sees(created) && !view.sees(deleted); }
};

struct RelationshipSegment {
  RelationshipSegment() = default;
  ~RelationshipSegment();
  RelationshipSegment(const RelationshipSegment&) = delete;
  RelationshipSegment& operator=(const RelationshipSegment&) = delete;

  std::array<RelationshipSlot, kSegmentRows> slots;
  uint32_t live = 0;
};

class RelationshipStore {
 public:
  RelationshipId next_id() const { return next_id_; }
  uint32_t segment_count() const { return static_cast<uint32_t>(segments_.size()); }
  const RelationshipSegment* segment(size_t index) const {
    return index < segments_.size() ? segments_[index].get() : nullptr;
  }
  const RelationshipSlot* find(RelationshipId id) const {
    const RelationshipSegment* s = segment(id / kSegmentRows);
    if (!s) return nullptr;
    const RelationshipSlot& slot = s->slots[id % kSegmentRows];
    return slot.created == kNever ? nullptr : &slot;
  }
  const RelationshipSlot* visible(RelationshipId id, const View& view) const {
    const RelationshipSlot* slot = find(id);
    return slot && slot->visible(view) ? slot : nullptr;
  }
  RelationshipSlot& at(RelationshipId id) {
    return segments_[id / kSegmentRows]->slots[id % kSegmentRows];
  }

  // properties may be null: none.
  RelationshipId append(NodeId start, NodeId end, TypeId type, uint64_t stamp,
                        VersionPtr properties);
  void place(RelationshipId id, NodeId start, NodeId end, TypeId type, uint64_t stamp,
             VersionPtr properties);
  void reserve_ids(RelationshipId next);
  void erase(RelationshipId id);

 private:
  RelationshipId next_id_ = 0;
  std::vector<std::unique_ptr<RelationshipSegment>> segments_;
};

}  // namespace trellis::storage
