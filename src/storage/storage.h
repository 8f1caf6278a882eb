// SPDX-License-Identifier: Apache-2.0
//
// The one interface of the storage engine: what a graph database is to everything above it.
//
//   Database      one graph: opened, recovered, checkpointed, closed. Thread-safe.
//   Transaction   a snapshot to read and a set of changes. Not thread-safe, not bound to a thread:
//                 calls may come from different threads but never overlap.
//   TokenCatalog  names of labels, relationship types and property keys <-> small dense ids.
//   Schema        indexes and constraints, with an epoch that every change raises.
//   Statistics    counts that the planner reads.
//
// Invariants
//   1. Snapshot isolation. A transaction sees what was committed when it began, and its own writes.
//   2. A commit is reported ready only when its frame is durable in the log, and it becomes visible
//      to others only then, in log order.
//   3. Writers wait (poll protocol), they do not abort at once; a cycle of waits fails the requester
//      with DeadlockDetected; having waited for a version newer than the snapshot fails with
//      Outdated.
//   4. No row-at-a-time reads: every read takes or fills arrays of up to kSegmentRows entries.
//   5. Values returned are copied into the caller's arena; they outlive the transaction.
//   6. A failed fsync stops the database (StorageFailure from then on), never the process; a full
//      disk fails the writer (DiskFull), reads go on.
// Source: shared decisions in ARCHITECTURE.md, "Storage".
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "base/poll.h"
#include "base/result.h"
#include "value/value.h"

namespace trellis::storage {

using NodeId = uint64_t;
using RelationshipId = uint64_t;
using LabelId = uint32_t;
using TypeId = uint32_t;  // relationship type
using KeyId = uint32_t;   // property key
using SchemaId = uint32_t;

constexpr uint32_t kSegmentRows = 2048;
constexpr uint32_t kNoToken = 0xFFFF'FFFF;

enum class Direction : uint8_t { kOutgoing, kIncoming, kBoth };
enum class TokenKind : uint8_t { kLabel, kType, kKey };

// Thread-safe. Ids are dense from 0 and never reused. Names made by a transaction that rolls back
// may stay: a token is not data.
class TokenCatalog {
 public:
  virtual ~TokenCatalog() = default;
  virtual std::optional<uint32_t> find(TokenKind kind, std::string_view name) const = 0;
  // The view is valid as long as the database.
  virtual std::string_view name(TokenKind kind, uint32_t id) const = 0;
  virtual uint32_t size(TokenKind kind) const = 0;
};

enum class EntityKind : uint8_t { kNode, kRelationship };
enum class IndexType : uint8_t { kRange, kLookup };
enum class IndexState : uint8_t { kPopulating, kOnline, kFailed };
enum class ConstraintType : uint8_t { kNodeUniqueness };

struct IndexDescriptor {
  SchemaId id = 0;
  std::string name;
  IndexType type = IndexType::kRange;
  EntityKind entity = EntityKind::kNode;
  uint32_t token = kNoToken;  // label or relationship type; kNoToken for lookup indexes
  std::vector<KeyId> keys;    // one in this slice
  IndexState state = IndexState::kOnline;
  std::optional<SchemaId> owning_constraint;
};

struct ConstraintDescriptor {
  SchemaId id = 0;
  std::string name;
  ConstraintType type = ConstraintType::kNodeUniqueness;
  LabelId label = kNoToken;
  std::vector<KeyId> keys;
  SchemaId owned_index = 0;
};

// An immutable picture of the schema; a change makes a new one with a higher epoch.
struct Schema {
  uint64_t epoch = 0;
  std::vector<IndexDescriptor> indexes;
  std::vector<ConstraintDescriptor> constraints;
};

class Statistics {
 public:
  virtual ~Statistics() = default;
  // Committed counts; no token: all.
  virtual uint64_t node_count(std::optional<LabelId> label = std::nullopt) const = 0;
  virtual uint64_t relationship_count(std::optional<TypeId> type = std::nullopt) const = 0;
};

struct Property {
  KeyId key;
  value::Value value;  // never null
};

// Where an expansion stands, so that it can go on after a full output.
struct ExpandCursor {
  uint32_t source = 0;    // index into the sources
  uint64_t position = 0;  // within that source's relationships; meaning is the engine's
};

// Output of an expansion: parallel arrays.
struct ExpandBatch {
  uint32_t size = 0;
  std::array<uint16_t, kSegmentRows> source;  // index into the sources
  std::array<RelationshipId, kSegmentRows> relationship;
  std::array<NodeId, kSegmentRows> neighbour;
};

struct RelationshipEnds {
  NodeId start;
  NodeId end;
  TypeId type;
};

enum class LockMode : uint8_t { kShared, kExclusive };

// What lock_keys() takes for (label, key, value); the same for equivalent values (1 and 1.0).
uint64_t lock_key_of(LabelId label, KeyId key, const value::Value& value);

class Transaction {
 public:
  // Rolls back what was not committed.
  virtual ~Transaction() = default;

  // -- scans --
  // Segments 0 .. n-1 cover every id this transaction can see; the number grows with its own writes.
  virtual uint32_t node_segment_count() const = 0;
  virtual uint32_t relationship_segment_count() const = 0;
  // Fills `out` (kSegmentRows entries) with the visible ids of one segment, ascending; with the label
  // if one is given. Returns how many.
  virtual uint32_t scan_nodes(uint32_t segment, std::optional<LabelId> label, NodeId* out) const = 0;
  virtual uint32_t scan_relationships(uint32_t segment, std::optional<TypeId> type,
                                      RelationshipId* out) const = 0;
  // Ids that exist in this snapshot keep true; others become false. out has ids.size() entries.
  virtual void nodes_exist(std::span<const NodeId> ids, bool* out) const = 0;
  virtual void relationships_exist(std::span<const RelationshipId> ids, bool* out) const = 0;

  // -- expand --
  // Appends relationships of sources[cursor.source...] from where the cursor stands, until `out` is
  // full or the sources are exhausted. types empty: every type. A loop is reported once for kBoth.
  // Returns true when exhausted. At most kSegmentRows sources.
  virtual bool expand(std::span<const NodeId> sources, Direction direction,
                      std::span<const TypeId> types, ExpandCursor& cursor,
                      ExpandBatch& out) const = 0;
  virtual void degrees(std::span<const NodeId> sources, Direction direction,
                       std::span<const TypeId> types, uint64_t* out) const = 0;

  // -- reading entities. Those that do not exist (deleted here, or never seen) give EntityNotFound. --
  virtual Result<> node_properties(std::span<const NodeId> ids, KeyId key, Arena& arena,
                                   value::Value* out) const = 0;
  virtual Result<> relationship_properties(std::span<const RelationshipId> ids, KeyId key,
                                           Arena& arena, value::Value* out) const = 0;
  // All of one entity, in key order; the arrays live in the arena.
  virtual Result<std::span<const Property>> all_node_properties(NodeId id, Arena& arena) const = 0;
  virtual Result<std::span<const Property>> all_relationship_properties(RelationshipId id,
                                                                        Arena& arena) const = 0;
  virtual Result<std::span<const LabelId>> node_labels(NodeId id, Arena& arena) const = 0;
  // out[i]: has ids[i] the label? Nodes that do not exist: false.
  virtual void nodes_have_label(std::span<const NodeId> ids, LabelId label, bool* out) const = 0;
  // Works also for relationships that this transaction deleted (type and ends stay known).
  virtual Result<> relationship_ends(std::span<const RelationshipId> ids,
                                     RelationshipEnds* out) const = 0;

  // -- index seek: equality on an ONLINE range index; ids ascending. The values are exact: 1 finds 1.0.
  // Appends to `out`, at most `limit` entries beyond `after` (nullopt: from the start); returns true
  // when exhausted. --
  virtual Result<bool> seek_nodes(SchemaId index, const value::Value& key,
                                  std::optional<NodeId> after, uint32_t limit,
                                  std::vector<NodeId>& out) const = 0;

  // -- locks. kBlocked: the waker is kept; call again with the same ids when woken. Locks are held
  // until the end. Write operations take the locks they need when they are free and fail with an
  // assertion when they are not: lock first. Ids in any order; they are locked in ascending order. --
  virtual Result<Poll> lock_nodes(std::span<const NodeId> ids, LockMode mode,
                                  const PollContext& context) = 0;
  virtual Result<Poll> lock_relationships(std::span<const RelationshipId> ids,
                                          const PollContext& context) = 0;
  // One lock for (label, key, value): MERGE and uniqueness. lock_key is a hash of the three.
  virtual Result<Poll> lock_keys(std::span<const uint64_t> lock_keys,
                                 const PollContext& context) = 0;

  // -- writes. Ids made are visible to this transaction at once. --
  virtual Result<uint32_t> make_token(TokenKind kind, std::string_view name) = 0;
  virtual Result<NodeId> create_node(std::span<const LabelId> labels,
                                     std::span<const Property> properties) = 0;
  // The ends must be locked shared (or be made here).
  virtual Result<RelationshipId> create_relationship(NodeId start, NodeId end, TypeId type,
                                                     std::span<const Property> properties) = 0;
  // A null value removes. Returns whether anything changed. Uniqueness is checked at once
  // (ConstraintValidationFailed); the engine's key locks make the check hold until commit.
  virtual Result<bool> set_node_property(NodeId id, KeyId key, const value::Value& value) = 0;
  virtual Result<bool> set_relationship_property(RelationshipId id, KeyId key,
                                                 const value::Value& value) = 0;
  virtual Result<bool> add_label(NodeId id, LabelId label) = 0;
  virtual Result<bool> remove_label(NodeId id, LabelId label) = 0;
  // A node that still has relationships at commit makes the commit fail with DeleteConnectedNode;
  // callers that must know earlier ask degrees(). False: it was already deleted here.
  virtual Result<bool> delete_node(NodeId id) = 0;
  virtual Result<bool> delete_relationship(RelationshipId id) = 0;
  virtual bool has_writes() const = 0;

  // -- schema changes: alone in their transaction (MixedTransaction otherwise) --
  virtual Result<SchemaId> create_index(const IndexDescriptor& index) = 0;
  virtual Result<> drop_index(SchemaId id) = 0;
  virtual Result<SchemaId> create_constraint(const ConstraintDescriptor& constraint) = 0;
  virtual Result<> drop_constraint(SchemaId id) = 0;

  // -- end --
  // Call until kReady; then commit_index() is the log index of the frame (of the last commit seen,
  // when nothing was written). After an error the transaction is rolled back.
  virtual Result<Poll> commit(const PollContext& context) = 0;
  virtual void rollback() = 0;
  virtual uint64_t commit_index() const = 0;
  // Any thread: makes a blocked lock wait or commit wait (before its frame is written) wake and fail
  // with TransactionTerminated.
  virtual void interrupt() = 0;
};

class Database {
 public:
  virtual ~Database() = default;

  virtual Result<std::unique_ptr<Transaction>> begin() = 0;

  virtual const TokenCatalog& tokens() const = 0;
  virtual std::shared_ptr<const Schema> schema() const = 0;
  virtual const Statistics& statistics() const = 0;

  // 128 random bits in text form (8-4-4-4-12), made with the database; part of element ids.
  virtual const std::string& uuid() const = 0;
  virtual uint64_t last_commit_index() const = 0;
  // kReady when a commit with that index is visible here (bookmarks).
  virtual Poll await_commit_index(uint64_t index, const PollContext& context) = 0;

  virtual Result<> checkpoint() = 0;
  // Waits for what is in flight, checkpoints, closes files. Later calls fail with DatabaseUnavailable.
  virtual Result<> close() = 0;
  // The error that stopped it, if one did.
  virtual std::optional<Error> failure() const = 0;
};

}  // namespace trellis::storage
