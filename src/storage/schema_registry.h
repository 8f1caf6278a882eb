// SPDX-License-Identifier: Apache-2.0
//
// The schema: the published picture, and what open transactions are about to add. Thread-safe.
#pragma once

#include <memory>
#include <vector>

#include "base/mutex.h"
#include "storage/write_set.h"

namespace trellis::storage {

class SchemaRegistry {
 public:
  SchemaRegistry() : current_(std::make_shared<Schema>()) {}

  std::shared_ptr<const Schema> current() const;

  // Check against everything published and pending, take ids, and stay pending until publish() or
  // forget(). An empty name is replaced by a made one.
  Result<SchemaChange> add_index(IndexDescriptor index);
  // Two changes: the constraint and the index that it owns.
  Result<std::vector<SchemaChange>> add_constraint(ConstraintDescriptor constraint);
  Result<SchemaChange> drop_index(SchemaId id) const;
  Result<std::vector<SchemaChange>> drop_constraint(SchemaId id) const;

  void publish(const std::vector<SchemaChange>& changes);
  void forget(const std::vector<SchemaChange>& changes);
  // Recovery.
  void restore(Schema schema);

 private:
  Result<> check_free(const std::string& name) const REQUIRES(mutex_);
  Result<> check_index_rule(const IndexDescriptor& wanted, bool for_constraint) const
      REQUIRES(mutex_);
  SchemaId next_id() REQUIRES(mutex_) { return next_id_++; }
  void remove_pending(const std::vector<SchemaChange>& changes) REQUIRES(mutex_);

  mutable Mutex mutex_;
  std::shared_ptr<const Schema> current_ GUARDED_BY(mutex_);
  std::vector<IndexDescriptor> pending_indexes_ GUARDED_BY(mutex_);
  std::vector<ConstraintDescriptor> pending_constraints_ GUARDED_BY(mutex_);
  SchemaId next_id_ GUARDED_BY(mutex_) = 1;
};

// Applies changes to a picture; what is there already, or gone already, is left alone.
void apply_schema_change(Schema& schema, const SchemaChange& change);

}  // namespace trellis::storage
