// SPDX-License-Identifier: Apache-2.0
#include "storage/schema_registry.h"

#include <xxhash.h>

#include <algorithm>

namespace trellis::storage {
namespace {

bool same_rule(const IndexDescriptor& a, const IndexDescriptor& b) {
  return a.type == b.type && a.entity == b.entity && a.token == b.token && a.keys == b.keys;
}

std::string made_name(std::string_view prefix, uint32_t entity, uint32_t token,
                      const std::vector<KeyId>& keys) {
  ByteWriter bytes;
  bytes.u32(entity);
  bytes.u32(token);
  for (const KeyId key : keys) bytes.u32(key);
  return fmt::format("{}_{:08x}", prefix, XXH32(bytes.bytes().data(), bytes.bytes().size(), 0));
}

}  // namespace

void apply_schema_change(Schema& schema, const SchemaChange& change) {
  const auto has = [&](const auto& items) {
    return std::ranges::any_of(items, [&](const auto& item) { return item.id == change.id; });
  };
  const auto erase = [&](auto& items) {
    std::erase_if(items, [&](const auto& item) { return item.id == change.id; });
  };
  switch (change.kind) {
    case SchemaChange::Kind::kCreateIndex:
      if (!has(schema.indexes)) schema.indexes.push_back(change.index);
      break;
    case SchemaChange::Kind::kCreateConstraint:
      if (!has(schema.constraints)) schema.constraints.push_back(change.constraint);
      break;
    case SchemaChange::Kind::kDropIndex:
      erase(schema.indexes);
      break;
    case SchemaChange::Kind::kDropConstraint:
      erase(schema.constraints);
      break;
  }
}

std::shared_ptr<const Schema> SchemaRegistry::current() const {
  MutexLock lock(mutex_);
  return current_;
}

Result<> SchemaRegistry::check_free(const std::string& name) const {
  const auto named = [&](const auto& item) { return item.name == name; };
  if (std::ranges::any_of(current_->constraints, named) ||
      std::ranges::any_of(pending_constraints_, named)) {
    return fail(ErrorCode::ConstraintWithNameExists,
                "There already exists a constraint called '{}'. Choose another name.", name);
  }
  if (std::ranges::any_of(current_->indexes, named) ||
      std::ranges::any_of(pending_indexes_, named)) {
    return fail(ErrorCode::IndexWithNameExists,
                "There already exists an index called '{}'. Choose another name.", name);
  }
  return {};
}

Result<> SchemaRegistry::check_index_rule(const IndexDescriptor& wanted,
                                          bool for_constraint) const {
  const auto check = [&](const IndexDescriptor& other) -> Result<> {
    if (!same_rule(wanted, other)) return {};
    const std::string& name = other.name;
    if (for_constraint != other.owning_constraint.has_value()) {
      if (for_constraint) {
        return fail(ErrorCode::IndexAlreadyExists,
                    "There already exists an index '{}' on this label and property. Drop it "
                    "first: the constraint brings its own.",
                    name);
      }
      return fail(ErrorCode::ConstraintAlreadyExists,
                  "There already exists a constraint '{}' on this label and property, and it has "
                  "an index.",
                  name);
    }
    if (name == wanted.name) {
      return fail(ErrorCode::EquivalentSchemaRuleExists, "An equivalent '{}' already exists.",
                  name);
    }
    if (for_constraint) {
      return fail(ErrorCode::ConstraintAlreadyExists,
                  "There already exists a constraint '{}' on this label and property.", name);
    }
    return fail(ErrorCode::IndexAlreadyExists, "There already exists an index '{}' on this schema.",
                name);
  };
  for (const IndexDescriptor& index : current_->indexes) TRELLIS_TRY(check(index));
  for (const IndexDescriptor& index : pending_indexes_) TRELLIS_TRY(check(index));
  return {};
}

Result<SchemaChange> SchemaRegistry::add_index(IndexDescriptor index) {
  MutexLock lock(mutex_);
  if (index.name.empty()) {
    index.name = made_name(index.type == IndexType::kLookup ? "index_lookup" : "index",
                           static_cast<uint32_t>(index.entity), index.token, index.keys);
  }
  TRELLIS_TRY(check_index_rule(index, false));
  TRELLIS_TRY(check_free(index.name));
  index.id = next_id();
  index.state = IndexState::kOnline;
  index.owning_constraint.reset();
  pending_indexes_.push_back(index);
  return SchemaChange{SchemaChange::Kind::kCreateIndex, index.id, index, {}};
}

Result<std::vector<SchemaChange>> SchemaRegistry::add_constraint(ConstraintDescriptor constraint) {
  MutexLock lock(mutex_);
  if (constraint.name.empty()) {
    constraint.name = made_name("constraint", 0, constraint.label, constraint.keys);
  }
  IndexDescriptor index;
  index.name = constraint.name;
  index.token = constraint.label;
  index.keys = constraint.keys;
  TRELLIS_TRY(check_index_rule(index, true));
  TRELLIS_TRY(check_free(constraint.name));
  index.id = next_id();
  constraint.id = next_id();
  constraint.owned_index = index.id;
  index.owning_constraint = constraint.id;
  pending_indexes_.push_back(index);
  pending_constraints_.push_back(constraint);
  return std::vector<SchemaChange>{
      {SchemaChange::Kind::kCreateIndex, index.id, index, {}},
      {SchemaChange::Kind::kCreateConstraint, constraint.id, {}, constraint}};
}

Result<SchemaChange> SchemaRegistry::drop_index(SchemaId id) const {
  MutexLock lock(mutex_);
  const auto found = std::ranges::find(current_->indexes, id, &IndexDescriptor::id);
  if (found == current_->indexes.end()) {
    return fail(ErrorCode::IndexNotFound, "There is no index with the number {}.", id);
  }
  if (found->owning_constraint) {
    return fail(ErrorCode::IndexDropFailed,
                "The index '{}' belongs to a constraint. Drop the constraint instead.",
                found->name);
  }
  return SchemaChange{SchemaChange::Kind::kDropIndex, id, {}, {}};
}

Result<std::vector<SchemaChange>> SchemaRegistry::drop_constraint(SchemaId id) const {
  MutexLock lock(mutex_);
  const auto found = std::ranges::find(current_->constraints, id, &ConstraintDescriptor::id);
  if (found == current_->constraints.end()) {
    return fail(ErrorCode::ConstraintNotFound, "There is no constraint with the number {}.", id);
  }
  return std::vector<SchemaChange>{{SchemaChange::Kind::kDropConstraint, id, {}, {}},
                                   {SchemaChange::Kind::kDropIndex, found->owned_index, {}, {}}};
}

void SchemaRegistry::remove_pending(const std::vector<SchemaChange>& changes) {
  for (const SchemaChange& change : changes) {
    const auto made = [&](const auto& item) { return item.id == change.id; };
    std::erase_if(pending_indexes_, made);
    std::erase_if(pending_constraints_, made);
  }
}

void SchemaRegistry::publish(const std::vector<SchemaChange>& changes) {
  MutexLock lock(mutex_);
  auto next = std::make_shared<Schema>(*current_);
  ++next->epoch;
  for (const SchemaChange& change : changes) apply_schema_change(*next, change);
  remove_pending(changes);
  current_ = std::move(next);
}

void SchemaRegistry::forget(const std::vector<SchemaChange>& changes) {
  MutexLock lock(mutex_);
  remove_pending(changes);
}

void SchemaRegistry::restore(Schema schema) {
  MutexLock lock(mutex_);
  for (const IndexDescriptor& index : schema.indexes) next_id_ = std::max(next_id_, index.id + 1);
  for (const auto& constraint : schema.constraints) {
    next_id_ = std::max(next_id_, constraint.id + 1);
  }
  current_ = std::make_shared<Schema>(std::move(schema));
}

}  // namespace trellis::storage
