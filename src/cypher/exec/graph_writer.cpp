// SPDX-License-Identifier: Apache-2.0
#include "cypher/exec/graph_writer.h"

#include <fmt/ranges.h>

#include <algorithm>

namespace trellis::cypher::exec {

using security::Action;
using storage::KeyId;
using storage::LabelId;
using storage::NodeId;
using storage::RelationshipId;
using storage::TokenKind;
using storage::TypeId;

namespace {

tl::unexpected<Error> forbidden(std::string_view what) {
  return fail(ErrorCode::Forbidden,
              "{} is not allowed for the current user. Ask an administrator for the privilege.",
              what);
}

bool allows_each(const security::ElementRule& rule, std::span<const std::string_view> names) {
  if (names.empty()) return rule.granted.all && !rule.denied.all;
  return std::all_of(names.begin(), names.end(),
                     [&](std::string_view name) { return rule.allows(name); });
}

Action action_of_new(TokenKind kind) {
  switch (kind) {
    case TokenKind::kLabel:
      return Action::kCreateLabel;
    case TokenKind::kType:
      return Action::kCreateRelationshipType;
    case TokenKind::kKey:
      return Action::kCreatePropertyKey;
  }
  TRELLIS_UNREACHABLE();
}

std::string_view word_of(TokenKind kind) {
  switch (kind) {
    case TokenKind::kLabel:
      return "node label";
    case TokenKind::kType:
      return "relationship type";
    case TokenKind::kKey:
      return "property name";
  }
  TRELLIS_UNREACHABLE();
}

}  // namespace

GraphWriter::GraphWriter(const storage::Database& database, storage::Transaction& transaction,
                         const security::AccessRules& rules, Counters& counters)
    : tokens_(database.tokens()),
      transaction_(transaction),
      rules_(rules),
      counters_(counters),
      unrestricted_(rules.unrestricted_write()),
      schema_(database.schema()),
      has_uniqueness_(!schema_->constraints.empty()) {}

Result<uint32_t> GraphWriter::token(const plan::Token& token) {
  const uint32_t known = token.resolve(tokens_);
  if (known != storage::kNoToken) return known;
  if (!rules_.allows(action_of_new(token.kind))) {
    return forbidden(fmt::format("Creating the new {} `{}`", word_of(token.kind), token.name));
  }
  return transaction_.make_token(token.kind, token.name);
}

Result<KeyId> GraphWriter::key(std::string_view name) {
  if (const auto known = tokens_.find(TokenKind::kKey, name)) return *known;
  if (!rules_.allows(Action::kCreatePropertyKey)) {
    return forbidden(fmt::format("Creating the new property name `{}`", name));
  }
  return transaction_.make_token(TokenKind::kKey, name);
}

Result<Poll> GraphWriter::lock_nodes(std::span<const NodeId> ids, storage::LockMode mode,
                                     const PollContext& context) {
  if (ids.empty()) return Poll::kReady;
  return transaction_.lock_nodes(ids, mode, context);
}

Result<Poll> GraphWriter::lock_relationships(std::span<const RelationshipId> ids,
                                             const PollContext& context) {
  if (ids.empty()) return Poll::kReady;
  return transaction_.lock_relationships(ids, context);
}

Result<Poll> GraphWriter::lock_keys(std::span<const uint64_t> keys, const PollContext& context) {
  if (keys.empty()) return Poll::kReady;
  return transaction_.lock_keys(keys, context);
}

void GraphWriter::unique_keys(std::span<const LabelId> labels, KeyId key, const value::Value& value,
                              std::vector<uint64_t>& out) const {
  if (value.is_null()) return;
  for (const storage::ConstraintDescriptor& constraint : schema_->constraints) {
    if (std::find(labels.begin(), labels.end(), constraint.label) == labels.end()) continue;
    if (std::find(constraint.keys.begin(), constraint.keys.end(), key) == constraint.keys.end()) {
      continue;
    }
    out.push_back(storage::lock_key_of(constraint.label, key, value));
  }
}

std::vector<std::string_view> GraphWriter::label_names(std::span<const LabelId> labels) const {
  std::vector<std::string_view> names;
  names.reserve(labels.size());
  for (const LabelId label : labels) names.push_back(tokens_.name(TokenKind::kLabel, label));
  return names;
}

Result<std::vector<std::string_view>> GraphWriter::label_names_of(NodeId id) {
  scratch_.reset();
  TRELLIS_TRY_ASSIGN(const auto labels, transaction_.node_labels(id, scratch_));
  return label_names(labels);
}

Result<> GraphWriter::may_set_properties(const security::PropertyRule& rule,
                                         std::span<const std::string_view> names,
                                         std::span<const storage::Property> properties,
                                         std::string_view element) const {
  for (const storage::Property& property : properties) {
    const std::string_view name = tokens_.name(TokenKind::kKey, property.key);
    if (!rule.allows(names, name)) {
      return forbidden(fmt::format("Setting the property `{}` of this {}", name, element));
    }
  }
  return {};
}

Result<NodeId> GraphWriter::create_node(std::span<const LabelId> labels,
                                        std::span<const storage::Property> properties) {
  if (!unrestricted_) {
    const auto names = label_names(labels);
    if (!allows_each(rules_.graph().create_nodes, names)) {
      return forbidden(fmt::format("Creating a node with labels [{}]", fmt::join(names, ", ")));
    }
    TRELLIS_TRY(may_set_properties(rules_.graph().set_node_properties, names, properties, "node"));
  }
  TRELLIS_TRY_ASSIGN(const NodeId id, transaction_.create_node(labels, properties));
  ++counters_.nodes_created;
  counters_.labels_added += labels.size();
  counters_.properties_set += properties.size();
  return id;
}

Result<RelationshipId> GraphWriter::create_relationship(
    NodeId start, NodeId end, TypeId type, std::span<const storage::Property> properties) {
  if (!unrestricted_) {
    const std::string_view name = tokens_.name(TokenKind::kType, type);
    if (!rules_.graph().create_relationships.allows(name)) {
      return forbidden(fmt::format("Creating a relationship of type `{}`", name));
    }
    TRELLIS_TRY(may_set_properties(rules_.graph().set_relationship_properties, {&name, 1},
                                   properties, "relationship"));
  }
  TRELLIS_TRY_ASSIGN(const RelationshipId id,
                     transaction_.create_relationship(start, end, type, properties));
  ++counters_.relationships_created;
  counters_.properties_set += properties.size();
  return id;
}

Result<> GraphWriter::set_node_property(NodeId id, KeyId key, const value::Value& value) {
  if (!unrestricted_) {
    TRELLIS_TRY_ASSIGN(const auto names, label_names_of(id));
    const storage::Property property{key, value};
    TRELLIS_TRY(
        may_set_properties(rules_.graph().set_node_properties, names, {&property, 1}, "node"));
  }
  TRELLIS_TRY_ASSIGN(const bool changed, transaction_.set_node_property(id, key, value));
  if (changed || !value.is_null()) ++counters_.properties_set;
  return {};
}

Result<> GraphWriter::set_relationship_property(RelationshipId id, KeyId key,
                                                const value::Value& value) {
  if (!unrestricted_) {
    storage::RelationshipEnds ends;
    TRELLIS_TRY(transaction_.relationship_ends({&id, 1}, &ends));
    const std::string_view name = tokens_.name(TokenKind::kType, ends.type);
    const storage::Property property{key, value};
    TRELLIS_TRY(may_set_properties(rules_.graph().set_relationship_properties, {&name, 1},
                                   {&property, 1}, "relationship"));
  }
  TRELLIS_TRY_ASSIGN(const bool changed, transaction_.set_relationship_property(id, key, value));
  if (changed || !value.is_null()) ++counters_.properties_set;
  return {};
}

Result<> GraphWriter::add_label(NodeId id, LabelId label) {
  const std::string_view name = tokens_.name(TokenKind::kLabel, label);
  if (!unrestricted_ && !rules_.graph().set_label.allows(name)) {
    return forbidden(fmt::format("Setting the label `{}`", name));
  }
  TRELLIS_TRY_ASSIGN(const bool changed, transaction_.add_label(id, label));
  if (changed) ++counters_.labels_added;
  return {};
}

Result<> GraphWriter::remove_label(NodeId id, LabelId label) {
  const std::string_view name = tokens_.name(TokenKind::kLabel, label);
  if (!unrestricted_ && !rules_.graph().remove_label.allows(name)) {
    return forbidden(fmt::format("Removing the label `{}`", name));
  }
  TRELLIS_TRY_ASSIGN(const bool changed, transaction_.remove_label(id, label));
  if (changed) ++counters_.labels_removed;
  return {};
}

Result<> GraphWriter::delete_node(NodeId id, bool detach) {
  bool exists = false;
  transaction_.nodes_exist({&id, 1}, &exists);
  if (!exists) return {};
  if (!unrestricted_) {
    TRELLIS_TRY_ASSIGN(const auto names, label_names_of(id));
    if (!rules_.graph().delete_nodes.allows(names)) {
      return forbidden(fmt::format("Deleting a node with labels [{}]", fmt::join(names, ", ")));
    }
  }
  TRELLIS_TRY_ASSIGN(const bool changed, transaction_.delete_node(id));
  if (changed) ++counters_.nodes_deleted;
  if (changed && !detach) deleted_.push_back(id);
  return {};
}

Result<> GraphWriter::delete_relationship(RelationshipId id) {
  bool exists = false;
  transaction_.relationships_exist({&id, 1}, &exists);
  if (!exists) return {};
  if (!unrestricted_) {
    storage::RelationshipEnds ends;
    TRELLIS_TRY(transaction_.relationship_ends({&id, 1}, &ends));
    const std::string_view name = tokens_.name(TokenKind::kType, ends.type);
    if (!rules_.graph().delete_relationships.allows(name)) {
      return forbidden(fmt::format("Deleting a relationship of type `{}`", name));
    }
  }
  TRELLIS_TRY_ASSIGN(const bool changed, transaction_.delete_relationship(id));
  if (changed) ++counters_.relationships_deleted;
  return {};
}

Result<> GraphWriter::check_deleted_nodes() {
  for (size_t at = 0; at < deleted_.size(); at += storage::kSegmentRows) {
    const size_t count = std::min<size_t>(storage::kSegmentRows, deleted_.size() - at);
    std::vector<uint64_t> degrees(count);
    transaction_.degrees({deleted_.data() + at, count}, storage::Direction::kBoth, {},
                         degrees.data());
    for (size_t i = 0; i < count; ++i) {
      if (degrees[i] == 0) continue;
      return fail(ErrorCode::DeleteConnectedNode,
                  "Cannot delete node<{}>, because it still has relationships. To delete this "
                  "node, you must first delete its relationships.",
                  deleted_[at + i]);
    }
  }
  deleted_.clear();
  return {};
}

Result<storage::SchemaId> GraphWriter::create_index(const storage::IndexDescriptor& index) {
  TRELLIS_TRY_ASSIGN(const auto id, transaction_.create_index(index));
  ++counters_.indexes_added;
  return id;
}

Result<> GraphWriter::drop_index(storage::SchemaId id) {
  TRELLIS_TRY(transaction_.drop_index(id));
  ++counters_.indexes_removed;
  return {};
}

Result<storage::SchemaId> GraphWriter::create_constraint(
    const storage::ConstraintDescriptor& constraint) {
  TRELLIS_TRY_ASSIGN(const auto id, transaction_.create_constraint(constraint));
  ++counters_.constraints_added;
  return id;
}

Result<> GraphWriter::drop_constraint(storage::SchemaId id) {
  TRELLIS_TRY(transaction_.drop_constraint(id));
  ++counters_.constraints_removed;
  return {};
}

}  // namespace trellis::cypher::exec
