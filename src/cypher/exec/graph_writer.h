// SPDX-License-Identifier: Apache-2.0
//
// The one way by which operators change a graph: a transaction's writes, allowed by the access
// rules, and counted.
//
// Invariants
//   1. A write that the rules do not allow is Forbidden and leaves nothing behind: it is checked
//      before its own effect, and a failed statement's transaction is rolled back.
//   2. Only what changed is counted (a label that was there is not added; a null that removes a
//      property counts as a property set, as Neo4j counts).
//   3. Callers lock first: nodes, relationships and constraint keys, for a whole batch.
//   4. Nodes deleted without DETACH are remembered; check_deleted_nodes() at the end of the
//      statement fails with DeleteConnectedNode for one that kept a relationship.
// Not thread-safe.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "cypher/plan/expression.h"
#include "cypher/result_stream.h"
#include "security/access_rules.h"
#include "storage/storage.h"

namespace trellis::cypher::exec {

class GraphWriter {
 public:
  GraphWriter(const storage::Database& database, storage::Transaction& transaction,
              const security::AccessRules& rules, Counters& counters);

  storage::Transaction& transaction() { return transaction_; }

  // The token's id; made when the graph lacks it and the rules allow new names.
  Result<uint32_t> token(const plan::Token& token);
  Result<storage::KeyId> key(std::string_view name);

  // -- locks --
  Result<Poll> lock_nodes(std::span<const storage::NodeId> ids, storage::LockMode mode,
                          const PollContext& context);
  Result<Poll> lock_relationships(std::span<const storage::RelationshipId> ids,
                                  const PollContext& context);
  Result<Poll> lock_keys(std::span<const uint64_t> keys, const PollContext& context);
  // Appends the key locks that uniqueness needs for a node with these labels that gets this value.
  void unique_keys(std::span<const storage::LabelId> labels, storage::KeyId key,
                   const value::Value& value, std::vector<uint64_t>& out) const;
  bool has_uniqueness() const { return has_uniqueness_; }

  // -- effects --
  Result<storage::NodeId> create_node(std::span<const storage::LabelId> labels,
                                      std::span<const storage::Property> properties);
  Result<storage::RelationshipId> create_relationship(
      storage::NodeId start, storage::NodeId end, storage::TypeId type,
      std::span<const storage::Property> properties);
  Result<> set_node_property(storage::NodeId id, storage::KeyId key, const value::Value& value);
  Result<> set_relationship_property(storage::RelationshipId id, storage::KeyId key,
                                     const value::Value& value);
  Result<> add_label(storage::NodeId id, storage::LabelId label);
  Result<> remove_label(storage::NodeId id, storage::LabelId label);
  Result<> delete_node(storage::NodeId id, bool detach);
  Result<> delete_relationship(storage::RelationshipId id);
  Result<> check_deleted_nodes();

  Result<storage::SchemaId> create_index(const storage::IndexDescriptor& index);
  Result<> drop_index(storage::SchemaId id);
  Result<storage::SchemaId> create_constraint(const storage::ConstraintDescriptor& constraint);
  Result<> drop_constraint(storage::SchemaId id);

 private:
  std::vector<std::string_view> label_names(std::span<const storage::LabelId> labels) const;
  Result<std::vector<std::string_view>> label_names_of(storage::NodeId id);
  Result<> may_set_properties(const security::PropertyRule& rule,
                              std::span<const std::string_view> names,
                              std::span<const storage::Property> properties,
                              std::string_view element) const;

  const storage::TokenCatalog& tokens_;
  storage::Transaction& transaction_;
  const security::AccessRules& rules_;
  Counters& counters_;
  bool unrestricted_;
  std::shared_ptr<const storage::Schema> schema_;
  bool has_uniqueness_ = false;
  Arena scratch_;
  std::vector<storage::NodeId> deleted_;
};

}  // namespace trellis::cypher::exec
