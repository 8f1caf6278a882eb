// SPDX-License-Identifier: Apache-2.0
//
// An index is kept up by every writer from the moment create_index() is called, and filled before
// that returns; so at commit it is whole for every snapshot. A constraint must also wait, at
// commit, for the writers that began before it, and then finds out whether it holds.
#include <algorithm>

#include "storage/resident_transaction.h"

namespace trellis::storage {

Result<> ResidentTransaction::begin_schema() {
  TRELLIS_ASSERT(stage_ == Stage::kActive);
  TRELLIS_TRY(check_interrupt());
  TRELLIS_TRY(engine_.check_open());
  if (has_writes() && set().schema.empty()) {
    return fail(ErrorCode::MixedTransaction,
                "The schema cannot be changed in a transaction that changes data. Use two "
                "transactions.");
  }
  return {};
}

void ResidentTransaction::add_changes(std::vector<SchemaChange> changes) {
  for (SchemaChange& change : changes) {
    switch (change.kind) {
      case SchemaChange::Kind::kCreateIndex:
        set().ops.create_index(change.index);
        break;
      case SchemaChange::Kind::kDropIndex:
        set().ops.drop_index(change.id);
        break;
      case SchemaChange::Kind::kCreateConstraint:
        set().ops.create_constraint(change.constraint);
        break;
      case SchemaChange::Kind::kDropConstraint:
        set().ops.drop_constraint(change.id);
        break;
    }
    set().schema.push_back(std::move(change));
  }
}

Result<> ResidentTransaction::populate(const SchemaChange& change) {
  const IndexDescriptor& descriptor = change.index;
  if (descriptor.type != IndexType::kRange || descriptor.entity != EntityKind::kNode) return {};
  uint32_t segments = 0;
  {
    WriteLatch hold(engine_.latch);
    engine_.graph.indexes.create(descriptor.id, descriptor.token, descriptor.keys.front(),
                                 descriptor.owning_constraint.has_value());
    // Segments made later are filled by their writers.
    segments = engine_.graph.nodes.segment_count();
  }
  for (uint32_t s = 0; s < segments; ++s) {
    TRELLIS_TRY(check_interrupt());
    WriteLatch hold(engine_.latch);
    for (const auto& index : engine_.graph.indexes.all()) {
      if (index->id == descriptor.id) engine_.graph.indexes.populate(*index, s);
    }
  }
  return {};
}

Result<SchemaId> ResidentTransaction::create_index(const IndexDescriptor& index) {
  TRELLIS_TRY(begin_schema());
  TRELLIS_ASSERT(index.type == IndexType::kLookup || index.keys.size() == 1);
  TRELLIS_TRY_ASSIGN(SchemaChange change, engine_.schema.add_index(index));
  add_changes({change});
  TRELLIS_TRY(populate(change));
  return change.id;
}

Result<> ResidentTransaction::drop_index(SchemaId id) {
  TRELLIS_TRY(begin_schema());
  TRELLIS_TRY_ASSIGN(SchemaChange change, engine_.schema.drop_index(id));
  add_changes({std::move(change)});
  return {};
}

Result<SchemaId> ResidentTransaction::create_constraint(const ConstraintDescriptor& constraint) {
  TRELLIS_TRY(begin_schema());
  TRELLIS_ASSERT(constraint.keys.size() == 1);
  TRELLIS_TRY_ASSIGN(auto changes, engine_.schema.add_constraint(constraint));
  add_changes(changes);
  TRELLIS_TRY(populate(changes.front()));
  const auto before = engine_.writers.all();
  earlier_writers_.insert(earlier_writers_.end(), before.begin(), before.end());
  return changes.back().id;
}

Result<> ResidentTransaction::drop_constraint(SchemaId id) {
  TRELLIS_TRY(begin_schema());
  TRELLIS_TRY_ASSIGN(auto changes, engine_.schema.drop_constraint(id));
  add_changes(std::move(changes));
  return {};
}

Result<> ResidentTransaction::verify_constraints() const {
  ReadLatch hold(engine_.latch);
  for (const SchemaChange& change : set().schema) {
    if (change.kind != SchemaChange::Kind::kCreateConstraint) continue;
    const RangeIndex* index = engine_.graph.indexes.find(change.constraint.owned_index);
    TRELLIS_ASSERT(index);
    if (const auto twice = engine_.graph.indexes.find_double(*index)) {
      return fail(ErrorCode::ConstraintCreationFailed,
                  "Unable to create the constraint '{}': both Node({}) and Node({}) have the label "
                  "`{}` and the same property `{}`. Change one of them first.",
                  change.constraint.name, twice->first, twice->second,
                  engine_.tokens.name(TokenKind::kLabel, index->label),
                  engine_.tokens.name(TokenKind::kKey, index->key));
    }
  }
  return {};
}

}  // namespace trellis::storage
