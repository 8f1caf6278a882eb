// SPDX-License-Identifier: Apache-2.0
#include "storage/graph_loader.h"

#include <algorithm>

#include "storage/schema_registry.h"

namespace trellis::storage {
namespace {
constexpr uint64_t kLoaded = 0;  // the stamp of all that was there before the first snapshot
}

bool GraphLoader::new_token(TokenKind kind, uint32_t id, std::string_view name) {
  return tokens_.place(kind, id, name);
}

bool GraphLoader::create_node(NodeId id, std::vector<LabelId> labels,
                              std::span<const Property> properties) {
  if (graph_.nodes.head(id)) return false;
  const uint32_t label_count = tokens_.size(TokenKind::kLabel);
  for (const LabelId label : labels) {
    if (label >= label_count) return false;
  }
  const uint32_t set = graph_.label_sets.intern(std::move(labels));
  graph_.nodes.place(id, make_version(kLoaded, set, properties));
  return true;
}

void GraphLoader::replace(NodeId id, VersionPtr version) {
  // The place first: a segment that runs empty for a moment would take its adjacency with it.
  graph_.nodes.push(id, std::move(version));
  graph_.nodes.trim(id, kLoaded);
}

bool GraphLoader::set_node_property(NodeId id, KeyId key, const value::Value& value) {
  const Version* head = graph_.nodes.head(id);
  if (!head) return false;
  replace(id, make_version_with(kLoaded, head->label_set, head, key, value));
  return true;
}

bool GraphLoader::set_label(NodeId id, LabelId label, bool present) {
  const Version* head = graph_.nodes.head(id);
  if (!head || label >= tokens_.size(TokenKind::kLabel)) return false;
  const uint32_t set = present ? graph_.label_sets.with(head->label_set, label)
                               : graph_.label_sets.without(head->label_set, label);
  replace(id, make_version_like(kLoaded, set, head));
  return true;
}

bool GraphLoader::delete_node(NodeId id) {
  if (!graph_.nodes.head(id)) return false;
  replace(id, make_tombstone(kLoaded));
  return true;
}

bool GraphLoader::create_relationship(RelationshipId id, NodeId start, NodeId end, TypeId type,
                                      std::span<const Property> properties) {
  if (graph_.relationships.find(id) || !graph_.nodes.head(start) || !graph_.nodes.head(end) ||
      type >= tokens_.size(TokenKind::kType)) {
    return false;
  }
  VersionPtr version = properties.empty() ? nullptr : make_version(kLoaded, 0, properties);
  graph_.relationships.place(id, start, end, type, kLoaded, std::move(version));
  graph_.nodes.make_adjacency(start, Direction::kOutgoing).add(type, {id, end}, kLoaded);
  graph_.nodes.make_adjacency(end, Direction::kIncoming).add(type, {id, start}, kLoaded);
  return true;
}

bool GraphLoader::set_relationship_property(RelationshipId id, KeyId key,
                                            const value::Value& value) {
  if (!graph_.relationships.find(id)) return false;
  RelationshipSlot& slot = graph_.relationships.at(id);
  VersionPtr before(slot.properties);
  slot.properties = make_version_with(kLoaded, 0, before.get(), key, value).release();
  return true;
}

bool GraphLoader::delete_relationship(RelationshipId id) {
  const RelationshipSlot* slot = graph_.relationships.find(id);
  if (!slot) return false;
  graph_.nodes.make_adjacency(slot->start, Direction::kOutgoing).erase_now(slot->type, id);
  graph_.nodes.make_adjacency(slot->end, Direction::kIncoming).erase_now(slot->type, id);
  graph_.relationships.erase(id);
  return true;
}

bool GraphLoader::create_index(const IndexDescriptor& index) {
  apply_schema_change(schema_, {SchemaChange::Kind::kCreateIndex, index.id, index, {}});
  return true;
}

bool GraphLoader::drop_index(SchemaId id) {
  apply_schema_change(schema_, {SchemaChange::Kind::kDropIndex, id, {}, {}});
  return true;
}

bool GraphLoader::create_constraint(const ConstraintDescriptor& constraint) {
  apply_schema_change(schema_,
                      {SchemaChange::Kind::kCreateConstraint, constraint.id, {}, constraint});
  return true;
}

bool GraphLoader::drop_constraint(SchemaId id) {
  apply_schema_change(schema_, {SchemaChange::Kind::kDropConstraint, id, {}, {}});
  return true;
}

}  // namespace trellis::storage
