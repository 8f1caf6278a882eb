// SPDX-License-Identifier: Apache-2.0
#include "cypher/exec/operators/creation.h"

#include <algorithm>

#include "value/access.h"
#include "value/compare.h"

namespace trellis::cypher::exec {

using storage::Property;
using value::Type;
using value::Value;
using value::Vector;

Result<storage::KeyId> KeyNames::id(std::string_view name) {
  for (const auto& [known, id] : known_) {
    if (known == name) return id;
  }
  TRELLIS_TRY_ASSIGN(const storage::KeyId id, writer_.key(name));
  if (known_.size() < 32) known_.emplace_back(name, id);
  return id;
}

Result<std::span<const Property>> properties_to_store(KeyNames& keys, const Value& map,
                                                      bool merging, Arena& arena) {
  if (map.is_null()) return std::span<const Property>();
  if (!map.is(Type::kMap)) {
    return fail(ErrorCode::TypeError, "Properties must be given as a map, not as: {}",
                value::to_text(map));
  }
  const auto entries = map.as_map();
  auto* properties = arena.alloc_array<Property>(entries.size());
  size_t count = 0;
  for (const value::MapEntry& entry : entries) {
    if (entry.value.is_null()) {
      if (!merging) continue;
      return fail(ErrorCode::MergeReadOwnWrites,
                  "Cannot merge on a null value for the property '{}'. Use a value, or leave the "
                  "property out of the pattern and set it with ON CREATE SET.",
                  entry.key);
    }
    TRELLIS_TRY_ASSIGN(properties[count].value, value::to_property(arena, entry.value));
    TRELLIS_TRY_ASSIGN(properties[count].key, keys.id(entry.key));
    ++count;
  }
  return std::span<const Property>(properties, count);
}

void PatternCreator::start(value::Batch& rows, Arena& arena) {
  rows_ = &rows;
  arena_ = &arena;
  next_node_ = next_relationship_ = 0;
  prepared_ = false;
}

Result<Poll> PatternCreator::run(const PollContext& context) {
  for (; next_node_ < nodes_.size(); ++next_node_) {
    const plan::NodeCreation& node = nodes_[next_node_];
    if (!prepared_) TRELLIS_TRY(prepare_node(node));
    prepared_ = true;
    TRELLIS_TRY_ASSIGN(const Poll poll, x_.writer().lock_keys(locks_, context));
    if (poll != Poll::kReady) return poll;
    TRELLIS_TRY(create_nodes(node));
    prepared_ = false;
  }
  if (next_relationship_ < relationships_.size()) {
    if (!prepared_) TRELLIS_TRY(prepare_relationships());
    prepared_ = true;
    TRELLIS_TRY_ASSIGN(const Poll poll,
                       x_.writer().lock_nodes(locks_, storage::LockMode::kShared, context));
    if (poll != Poll::kReady) return poll;
    for (; next_relationship_ < relationships_.size(); ++next_relationship_) {
      TRELLIS_TRY(create_relationships(relationships_[next_relationship_]));
    }
  }
  return Poll::kReady;
}

Result<> PatternCreator::evaluate_properties(const plan::Expression* e) {
  properties_.assign(rows_->rows, {});
  if (e == nullptr) return {};
  TRELLIS_TRY_ASSIGN(const Vector maps, evaluator_.evaluate(*e, *rows_, *arena_));
  for (uint32_t i = 0; i < rows_->rows; ++i) {
    auto properties = properties_to_store(keys_, maps.get(i), false, *arena_);
    if (!properties) return fail(std::move(properties.error()).at(e->position));
    properties_[i] = *properties;
  }
  return {};
}

Result<> PatternCreator::prepare_node(const plan::NodeCreation& node) {
  labels_.clear();
  for (const plan::TokenRef& label : node.labels) {
    TRELLIS_TRY_ASSIGN(const storage::LabelId id, x_.writer().token(*label));
    if (std::find(labels_.begin(), labels_.end(), id) == labels_.end()) labels_.push_back(id);
  }
  TRELLIS_TRY(evaluate_properties(node.properties.get()));
  locks_.clear();
  if (!x_.writer().has_uniqueness()) return {};
  for (const PropertySpan properties : properties_) {
    for (const Property& property : properties) {
      x_.writer().unique_keys(labels_, property.key, property.value, locks_);
    }
  }
  return {};
}

Result<> PatternCreator::create_nodes(const plan::NodeCreation& node) {
  auto* ids = arena_->alloc_array<uint64_t>(rows_->rows);
  for (uint32_t i = 0; i < rows_->rows; ++i) {
    TRELLIS_TRY_ASSIGN(ids[i], x_.writer().create_node(labels_, properties_[i]));
  }
  if (node.node != plan::kNoSlot) rows_->slot(node.node) = Vector::nodes(ids);
  return {};
}

Result<> PatternCreator::prepare_relationships() {
  locks_.clear();
  for (const plan::RelationshipCreation& relationship : relationships_) {
    for (const plan::SlotId slot : {relationship.start, relationship.end}) {
      const Vector& ends = rows_->slot(slot);
      for (uint32_t i = 0; i < rows_->rows; ++i) {
        const Value node = ends.get(i);
        if (!node.is(Type::kNode)) {
          return fail(ErrorCode::EntityNotFound,
                      "A relationship of type {} cannot be created: one of its nodes is {}.",
                      relationship.type->name,
                      node.is_null() ? "missing (null)" : value::to_text(node));
        }
        locks_.push_back(node.entity_id());
      }
    }
  }
  return {};
}

Result<> PatternCreator::create_relationships(const plan::RelationshipCreation& relationship) {
  TRELLIS_TRY_ASSIGN(const storage::TypeId type, x_.writer().token(*relationship.type));
  TRELLIS_TRY(evaluate_properties(relationship.properties.get()));
  const Vector starts = rows_->slot(relationship.start);
  const Vector ends = rows_->slot(relationship.end);
  auto* ids = arena_->alloc_array<uint64_t>(rows_->rows);
  for (uint32_t i = 0; i < rows_->rows; ++i) {
    TRELLIS_TRY_ASSIGN(
        ids[i], x_.writer().create_relationship(starts.get(i).entity_id(), ends.get(i).entity_id(),
                                                type, properties_[i]));
  }
  if (relationship.relationship != plan::kNoSlot) {
    rows_->slot(relationship.relationship) = Vector::relationships(ids);
  }
  return {};
}

}  // namespace trellis::cypher::exec
