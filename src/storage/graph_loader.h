// SPDX-License-Identifier: Apache-2.0
//
// Builds a graph from an image and the log's operations, before anyone reads it: no versions are
// kept, nothing is locked, indexes come afterwards. Operations that are in the graph already
// (tokens, schema) are taken again without harm; everything else must fit, or the log is refused.
#pragma once

#include "storage/graph.h"
#include "storage/log_ops.h"
#include "storage/token_catalog.h"

namespace trellis::storage {

class GraphLoader final : public LogOpSink {
 public:
  GraphLoader(Graph& graph, ResidentTokens& tokens, Schema& schema)
      : graph_(graph), tokens_(tokens), schema_(schema) {}

  bool new_token(TokenKind kind, uint32_t id, std::string_view name) override;
  bool create_node(NodeId id, std::vector<LabelId> labels,
                   std::span<const Property> properties) override;
  bool set_node_property(NodeId id, KeyId key, const value::Value& value) override;
  bool set_label(NodeId id, LabelId label, bool present) override;
  bool delete_node(NodeId id) override;
  bool create_relationship(RelationshipId id, NodeId start, NodeId end, TypeId type,
                           std::span<const Property> properties) override;
  bool set_relationship_property(RelationshipId id, KeyId key, const value::Value& value) override;
  bool delete_relationship(RelationshipId id) override;
  bool create_index(const IndexDescriptor& index) override;
  bool drop_index(SchemaId id) override;
  bool create_constraint(const ConstraintDescriptor& constraint) override;
  bool drop_constraint(SchemaId id) override;

 private:
  void replace(NodeId id, VersionPtr version);

  Graph& graph_;
  ResidentTokens& tokens_;
  Schema& schema_;
};

}  // namespace trellis::storage
