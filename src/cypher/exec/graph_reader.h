// SPDX-License-Identifier: Apache-2.0
//
// The one way by which operators and expressions read a graph: a transaction's snapshot, seen
// through the access rules of the execution.
//
// Invariants
//   1. What TRAVERSE does not allow does not exist: no scan, expand, seek, count or look-up by id
//      shows it. A relationship needs its type and both ends to be visible.
//   2. A property that READ does not allow is null, is absent from all_*_properties, and is not
//      found by a seek.
//   3. With unrestricted rules every call goes straight to storage.
// Rules are on names; they become token ids when first needed, and grow with the catalog.
// Arrays are limited to storage::kSegmentRows entries per call. Not thread-safe.
#pragma once

#include <span>
#include <unordered_map>
#include <vector>

#include "cypher/plan/expression.h"
#include "security/access_rules.h"
#include "storage/storage.h"

namespace trellis::cypher::exec {

// The relationship types that an expand follows.
struct TypeFilter {
  bool nothing = false;                // none of the names exists, or none may be seen
  std::vector<storage::TypeId> types;  // empty: every type
};

class GraphReader {
 public:
  GraphReader(const storage::Database& database, const storage::Transaction& transaction,
              const security::AccessRules& rules);

  const storage::Database& database() const { return database_; }
  const storage::TokenCatalog& tokens() const { return tokens_; }
  const security::AccessRules& rules() const { return rules_; }
  bool restricted() const { return restricted_; }

  // -- scans: as in storage --
  uint32_t node_segment_count() const { return transaction_.node_segment_count(); }
  uint32_t relationship_segment_count() const { return transaction_.relationship_segment_count(); }
  uint32_t scan_nodes(uint32_t segment, std::optional<storage::LabelId> label,
                      storage::NodeId* out);
  uint32_t scan_relationships(uint32_t segment, const TypeFilter& types,
                              storage::RelationshipId* out);
  void nodes_visible(std::span<const storage::NodeId> ids, bool* out);
  void relationships_visible(std::span<const storage::RelationshipId> ids, bool* out);

  // -- expand --
  TypeFilter type_filter(const std::vector<plan::TokenRef>& types) const;
  bool expand(std::span<const storage::NodeId> sources, storage::Direction direction,
              const TypeFilter& types, storage::ExpandCursor& cursor, storage::ExpandBatch& out);
  void degrees(std::span<const storage::NodeId> sources, storage::Direction direction,
               const TypeFilter& types, uint64_t* out);

  // -- entities --
  Result<> node_properties(std::span<const storage::NodeId> ids, storage::KeyId key, Arena& arena,
                           value::Value* out);
  Result<> relationship_properties(std::span<const storage::RelationshipId> ids, storage::KeyId key,
                                   Arena& arena, value::Value* out);
  Result<std::span<const storage::Property>> all_node_properties(storage::NodeId id, Arena& arena);
  Result<std::span<const storage::Property>> all_relationship_properties(storage::RelationshipId id,
                                                                         Arena& arena);
  Result<std::span<const storage::LabelId>> node_labels(storage::NodeId id, Arena& arena) const {
    return transaction_.node_labels(id, arena);
  }
  void nodes_have_label(std::span<const storage::NodeId> ids, storage::LabelId label,
                        bool* out) const {
    transaction_.nodes_have_label(ids, label, out);
  }
  Result<> relationship_ends(std::span<const storage::RelationshipId> ids,
                             storage::RelationshipEnds* out) const {
    return transaction_.relationship_ends(ids, out);
  }

  // -- seek: nodes whose key equals the value, appended to out, ascending, at most `limit` of them
  // beyond `after`, which moves on; true when exhausted (else something was not looked at yet) --
  Result<bool> seek_nodes(storage::SchemaId index, storage::KeyId key, const value::Value& value,
                          std::optional<storage::NodeId>& after, uint32_t limit,
                          std::vector<storage::NodeId>& out);

 private:
  // An element rule or the part of a property rule that concerns one key, on label ids.
  struct LabelRule {
    bool granted_all = false;
    bool denied_all = false;
    std::vector<storage::LabelId> granted, denied;
  };
  std::vector<storage::LabelId> label_ids(const std::vector<std::string>& names) const;
  void refresh();  // when the catalog has grown
  const LabelRule& property_rule(storage::KeyId key);
  void apply(const LabelRule& rule, std::span<const storage::NodeId> ids, bool* out) const;
  bool type_visible(storage::TypeId type) const;
  void keep_visible(storage::ExpandBatch& batch);

  const storage::Database& database_;
  const storage::TokenCatalog& tokens_;
  const storage::Transaction& transaction_;
  const security::AccessRules& rules_;
  bool restricted_;
  uint32_t known_labels_ = storage::kNoToken;
  LabelRule traverse_;
  std::unordered_map<storage::KeyId, LabelRule> property_rules_;
};

}  // namespace trellis::cypher::exec
