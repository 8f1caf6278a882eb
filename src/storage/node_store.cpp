// SPDX-License-Identifier: Apache-2.0
#include "storage/node_store.h"

#include <algorithm>

namespace trellis::storage {

NodeSegment::NodeSegment() {
  stamp.fill(kNever);
  label_set.fill(kNoLabelSet);
  head.fill(nullptr);
}

NodeSegment::~NodeSegment() {
  drop_columns();
  for (Version* version : head) VersionDeleter()(version);
}

const SegmentColumn* NodeSegment::column(KeyId key) const {
  std::unique_ptr<SegmentColumn> made;
  for (auto& place : columns_) {
    SegmentColumn* column = place.load(std::memory_order_acquire);
    if (!column) {
      if (!made) made = make_column(head, key);
      // Another reader may have put one there meanwhile, perhaps this very one.
      if (place.compare_exchange_strong(column, made.get())) column = made.release();
    }
    if (column->key == key) return column->usable() ? column : nullptr;
  }
  return nullptr;
}

void NodeSegment::drop_columns() {
  for (auto& place : columns_) {
    SegmentColumn* column = place.load(std::memory_order_relaxed);
    if (!column) return;  // filled from the front
    delete column;
    place.store(nullptr, std::memory_order_relaxed);
  }
}

NodeSegment& NodeStore::segment_for(NodeId id) {
  const size_t index = id / kSegmentRows;
  if (segments_.size() <= index) segments_.resize(index + 1);
  if (!segments_[index]) segments_[index] = std::make_unique<NodeSegment>();
  return *segments_[index];
}

void NodeStore::set_head(NodeId id, Version* version) {
  NodeSegment& segment = *segments_[id / kSegmentRows];
  const size_t slot = id % kSegmentRows;
  segment.drop_columns();
  if (const Version* before = segment.head[slot]; before && is_mark(segment.stamp[slot])) {
    --segment.unsettled;
  }
  if (version && is_mark(version->stamp)) {
    ++segment.unsettled;
  } else if (version) {
    segment.newest = std::max(segment.newest, version->stamp);
  }
  if (version && !segment.head[slot]) ++segment.live;
  if (!version && segment.head[slot]) --segment.live;
  segment.head[slot] = version;
  segment.stamp[slot] = version ? version->stamp : kNever;
  segment.label_set[slot] = version ? version->label_set : kNoLabelSet;
}

void NodeStore::drop_if_empty(size_t index) {
  if (segments_[index]->live == 0 && (index + 1) * kSegmentRows <= next_id_) {
    segments_[index].reset();
  }
}

NodeId NodeStore::append(VersionPtr version) {
  const NodeId id = next_id_;
  place(id, std::move(version));
  return id;
}

void NodeStore::place(NodeId id, VersionPtr version) {
  segment_for(id);
  set_head(id, version.release());
  reserve_ids(id + 1);
}

void NodeStore::reserve_ids(NodeId next) { next_id_ = std::max(next_id_, next); }

void NodeStore::push(NodeId id, VersionPtr version) {
  version->older = head(id);
  set_head(id, version.release());
}

VersionPtr NodeStore::pop(NodeId id) {
  VersionPtr version(head(id));
  set_head(id, version->older);
  version->older = nullptr;
  drop_if_empty(id / kSegmentRows);
  return version;
}

VersionPtr NodeStore::take_second(NodeId id) {
  Version* top = head(id);
  VersionPtr second(top->older);
  top->older = second->older;
  second->older = nullptr;
  return second;
}

void NodeStore::settle(NodeId id, uint64_t stamp) {
  NodeSegment& segment = *segments_[id / kSegmentRows];
  segment.head[id % kSegmentRows]->stamp = stamp;
  segment.stamp[id % kSegmentRows] = stamp;
  --segment.unsettled;
  segment.newest = std::max(segment.newest, stamp);
}

VersionPtr NodeStore::trim(NodeId id, uint64_t oldest) {
  Version* version = head(id);
  if (!version) return nullptr;
  if (version->stamp <= oldest && version->deleted()) {
    for (const Direction direction : {Direction::kOutgoing, Direction::kIncoming}) {
      if (adjacency(id, direction)) make_adjacency(id, direction).clear();
    }
    set_head(id, nullptr);
    drop_if_empty(id / kSegmentRows);
    return VersionPtr(version);
  }
  while (version && version->stamp > oldest) version = version->older;
  if (!version) return nullptr;
  VersionPtr rest(version->older);
  version->older = nullptr;
  return rest;
}

const Adjacency* NodeStore::adjacency(NodeId id, Direction direction) const {
  const NodeSegment* s = segment(id / kSegmentRows);
  if (!s) return nullptr;
  const auto& column = s->adjacency[direction == Direction::kIncoming];
  return column ? &(*column)[id % kSegmentRows] : nullptr;
}

Adjacency& NodeStore::make_adjacency(NodeId id, Direction direction) {
  auto& column = segments_[id / kSegmentRows]->adjacency[direction == Direction::kIncoming];
  if (!column) column = std::make_unique<AdjacencyColumn>();
  return (*column)[id % kSegmentRows];
}

}  // namespace trellis::storage
