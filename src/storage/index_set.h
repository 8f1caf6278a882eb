// SPDX-License-Identifier: Apache-2.0
//
// The range indexes on nodes, kept up by every write. Guarded by the latch.
//
// An entry is (hash of the value, node) and stays while any version of the node, committed or not,
// has the label and such a value; readers check the version that they see. So one index serves all
// snapshots.
#pragma once

#include <memory>
#include <vector>

#include "storage/hash_postings.h"
#include "storage/label_sets.h"
#include "storage/node_store.h"
#include "value/compare.h"

namespace trellis::storage {

struct RangeIndex {
  SchemaId id = 0;
  LabelId label = 0;
  KeyId key = 0;
  bool unique = false;
  HashPostings postings;
};

class IndexSet {
 public:
  IndexSet(const NodeStore& nodes, const LabelSets& label_sets)
      : nodes_(nodes), label_sets_(label_sets) {}

  RangeIndex& create(SchemaId id, LabelId label, KeyId key, bool unique);
  void drop(SchemaId id);
  const RangeIndex* find(SchemaId id) const;
  bool empty() const { return indexes_.empty(); }
  const std::vector<std::unique_ptr<RangeIndex>>& all() const { return indexes_; }

  // A version has become the node's head.
  void added(NodeId node, const Version& version);
  // A version (and everything older that hangs on it) has left the node's chain.
  void removed(NodeId node, const Version* versions);
  // Puts in what the versions of one segment need.
  void populate(RangeIndex& index, uint32_t segment) const;

  // visit(node) ascending for nodes that may hold the value, until it returns false.
  template <class Visit>
  void each_candidate(const RangeIndex& index, const value::Value& key, std::optional<NodeId> after,
                      Visit&& visit) const {
    index.postings.each(value::hash(key), after, visit);
  }
  // Does this version belong to the index under this very value?
  bool matches(const RangeIndex& index, const Version& version, const value::Value& key) const;
  // A node other than `self` that holds the value, committed or by `mark`; nullopt: none.
  std::optional<NodeId> holder(const RangeIndex& index, const value::Value& key, uint64_t mark,
                               std::optional<NodeId> self) const;
  // Two nodes with the same value, committed or not; nullopt: all differ.
  struct Double {
    NodeId first;
    NodeId second;
  };
  std::optional<Double> find_double(const RangeIndex& index) const;

 private:
  const value::Value* indexed_value(const RangeIndex& index, const Version& version) const;

  const NodeStore& nodes_;
  const LabelSets& label_sets_;
  std::vector<std::unique_ptr<RangeIndex>> indexes_;
};

}  // namespace trellis::storage
