// SPDX-License-Identifier: Apache-2.0
//
// Nodes in segments of kSegmentRows slots. Of each node's newest version the stamp and the label
// set lie in arrays of the segment, so that scans touch no version unless it is too new for them.
// Guarded by the latch.
//
// Invariants
//   1. head[i] is null and stamp[i] is kNever where no version exists.
//   2. stamp[i] == head[i]->stamp and label_set[i] == head[i]->label_set otherwise.
//   3. At most the head is uncommitted. Ids are never reused.
//   4. unsettled counts uncommitted heads, newest is no older than any committed one; so a segment
//      is clean for a snapshot when nothing in it is hidden from that snapshot.
//   5. Columns show the heads. Readers add them under the shared latch, writers, who are alone,
//      drop them before they change a head.
//   6. A segment whose last node is gone and that can get no new one is given back.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <vector>

#include "storage/adjacency.h"
#include "storage/segment_column.h"
#include "storage/version.h"

namespace trellis::storage {

struct NodeSegment {
  NodeSegment();
  ~NodeSegment();
  NodeSegment(const NodeSegment&) = delete;
  NodeSegment& operator=(const NodeSegment&) = delete;

  std::array<uint64_t, kSegmentRows> stamp;
  std::array<uint32_t, kSegmentRows> label_set;
  std::array<Version*, kSegmentRows> head;
  std::array<std::unique_ptr<AdjacencyColumn>, 2> adjacency;  // outgoing, incoming; made when used
  uint32_t live = 0;                                          // slots with a head
  uint32_t unsettled = 0;
  uint64_t newest = 0;

  bool clean(const View& view) const { return unsettled == 0 && newest <= view.snapshot; }
  // The column of a key, made when there is room for one more; null: read the versions. Only for
  // a clean segment.
  const SegmentColumn* column(KeyId key) const;
  void drop_columns();

 private:
  static constexpr size_t kColumns = 4;
  mutable std::array<std::atomic<SegmentColumn*>, kColumns> columns_{};
};

class NodeStore {
 public:
  NodeId next_id() const { return next_id_; }
  uint32_t segment_count() const { return static_cast<uint32_t>(segments_.size()); }
  const NodeSegment* segment(size_t index) const {
    return index < segments_.size() ? segments_[index].get() : nullptr;
  }

  NodeId append(VersionPtr version);
  // Recovery: a node of a given id; ids in between stay empty.
  void place(NodeId id, VersionPtr version);
  void reserve_ids(NodeId next);  // the next id is at least this

  Version* head(NodeId id) const {
    const NodeSegment* s = segment(id / kSegmentRows);
    return s ? s->head[id % kSegmentRows] : nullptr;
  }
  const Version* visible(NodeId id, const View& view) const {
    const Version* version = visible_version(head(id), view);
    return version && !version->deleted() ? version : nullptr;
  }

  void push(NodeId id, VersionPtr version);  // the head becomes older than it
  VersionPtr pop(NodeId id);                 // takes the head alone off
  VersionPtr take_second(NodeId id);         // takes the version below the head alone off
  void settle(NodeId id, uint64_t stamp);    // the head is committed
  // Takes off what no snapshot from `oldest` on can see; the node goes altogether when its head is
  // a deletion that all of them see.
  VersionPtr trim(NodeId id, uint64_t oldest);

  const Adjacency* adjacency(NodeId id, Direction direction) const;
  Adjacency& make_adjacency(NodeId id, Direction direction);

 private:
  NodeSegment& segment_for(NodeId id);
  void set_head(NodeId id, Version* version);
  void drop_if_empty(size_t index);

  NodeId next_id_ = 0;
  std::vector<std::unique_ptr<NodeSegment>> segments_;
};

}  // namespace trellis::storage
