// SPDX-License-Identifier: Apache-2.0
//
// A transaction of the resident engine. Contract: storage.h.
//
// A write operation whose lock is held by somebody else, because it was not asked for beforehand,
// fails with DeadlockDetected, which clients retry, rather than bring the server down.
#pragma once

#include <atomic>

#include "storage/engine.h"

namespace trellis::storage {

class ResidentTransaction final : public Transaction {
 public:
  explicit ResidentTransaction(std::shared_ptr<Engine> engine);
  ~ResidentTransaction() override { rollback(); }

  uint32_t node_segment_count() const override;
  uint32_t relationship_segment_count() const override;
  uint32_t scan_nodes(uint32_t segment, std::optional<LabelId> label, NodeId* out) const override;
  uint32_t scan_relationships(uint32_t segment, std::optional<TypeId> type,
                              RelationshipId* out) const override;
  void nodes_exist(std::span<const NodeId> ids, bool* out) const override;
  void relationships_exist(std::span<const RelationshipId> ids, bool* out) const override;

  bool expand(std::span<const NodeId> sources, Direction direction, std::span<const TypeId> types,
              ExpandCursor& cursor, ExpandBatch& out) const override;
  void degrees(std::span<const NodeId> sources, Direction direction, std::span<const TypeId> types,
               uint64_t* out) const override;

  Result<> node_properties(std::span<const NodeId> ids, KeyId key, Arena& arena,
                           value::Value* out) const override;
  Result<> relationship_properties(std::span<const RelationshipId> ids, KeyId key, Arena& arena,
                                   value::Value* out) const override;
  Result<std::span<const Property>> all_node_properties(NodeId id, Arena& arena) const override;
  Result<std::span<const Property>> all_relationship_properties(RelationshipId id,
                                                                Arena& arena) const override;
  Result<std::span<const LabelId>> node_labels(NodeId id, Arena& arena) const override;
  void nodes_have_label(std::span<const NodeId> ids, LabelId label, bool* out) const override;
  Result<> relationship_ends(std::span<const RelationshipId> ids,
                             RelationshipEnds* out) const override;
  Result<bool> seek_nodes(SchemaId index, const value::Value& key, std::optional<NodeId> after,
                          uint32_t limit, std::vector<NodeId>& out) const override;

  Result<Poll> lock_nodes(std::span<const NodeId> ids, LockMode mode,
                          const PollContext& context) override;
  Result<Poll> lock_relationships(std::span<const RelationshipId> ids,
                                  const PollContext& context) override;
  Result<Poll> lock_keys(std::span<const uint64_t> lock_keys, const PollContext& context) override;

  Result<uint32_t> make_token(TokenKind kind, std::string_view name) override;
  Result<NodeId> create_node(std::span<const LabelId> labels,
                             std::span<const Property> properties) override;
  Result<RelationshipId> create_relationship(NodeId start, NodeId end, TypeId type,
                                             std::span<const Property> properties) override;
  Result<bool> set_node_property(NodeId id, KeyId key, const value::Value& value) override;
  Result<bool> set_relationship_property(RelationshipId id, KeyId key,
                                         const value::Value& value) override;
  Result<bool> add_label(NodeId id, LabelId label) override;
  Result<bool> remove_label(NodeId id, LabelId label) override;
  Result<bool> delete_node(NodeId id) override;
  Result<bool> delete_relationship(RelationshipId id) override;
  bool has_writes() const override;

  Result<SchemaId> create_index(const IndexDescriptor& index) override;
  Result<> drop_index(SchemaId id) override;
  Result<SchemaId> create_constraint(const ConstraintDescriptor& constraint) override;
  Result<> drop_constraint(SchemaId id) override;

  Result<Poll> commit(const PollContext& context) override;
  void rollback() override;
  uint64_t commit_index() const override { return commit_index_; }
  void interrupt() override;

 private:
  enum class Stage : uint8_t { kActive, kCommitting, kEnded };

  WriteSet& set() { return state_->set; }
  const WriteSet& set() const { return state_->set; }

  // -- transaction_expand.cpp --
  bool expand_side(Direction side, bool both, std::span<const TypeId> types, NodeId node,
                   ExpandCursor& cursor, ExpandBatch& out) const REQUIRES_SHARED(engine_.latch);
  uint64_t degree(NodeId node, Direction side, bool both, std::span<const TypeId> types) const
      REQUIRES_SHARED(engine_.latch);

  // -- transaction_lock.cpp --
  Result<Poll> lock_all(LockSpace space, std::vector<uint64_t> ids, LockMode mode,
                        const PollContext& context);
  bool holds(const LockName& name, LockMode mode) const;
  // Takes the lock if it is free.
  Result<> take_lock(const LockName& name, LockMode mode);
  tl::unexpected<Error> outdated() const;
  Result<> check_interrupt() const;

  // -- transaction_write.cpp --
  Result<> begin_write();
  Result<> check_relationship_current(const RelationshipSlot& slot) const;
  // The head to change; null when this transaction has deleted the node.
  Result<const Version*> writable_node(NodeId id, LockMode mode) REQUIRES(engine_.latch);
  Result<RelationshipSlot*> writable_relationship(RelationshipId id) REQUIRES(engine_.latch);
  Result<> check_unique(const Version& version, std::optional<NodeId> self) REQUIRES(engine_.latch);
  void put_node(NodeId id, VersionPtr version) REQUIRES(engine_.latch);
  Result<bool> change_label(NodeId id, LabelId label, bool present);

  // -- transaction_schema.cpp --
  Result<> begin_schema();
  void add_changes(std::vector<SchemaChange> changes);
  Result<> populate(const SchemaChange& change);
  Result<> verify_constraints() const;

  // -- transaction_commit.cpp --
  Result<> check_deleted_nodes();
  Result<Poll> start_commit(const PollContext& context);
  Result<Poll> await_commit(const PollContext& context);
  void end();

  const std::shared_ptr<Engine> owner_;
  Engine& engine_;  // *owner_; the analysis of locks wants one name
  View view_;
  const std::shared_ptr<CommitState> state_;
  Stage stage_ = Stage::kActive;
  bool writing_ = false;  // among the engine's active writers
  uint64_t commit_index_ = 0;
  uint64_t ticket_ = 0;
  std::vector<uint64_t> earlier_writers_;  // whom a new constraint waits for

  std::atomic<bool> interrupted_{false};
  Mutex waiting_mutex_;
  std::shared_ptr<LockRequest> waiting_ GUARDED_BY(waiting_mutex_);
};

}  // namespace trellis::storage
