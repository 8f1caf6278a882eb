// SPDX-License-Identifier: Apache-2.0
#include "storage/relationship_store.h"

#include <algorithm>

namespace trellis::storage {

RelationshipSegment::~RelationshipSegment() {
  for (const RelationshipSlot& slot : slots) VersionDeleter()(slot.properties);
}

RelationshipId RelationshipStore::append(NodeId start, NodeId end, TypeId type, uint64_t stamp,
                                         VersionPtr properties) {
  const RelationshipId id = next_id_;
  place(id, start, end, type, stamp, std::move(properties));
  return id;
}

void RelationshipStore::place(RelationshipId id, NodeId start, NodeId end, TypeId type,
                              uint64_t stamp, VersionPtr properties) {
  const size_t index = id / kSegmentRows;
  if (segments_.size() <= index) segments_.resize(index + 1);
  if (!segments_[index]) segments_[index] = std::make_unique<RelationshipSegment>();
  ++segments_[index]->live;
  at(id) = {start, end, stamp, kNever, properties.release(), type};
  reserve_ids(id + 1);
}

void RelationshipStore::reserve_ids(RelationshipId next) { next_id_ = std::max(next_id_, next); }

void RelationshipStore::erase(RelationshipId id) {
  RelationshipSlot& slot = at(id);
  VersionDeleter()(slot.properties);
  slot = {};
  const size_t index = id / kSegmentRows;
  if (--segments_[index]->live == 0 && (index + 1) * kSegmentRows <= next_id_) {
    segments_[index].reset();
  }
}

}  // namespace trellis::storage
