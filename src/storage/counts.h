// SPDX-License-Identifier: Apache-2.0
//
// Committed counts by label and type. Thread-safe.
#pragma once

#include <map>
#include <vector>

#include "base/mutex.h"
#include "storage/label_sets.h"
#include "storage/storage.h"

namespace trellis::storage {

// What one transaction adds and takes.
struct CountChanges {
  int64_t nodes = 0;
  int64_t relationships = 0;
  std::map<LabelId, int64_t> labels;
  std::map<TypeId, int64_t> types;

  void add_node(std::span<const LabelId> of, int64_t by) {
    nodes += by;
    for (const LabelId label : of) labels[label] += by;
  }
  void add_relationship(TypeId type, int64_t by) {
    relationships += by;
    types[type] += by;
  }
};

class Counts final : public Statistics {
 public:
  uint64_t node_count(std::optional<LabelId> label) const override {
    ReaderLock lock(mutex_);
    if (!label) return nodes_;
    return *label < labels_.size() ? labels_[*label] : 0;
  }
  uint64_t relationship_count(std::optional<TypeId> type) const override {
    ReaderLock lock(mutex_);
    if (!type) return relationships_;
    return *type < types_.size() ? types_[*type] : 0;
  }
  void apply(const CountChanges& changes) {
    WriterLock lock(mutex_);
    nodes_ += static_cast<uint64_t>(changes.nodes);
    relationships_ += static_cast<uint64_t>(changes.relationships);
    for (const auto& [label, by] : changes.labels) add(labels_, label, by);
    for (const auto& [type, by] : changes.types) add(types_, type, by);
  }

 private:
  static void add(std::vector<uint64_t>& counts, uint32_t id, int64_t by) {
    if (counts.size() <= id) counts.resize(id + 1);
    counts[id] += static_cast<uint64_t>(by);
  }
  mutable SharedMutex mutex_;
  uint64_t nodes_ GUARDED_BY(mutex_) = 0;
  uint64_t relationships_ GUARDED_BY(mutex_) = 0;
  std::vector<uint64_t> labels_ GUARDED_BY(mutex_);
  std::vector<uint64_t> types_ GUARDED_BY(mutex_);
};

}  // namespace trellis::storage
