// SPDX-License-Identifier: Apache-2.0
#include "cypher/exec/graph_reader.h"

#include <algorithm>
#include <array>

namespace trellis::cypher::exec {

using storage::KeyId;
using storage::kSegmentRows;
using storage::LabelId;
using storage::NodeId;
using storage::RelationshipId;
using storage::TokenKind;
using storage::TypeId;

GraphReader::GraphReader(const storage::Database& database, const storage::Transaction& transaction,
                         const security::AccessRules& rules)
    : database_(database),
      tokens_(database.tokens()),
      transaction_(transaction),
      rules_(rules),
      restricted_(!rules.unrestricted_read()) {}

std::vector<LabelId> GraphReader::label_ids(const std::vector<std::string>& names) const {
  std::vector<LabelId> ids;
  for (const std::string& name : names) {
    if (const auto id = tokens_.find(TokenKind::kLabel, name)) ids.push_back(*id);
  }
  return ids;
}

void GraphReader::refresh() {
  const uint32_t labels = tokens_.size(TokenKind::kLabel);
  if (labels == known_labels_) return;
  known_labels_ = labels;
  property_rules_.clear();
  const security::ElementRule& rule = rules_.graph().traverse_nodes;
  traverse_.granted_all = rule.granted.all;
  traverse_.denied_all = rule.denied.all;
  traverse_.granted = label_ids(rule.granted.names);
  traverse_.denied = label_ids(rule.denied.names);
}

const GraphReader::LabelRule& GraphReader::property_rule(KeyId key) {
  refresh();
  const auto [at, is_new] = property_rules_.try_emplace(key);
  if (!is_new) return at->second;
  LabelRule& rule = at->second;
  const std::string_view name = tokens_.name(TokenKind::kKey, key);
  const auto collect = [&](const std::vector<security::PropertyScope>& scopes, bool& all,
                           std::vector<LabelId>& ids) {
    for (const security::PropertyScope& scope : scopes) {
      if (!scope.all_properties && scope.property != name) continue;
      if (scope.all_elements) {
        all = true;
      } else if (const auto id = tokens_.find(TokenKind::kLabel, scope.element)) {
        ids.push_back(*id);
      }
    }
  };
  collect(rules_.graph().read_nodes.granted, rule.granted_all, rule.granted);
  collect(rules_.graph().read_nodes.denied, rule.denied_all, rule.denied);
  return rule;
}

void GraphReader::apply(const LabelRule& rule, std::span<const NodeId> ids, bool* out) const {
  TRELLIS_ASSERT(ids.size() <= kSegmentRows);
  std::fill_n(out, ids.size(), rule.granted_all && !rule.denied_all);
  if (rule.denied_all) return;
  std::array<bool, kSegmentRows> has;
  if (!rule.granted_all) {
    for (const LabelId label : rule.granted) {
      transaction_.nodes_have_label(ids, label, has.data());
      for (size_t i = 0; i < ids.size(); ++i) out[i] = out[i] || has[i];
    }
  }
  for (const LabelId label : rule.denied) {
    transaction_.nodes_have_label(ids, label, has.data());
    for (size_t i = 0; i < ids.size(); ++i) out[i] = out[i] && !has[i];
  }
}

bool GraphReader::type_visible(TypeId type) const {
  return !restricted_ || rules_.relationship_type_visible(tokens_.name(TokenKind::kType, type));
}

uint32_t GraphReader::scan_nodes(uint32_t segment, std::optional<LabelId> label, NodeId* out) {
  const uint32_t found = transaction_.scan_nodes(segment, label, out);
  if (!restricted_ || found == 0) return found;
  refresh();
  std::array<bool, kSegmentRows> visible;
  apply(traverse_, {out, found}, visible.data());
  uint32_t kept = 0;
  for (uint32_t i = 0; i < found; ++i) {
    if (visible[i]) out[kept++] = out[i];
  }
  return kept;
}

uint32_t GraphReader::scan_relationships(uint32_t segment, const TypeFilter& types,
                                         RelationshipId* out) {
  if (types.nothing) return 0;
  const bool one_type = types.types.size() == 1;
  uint32_t found = transaction_.scan_relationships(
      segment, one_type ? std::optional(types.types[0]) : std::nullopt, out);
  if (found == 0) return 0;
  if (types.types.size() > 1) {
    std::vector<storage::RelationshipEnds> ends(found);
    if (!transaction_.relationship_ends({out, found}, ends.data())) return 0;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < found; ++i) {
      if (std::find(types.types.begin(), types.types.end(), ends[i].type) != types.types.end()) {
        out[kept++] = out[i];
      }
    }
    found = kept;
  }
  if (!restricted_) return found;
  std::array<bool, kSegmentRows> visible;
  relationships_visible({out, found}, visible.data());
  uint32_t kept = 0;
  for (uint32_t i = 0; i < found; ++i) {
    if (visible[i]) out[kept++] = out[i];
  }
  return kept;
}

void GraphReader::nodes_visible(std::span<const NodeId> ids, bool* out) {
  transaction_.nodes_exist(ids, out);
  if (!restricted_) return;
  refresh();
  std::array<bool, kSegmentRows> visible;
  apply(traverse_, ids, visible.data());
  for (size_t i = 0; i < ids.size(); ++i) out[i] = out[i] && visible[i];
}

void GraphReader::relationships_visible(std::span<const RelationshipId> ids, bool* out) {
  transaction_.relationships_exist(ids, out);
  if (!restricted_) return;
  for (size_t i = 0; i < ids.size(); ++i) {
    storage::RelationshipEnds ends;
    if (!out[i]) continue;
    const bool known = transaction_.relationship_ends({&ids[i], 1}, &ends).has_value();
    bool visible[2] = {false, false};
    if (known && type_visible(ends.type)) {
      const NodeId nodes[2] = {ends.start, ends.end};
      nodes_visible(nodes, visible);
    }
    out[i] = visible[0] && visible[1];
  }
}

TypeFilter GraphReader::type_filter(const std::vector<plan::TokenRef>& types) const {
  TypeFilter filter;
  const auto add = [&](TypeId id) {
    if (type_visible(id)) filter.types.push_back(id);
  };
  for (const plan::TokenRef& type : types) {
    const TypeId id = type->resolve(tokens_);
    if (id != storage::kNoToken) add(id);
  }
  const bool every_type = rules_.graph().traverse_relationships.allows_everything();
  if (types.empty() && restricted_ && !every_type) {
    for (TypeId id = 0; id < tokens_.size(TokenKind::kType); ++id) add(id);
    filter.nothing = filter.types.empty();
  }
  if (!types.empty()) filter.nothing = filter.types.empty();
  return filter;
}

void GraphReader::keep_visible(storage::ExpandBatch& batch) {
  refresh();
  std::array<bool, kSegmentRows> visible;
  apply(traverse_, {batch.neighbour.data(), batch.size}, visible.data());
  uint32_t kept = 0;
  for (uint32_t i = 0; i < batch.size; ++i) {
    if (!visible[i]) continue;
    batch.source[kept] = batch.source[i];
    batch.relationship[kept] = batch.relationship[i];
    batch.neighbour[kept++] = batch.neighbour[i];
  }
  batch.size = kept;
}

bool GraphReader::expand(std::span<const NodeId> sources, storage::Direction direction,
                         const TypeFilter& types, storage::ExpandCursor& cursor,
                         storage::ExpandBatch& out) {
  out.size = 0;
  if (types.nothing) return true;
  const bool exhausted = transaction_.expand(sources, direction, types.types, cursor, out);
  if (restricted_) keep_visible(out);
  return exhausted;
}

void GraphReader::degrees(std::span<const NodeId> sources, storage::Direction direction,
                          const TypeFilter& types, uint64_t* out) {
  if (types.nothing) {
    std::fill_n(out, sources.size(), 0);
    return;
  }
  if (!restricted_) {
    transaction_.degrees(sources, direction, types.types, out);
    return;
  }
  std::fill_n(out, sources.size(), 0);
  auto batch = std::make_unique_for_overwrite<storage::ExpandBatch>();
  storage::ExpandCursor cursor;
  bool exhausted = false;
  while (!exhausted) {
    exhausted = expand(sources, direction, types, cursor, *batch);
    for (uint32_t i = 0; i < batch->size; ++i) ++out[batch->source[i]];
  }
}

Result<> GraphReader::node_properties(std::span<const NodeId> ids, KeyId key, Arena& arena,
                                      value::Value* out) {
  TRELLIS_TRY(transaction_.node_properties(ids, key, arena, out));
  if (!restricted_) return {};
  std::array<bool, kSegmentRows> readable;
  apply(property_rule(key), ids, readable.data());
  for (size_t i = 0; i < ids.size(); ++i) {
    if (!readable[i]) out[i] = value::Value();
  }
  return {};
}

Result<> GraphReader::relationship_properties(std::span<const RelationshipId> ids, KeyId key,
                                              Arena& arena, value::Value* out) {
  TRELLIS_TRY(transaction_.relationship_properties(ids, key, arena, out));
  if (!restricted_) return {};
  std::vector<storage::RelationshipEnds> ends(ids.size());
  TRELLIS_TRY(transaction_.relationship_ends(ids, ends.data()));
  const std::string_view name = tokens_.name(TokenKind::kKey, key);
  for (size_t i = 0; i < ids.size(); ++i) {
    const std::string_view type = tokens_.name(TokenKind::kType, ends[i].type);
    if (!rules_.relationship_property_readable(type, name)) out[i] = value::Value();
  }
  return {};
}

Result<std::span<const storage::Property>> GraphReader::all_node_properties(NodeId id,
                                                                            Arena& arena) {
  TRELLIS_TRY_ASSIGN(auto all, transaction_.all_node_properties(id, arena));
  if (!restricted_) return all;
  auto* kept = arena.alloc_array<storage::Property>(all.size());
  size_t count = 0;
  for (const storage::Property& property : all) {
    bool readable = false;
    apply(property_rule(property.key), {&id, 1}, &readable);
    if (readable) kept[count++] = property;
  }
  return std::span<const storage::Property>(kept, count);
}

Result<std::span<const storage::Property>> GraphReader::all_relationship_properties(
    RelationshipId id, Arena& arena) {
  TRELLIS_TRY_ASSIGN(auto all, transaction_.all_relationship_properties(id, arena));
  if (!restricted_) return all;
  storage::RelationshipEnds ends;
  TRELLIS_TRY(transaction_.relationship_ends({&id, 1}, &ends));
  const std::string_view type = tokens_.name(TokenKind::kType, ends.type);
  auto* kept = arena.alloc_array<storage::Property>(all.size());
  size_t count = 0;
  for (const storage::Property& property : all) {
    const std::string_view name = tokens_.name(TokenKind::kKey, property.key);
    if (rules_.relationship_property_readable(type, name)) kept[count++] = property;
  }
  return std::span<const storage::Property>(kept, count);
}

Result<bool> GraphReader::seek_nodes(storage::SchemaId index, KeyId key, const value::Value& value,
                                     std::optional<NodeId>& after, uint32_t limit,
                                     std::vector<NodeId>& out) {
  TRELLIS_ASSERT(limit <= kSegmentRows);
  const size_t before = out.size();
  TRELLIS_TRY_ASSIGN(const bool exhausted,
                     transaction_.seek_nodes(index, value, after, limit, out));
  if (out.size() > before) after = out.back();
  if (!restricted_ || out.size() == before) return exhausted;
  refresh();
  std::array<bool, kSegmentRows> visible;
  std::array<bool, kSegmentRows> readable;
  const std::span<const NodeId> found(out.data() + before, out.size() - before);
  apply(traverse_, found, visible.data());
  apply(property_rule(key), found, readable.data());
  size_t kept = before;
  for (size_t i = 0; i < found.size(); ++i) {
    if (visible[i] && readable[i]) out[kept++] = found[i];
  }
  out.resize(kept);
  return exhausted;
}

}  // namespace trellis::cypher::exec
