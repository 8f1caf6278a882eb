// SPDX-License-Identifier: Apache-2.0
//
// Making the nodes and relationships of a pattern for every row of a batch: what CREATE and MERGE
// share. Resumable: run() again after it was blocked goes on where it stood.
#pragma once

#include <string>
#include <vector>

#include "cypher/exec/expression_evaluator.h"

namespace trellis::cypher::exec {

// Property key ids by name, for maps that say the same names again and again.
class KeyNames {
 public:
  explicit KeyNames(GraphWriter& writer) : writer_(writer) {}
  Result<storage::KeyId> id(std::string_view name);

 private:
  GraphWriter& writer_;
  std::vector<std::pair<std::string, storage::KeyId>> known_;
};

// The properties that a map (or null: none) stands for, ready to be stored; nulls are left out.
// merging: a null value is MergeReadOwnWrites.
Result<std::span<const storage::Property>> properties_to_store(KeyNames& keys,
                                                               const value::Value& map,
                                                               bool merging, Arena& arena);

class PatternCreator {
 public:
  PatternCreator(Execution& x, const std::vector<plan::NodeCreation>& nodes,
                 const std::vector<plan::RelationshipCreation>& relationships)
      : x_(x), evaluator_(x), keys_(x.writer()), nodes_(nodes), relationships_(relationships) {}

  // The slots of what is made are set in `rows`; vectors live in the arena.
  void start(value::Batch& rows, Arena& arena);
  Result<Poll> run(const PollContext& context);

 private:
  using PropertySpan = std::span<const storage::Property>;
  Result<> evaluate_properties(const plan::Expression* e);
  Result<> prepare_node(const plan::NodeCreation& node);
  Result<> create_nodes(const plan::NodeCreation& node);
  Result<> prepare_relationships();
  Result<> create_relationships(const plan::RelationshipCreation& relationship);

  Execution& x_;
  ExpressionEvaluator evaluator_;
  KeyNames keys_;
  const std::vector<plan::NodeCreation>& nodes_;
  const std::vector<plan::RelationshipCreation>& relationships_;
  value::Batch* rows_ = nullptr;
  Arena* arena_ = nullptr;
  size_t next_node_ = 0;
  size_t next_relationship_ = 0;
  bool prepared_ = false;
  std::vector<PropertySpan> properties_;  // by row, of the item at hand
  std::vector<storage::LabelId> labels_;
  std::vector<uint64_t> locks_;  // keys of the node at hand, or nodes that relationships end at
};

}  // namespace trellis::cypher::exec
