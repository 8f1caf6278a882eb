// SPDX-License-Identifier: Apache-2.0
#include "storage/garbage.h"

namespace trellis::storage {
namespace {

VersionPtr trim_node(Graph& graph, NodeId id, uint64_t oldest) {
  VersionPtr rest = graph.nodes.trim(id, oldest);
  graph.indexes.removed(id, rest.get());
  return rest;
}

VersionPtr trim_properties(Graph& graph, RelationshipId id, uint64_t oldest) {
  if (!graph.relationships.find(id)) return nullptr;
  Version* version = graph.relationships.at(id).properties;
  while (version && version->stamp > oldest) version = version->older;
  if (!version) return nullptr;
  VersionPtr rest(version->older);
  version->older = nullptr;
  return rest;
}

void drop_relationship(Graph& graph, RelationshipId id) {
  const RelationshipSlot slot = graph.relationships.at(id);
  graph.relationships.erase(id);
  const auto gone = [&](RelationshipId r) { return graph.relationships.find(r) == nullptr; };
  for (const Direction direction : {Direction::kOutgoing, Direction::kIncoming}) {
    const NodeId node = direction == Direction::kOutgoing ? slot.start : slot.end;
    Adjacency& adjacency = graph.nodes.make_adjacency(node, direction);
    if (adjacency.mark_garbage(slot.type)) adjacency.sweep(slot.type, gone);
  }
}

}  // namespace

void Garbage::add(std::vector<GarbageItem> items) {
  MutexLock lock(mutex_);
  items_.insert(items_.end(), items.begin(), items.end());
}

bool Garbage::any_before(uint64_t oldest) const {
  MutexLock lock(mutex_);
  return !items_.empty() && items_.front().stamp <= oldest;
}

size_t Garbage::size() const {
  MutexLock lock(mutex_);
  return items_.size();
}

bool Garbage::collect(Graph& graph, Latch& latch, uint64_t oldest, size_t limit) {
  MutexLock alone(collecting_);
  std::vector<GarbageItem> taken;
  bool more = false;
  {
    MutexLock lock(mutex_);
    while (!items_.empty() && items_.front().stamp <= oldest && taken.size() < limit) {
      taken.push_back(items_.front());
      items_.pop_front();
    }
    more = !items_.empty() && items_.front().stamp <= oldest;
  }
  if (taken.empty()) return false;
  std::vector<VersionPtr> freed;  // outside the latch
  freed.reserve(taken.size());
  WriteLatch hold(latch);
  for (const GarbageItem& item : taken) {
    switch (item.kind) {
      case GarbageItem::Kind::kNode:
        freed.push_back(trim_node(graph, item.id, oldest));
        break;
      case GarbageItem::Kind::kRelationship:
        drop_relationship(graph, item.id);
        break;
      case GarbageItem::Kind::kRelationshipProperties:
        freed.push_back(trim_properties(graph, item.id, oldest));
        break;
    }
  }
  return more;
}

}  // namespace trellis::storage
