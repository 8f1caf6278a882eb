// SPDX-License-Identifier: Apache-2.0
#include "storage/resident_transaction.h"

namespace trellis::storage {
namespace {

using value::Value;

constexpr size_t kPrefetchAhead = 12;
constexpr size_t kColumnWorth = 128;  // rows of a batch that pay for making a column

tl::unexpected<Error> no_such(std::string_view kind, uint64_t id) {
  return fail(ErrorCode::EntityNotFound,
              "{} {} does not exist, or has been deleted in this transaction.", kind, id);
}

bool is_inline(value::Type type) {
  switch (type) {
    case value::Type::kNull:
    case value::Type::kBoolean:
    case value::Type::kInteger:
    case value::Type::kFloat:
    case value::Type::kDate:
      return true;
    default:
      return false;
  }
}

Value copied(const Value* v, Arena& arena) {
  if (!v) return {};
  return is_inline(v->type()) ? *v : value::copy_into(arena, *v);
}

std::span<const Property> all_of(const Version* version, Arena& arena) {
  if (!version || version->count == 0) return {};
  auto* out = arena.alloc_array<Property>(version->count);
  for (uint32_t i = 0; i < version->count; ++i) {
    new (&out[i]) Property{version->keys()[i], value::copy_into(arena, version->values()[i])};
  }
  return {out, version->count};
}

// A batch from one segment in which nothing is hidden: no version need be touched. False: it is not
// so, or a node is missing; nothing that was written to `out` counts.
bool read_column(const NodeStore& nodes, std::span<const NodeId> ids, KeyId key, const View& view,
                 Value* out) {
  if (ids.size() < kColumnWorth) return false;
  const NodeId number = ids.front() / kSegmentRows;
  const NodeSegment* segment = nodes.segment(number);
  if (!segment || ids.back() / kSegmentRows != number || !segment->clean(view)) return false;
  const SegmentColumn* column = segment->column(key);
  if (!column) return false;
  for (size_t i = 0; i < ids.size(); ++i) {
    const size_t slot = ids[i] % kSegmentRows;
    if (ids[i] / kSegmentRows != number || segment->label_set[slot] == kNoLabelSet) return false;
    out[i] = column->at(slot);
  }
  return true;
}

}  // namespace

Result<> ResidentTransaction::node_properties(std::span<const NodeId> ids, KeyId key, Arena& arena,
                                              Value* out) const {
  ReadLatch hold(engine_.latch);
  const NodeStore& nodes = engine_.graph.nodes;
  if (read_column(nodes, ids, key, view_, out)) return {};
  for (size_t i = 0; i < ids.size(); ++i) {
    if (i + kPrefetchAhead < ids.size()) {
      __builtin_prefetch(nodes.head(ids[i + kPrefetchAhead]));
    }
    const Version* version = nodes.visible(ids[i], view_);
    if (!version) return no_such("Node", ids[i]);
    out[i] = copied(version->find(key), arena);
  }
  return {};
}

Result<> ResidentTransaction::relationship_properties(std::span<const RelationshipId> ids,
                                                      KeyId key, Arena& arena, Value* out) const {
  ReadLatch hold(engine_.latch);
  for (size_t i = 0; i < ids.size(); ++i) {
    const RelationshipSlot* slot = engine_.graph.relationships.visible(ids[i], view_);
    if (!slot) return no_such("Relationship", ids[i]);
    const Version* version = visible_version(slot->properties, view_);
    out[i] = version ? copied(version->find(key), arena) : Value();
  }
  return {};
}

Result<std::span<const Property>> ResidentTransaction::all_node_properties(NodeId id,
                                                                           Arena& arena) const {
  ReadLatch hold(engine_.latch);
  const Version* version = engine_.graph.nodes.visible(id, view_);
  if (!version) return no_such("Node", id);
  return all_of(version, arena);
}

Result<std::span<const Property>> ResidentTransaction::all_relationship_properties(
    RelationshipId id, Arena& arena) const {
  ReadLatch hold(engine_.latch);
  const RelationshipSlot* slot = engine_.graph.relationships.visible(id, view_);
  if (!slot) return no_such("Relationship", id);
  return all_of(visible_version(slot->properties, view_), arena);
}

Result<std::span<const LabelId>> ResidentTransaction::node_labels(NodeId id, Arena& arena) const {
  ReadLatch hold(engine_.latch);
  const Version* version = engine_.graph.nodes.visible(id, view_);
  if (!version) return no_such("Node", id);
  const auto labels = engine_.graph.label_sets.labels(version->label_set);
  auto* out = arena.alloc_array<LabelId>(labels.size());
  std::copy(labels.begin(), labels.end(), out);
  return std::span<const LabelId>(out, labels.size());
}

Result<> ResidentTransaction::relationship_ends(std::span<const RelationshipId> ids,
                                                RelationshipEnds* out) const {
  ReadLatch hold(engine_.latch);
  for (size_t i = 0; i < ids.size(); ++i) {
    const RelationshipSlot* slot = engine_.graph.relationships.find(ids[i]);
    // Deleted here is fine; created or deleted by others beyond the snapshot is not.
    if (!slot || !view_.sees(slot->created) ||
        (slot->deleted != view_.mark && view_.sees(slot->deleted))) {
      return no_such("Relationship", ids[i]);
    }
    out[i] = {slot->start, slot->end, slot->type};
  }
  return {};
}

Result<bool> ResidentTransaction::seek_nodes(SchemaId index, const Value& key,
                                             std::optional<NodeId> after, uint32_t limit,
                                             std::vector<NodeId>& out) const {
  ReadLatch hold(engine_.latch);
  const IndexSet& indexes = engine_.graph.indexes;
  const NodeStore& nodes = engine_.graph.nodes;
  const RangeIndex* found = indexes.find(index);
  if (!found) {
    return fail(ErrorCode::IndexNotFound, "There is no index with the number {}. Plan again.",
                index);
  }
  if (key.is_null()) return true;
  uint32_t left = limit;
  bool exhausted = true;
  indexes.each_candidate(*found, key, after, [&](NodeId node) {
    const Version* version = nodes.visible(node, view_);
    if (!version || !indexes.matches(*found, *version, key)) return true;
    if (left == 0) {
      exhausted = false;
      return false;
    }
    out.push_back(node);
    --left;
    return true;
  });
  return exhausted;
}

}  // namespace trellis::storage
