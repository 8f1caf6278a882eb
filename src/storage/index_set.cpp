// SPDX-License-Identifier: Apache-2.0
#include "storage/index_set.h"

#include <algorithm>

namespace trellis::storage {

RangeIndex& IndexSet::create(SchemaId id, LabelId label, KeyId key, bool unique) {
  auto& index = indexes_.emplace_back(std::make_unique<RangeIndex>());
  index->id = id;
  index->label = label;
  index->key = key;
  index->unique = unique;
  return *index;
}

void IndexSet::drop(SchemaId id) {
  std::erase_if(indexes_, [&](const auto& index) { return index->id == id; });
}

const RangeIndex* IndexSet::find(SchemaId id) const {
  for (const auto& index : indexes_) {
    if (index->id == id) return index.get();
  }
  return nullptr;
}

const value::Value* IndexSet::indexed_value(const RangeIndex& index, const Version& version) const {
  if (version.deleted() || !label_sets_.has(version.label_set, index.label)) return nullptr;
  return version.find(index.key);
}

void IndexSet::added(NodeId node, const Version& version) {
  for (const auto& index : indexes_) {
    if (const value::Value* v = indexed_value(*index, version)) {
      index->postings.add(value::hash(*v), node);
    }
  }
}

void IndexSet::removed(NodeId node, const Version* versions) {
  if (indexes_.empty()) return;
  for (; versions; versions = versions->older) {
    for (const auto& index : indexes_) {
      const value::Value* v = indexed_value(*index, *versions);
      if (!v) continue;
      const uint64_t hash = value::hash(*v);
      bool kept = false;
      for (const Version* other = nodes_.head(node); other && !kept; other = other->older) {
        const value::Value* still = indexed_value(*index, *other);
        kept = still && value::hash(*still) == hash;
      }
      if (!kept) index->postings.remove(hash, node);
    }
  }
}

void IndexSet::populate(RangeIndex& index, uint32_t segment) const {
  const NodeSegment* s = nodes_.segment(segment);
  if (!s) return;
  for (uint32_t i = 0; i < kSegmentRows; ++i) {
    for (const Version* version = s->head[i]; version; version = version->older) {
      if (const value::Value* v = indexed_value(index, *version)) {
        index.postings.add(value::hash(*v), uint64_t{segment} * kSegmentRows + i);
      }
    }
  }
}

bool IndexSet::matches(const RangeIndex& index, const Version& version,
                       const value::Value& key) const {
  const value::Value* v = indexed_value(index, version);
  return v && value::equals(*v, key) == value::Ternary::kTrue;
}

std::optional<NodeId> IndexSet::holder(const RangeIndex& index, const value::Value& key,
                                       uint64_t mark, std::optional<NodeId> self) const {
  std::optional<NodeId> found;
  index.postings.each(value::hash(key), std::nullopt, [&](NodeId node) {
    const Version* version = latest_version(nodes_.head(node), mark);
    if (node != self && version && matches(index, *version, key)) found = node;
    return !found;
  });
  return found;
}

std::optional<IndexSet::Double> IndexSet::find_double(const RangeIndex& index) const {
  std::optional<Double> found;
  index.postings.each_shared([&](const SortedIds& ids) {
    // One hash: nearly always one value, so comparing with the first holder of each suffices.
    std::vector<std::pair<NodeId, const value::Value*>> seen;
    ids.each(std::nullopt, [&](NodeId node) {
      const Version* version = nodes_.head(node);
      const value::Value* v = version ? indexed_value(index, *version) : nullptr;
      if (!v) return true;
      for (const auto& [other, held] : seen) {
        if (value::equals(*held, *v) == value::Ternary::kTrue) found = Double{other, node};
      }
      seen.emplace_back(node, v);
      return !found && seen.size() < 1000;  // NaN alone can gather so many
    });
    return !found;
  });
  return found;
}

}  // namespace trellis::storage
