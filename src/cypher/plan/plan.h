// SPDX-License-Identifier: Apache-2.0
//
// The plan of a statement: a chain of operators, each fed by its `input`, some with sub-plans.
//
// Shape
//   Rows have slots (columns). Slots are numbered once for the whole statement, sub-plans included,
//   so a sub-plan reads its outer row's slots by the same numbers. An operator's row has all slots
//   of its input row plus those it writes, until an operator says otherwise (Project with
//   `replaces`, Aggregate, ...).
//   Every chain starts with Argument: at the top it yields one row without values; in a sub-plan it
//   yields the outer rows. A scan is therefore unary too: for each input row, every node. (a), (b)
//   is a scan over a scan.
//   Sub-plans run once per batch of outer rows, not once per row: the argument rows carry a row
//   number, and operators that hold state (aggregate, sort, limit, distinct, skip) keep it per
//   argument row.
//
// Invariants
//   1. Immutable, shared by executions; per-execution state lives in room exec.
//   2. Relationship uniqueness (trails) is stated by `distinct_from` of the expands.
//   3. An Eager stands wherever a write could be seen by a read below it in the same statement.
//   4. Access rules are not in the tree: every read goes through exec's GraphReader, which has them.
//      The plan is made for one AccessRules hash (estimates, and what is left out).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cypher/plan/expression.h"
#include "cypher/result_stream.h"
#include "storage/storage.h"

namespace trellis::cypher {
struct Procedure;
struct AggregateFunction;  // cypher/functions
}

namespace trellis::cypher::plan {

enum class OperatorKind : uint8_t {
  // rows from the graph
  kArgument, kAllNodesScan, kNodeByLabelScan, kNodeIndexSeek, kNodeByIdSeek,
  kAllRelationshipsScan, kExpand, kVarLengthExpand, kShortestPath,
  // rows from elsewhere
  kUnwind, kProcedureCall, kRowSource, kLoadCsv,
  // relational
  kFilter, kProject, kAggregate, kDistinct, kSort, kSkip, kLimit, kUnion, kEager,
  // sub-plans
  kApply, kOptionalApply, kSemiApply, kRollUpApply, kForeach,
  // updates
  kCreate, kMerge, kSetProperty, kSetProperties, kSetLabels, kRemoveProperty, kRemoveLabels,
  kDelete,
  // schema
  kCreateIndex, kDropIndex, kCreateConstraint, kDropConstraint,
  // the end
  kProduceResults, kEmptyResult,
};

struct Operator;
using OperatorPtr = std::unique_ptr<const Operator>;

struct Operator {
  explicit Operator(OperatorKind k) : kind(k) {}
  virtual ~Operator() = default;
  const OperatorKind kind;
  OperatorPtr input;  // null for Argument only
  double estimated_rows = 1;
};

struct Argument : Operator {
  Argument() : Operator(OperatorKind::kArgument) {}
};

struct AllNodesScan : Operator {
  AllNodesScan() : Operator(OperatorKind::kAllNodesScan) {}
  SlotId node = kNoSlot;
};
struct NodeByLabelScan : Operator {
  NodeByLabelScan() : Operator(OperatorKind::kNodeByLabelScan) {}
  SlotId node = kNoSlot;
  TokenRef label;
};
// Equality on a range index. Null, and values no property can equal, find nothing.
struct NodeIndexSeek : Operator {
  NodeIndexSeek() : Operator(OperatorKind::kNodeIndexSeek) {}
  SlotId node = kNoSlot;
  TokenRef label;
  TokenRef key;
  storage::SchemaId index = 0;
  bool unique = false;
  bool many = false;  // the expression is a list: one seek per distinct element (IN)
  ExpressionPtr value;
};
// id(n) = e or id(n) IN e, elementId likewise.
struct NodeByIdSeek : Operator {
  NodeByIdSeek() : Operator(OperatorKind::kNodeByIdSeek) {}
  SlotId node = kNoSlot;
  bool element_id = false;
  bool many = false;
  ExpressionPtr ids;
};
// Every relationship, once per direction asked for: a start for patterns like ()-[r]->().
struct AllRelationshipsScan : Operator {
  AllRelationshipsScan() : Operator(OperatorKind::kAllRelationshipsScan) {}
  SlotId relationship = kNoSlot, start = kNoSlot, end = kNoSlot;
  storage::Direction direction = storage::Direction::kOutgoing;
  std::vector<TokenRef> types;
};

// from -[relationship:types]- to. `into`: `to` is bound already and must be the other end.
// `relationship_bound`: the relationship's slot is bound already and must be that one.
// A null `from` (or `to` of into) yields no row.
struct Expand : Operator {
  Expand() : Operator(OperatorKind::kExpand) {}
  SlotId from = kNoSlot, relationship = kNoSlot, to = kNoSlot;
  storage::Direction direction = storage::Direction::kOutgoing;
  std::vector<TokenRef> types;  // empty: every type
  bool into = false;
  bool relationship_bound = false;
  // Slots of relationships, or of lists of them, of the same MATCH that this one must differ from.
  std::vector<SlotId> distinct_from;
};

// Trails of min .. max relationships; the slot gets the list in pattern order (left to right).
struct VarLengthExpand : Operator {
  VarLengthExpand() : Operator(OperatorKind::kVarLengthExpand) {}
  SlotId from = kNoSlot, relationships = kNoSlot, to = kNoSlot;
  storage::Direction direction = storage::Direction::kOutgoing;
  std::vector<TokenRef> types;
  uint32_t min = 1;
  std::optional<uint32_t> max;
  bool into = false;
  bool relationships_bound = false;  // the list is given: follow exactly it
  bool reversed = false;             // walked from the pattern's right end: give the list reversed
  std::vector<SlotId> distinct_from;
  // Holds for every relationship on the way (its slot: each_relationship), tested while walking.
  SlotId each_relationship = kNoSlot;
  ExpressionPtr each_predicate;
};

// shortestPath / allShortestPaths between two bound nodes.
struct ShortestPath : Operator {
  ShortestPath() : Operator(OperatorKind::kShortestPath) {}
  SlotId from = kNoSlot, to = kNoSlot, relationships = kNoSlot;
  storage::Direction direction = storage::Direction::kOutgoing;
  std::vector<TokenRef> types;
  uint32_t min = 1;
  std::optional<uint32_t> max;
  bool all = false;
  SlotId each_relationship = kNoSlot;
  ExpressionPtr each_predicate;
};

// range(a, b) and range(a, b, step) are walked without building the list.
struct Unwind : Operator {
  Unwind() : Operator(OperatorKind::kUnwind) {}
  SlotId element = kNoSlot;
  ExpressionPtr list;
};
struct ProcedureCall : Operator {
  ProcedureCall() : Operator(OperatorKind::kProcedureCall) {}
  const Procedure* procedure = nullptr;
  std::vector<ExpressionPtr> arguments;
  std::vector<std::pair<uint32_t, SlotId>> yields;  // column of the procedure -> slot
};
// The source that Engine::project() was given; at the bottom of a SHOW tail.
struct RowSourceScan : Operator {
  RowSourceScan() : Operator(OperatorKind::kRowSource) {}
  std::vector<SlotId> columns;
};
struct LoadCsv : Operator {
  LoadCsv() : Operator(OperatorKind::kLoadCsv) {}
  SlotId row = kNoSlot;
  ExpressionPtr url;
  bool headers = false;
  std::string field_terminator = ",";
};

struct Filter : Operator {
  Filter() : Operator(OperatorKind::kFilter) {}
  ExpressionPtr predicate;  // rows where it is true
};
struct ProjectItem {
  SlotId slot = kNoSlot;
  ExpressionPtr expression;
};
struct Project : Operator {
  Project() : Operator(OperatorKind::kProject) {}
  std::vector<ProjectItem> items;
  bool replaces = false;  // WITH, RETURN: only these slots live on
};
struct AggregateItem {
  SlotId slot = kNoSlot;
  const AggregateFunction* function = nullptr;  // null: count(*)
  bool distinct = false;
  std::vector<ExpressionPtr> arguments;
};
struct Aggregate : Operator {
  Aggregate() : Operator(OperatorKind::kAggregate) {}
  std::vector<ProjectItem> keys;  // none: one row (per argument row), also for no input
  std::vector<AggregateItem> items;
};
struct Distinct : Operator {
  Distinct() : Operator(OperatorKind::kDistinct) {}
  std::vector<SlotId> slots;
};
struct SortKey {
  ExpressionPtr expression;
  bool descending = false;
};
struct Sort : Operator {
  Sort() : Operator(OperatorKind::kSort) {}
  std::vector<SortKey> keys;
  ExpressionPtr limit;  // may be null; rows beyond it (skip included) need not be kept
};
struct Skip : Operator {
  Skip() : Operator(OperatorKind::kSkip) {}
  ExpressionPtr count;
};
struct Limit : Operator {
  Limit() : Operator(OperatorKind::kLimit) {}
  ExpressionPtr count;
  // An update below must run to its end although fewer rows are wanted.
  bool exhaust_input = false;
};
// Rows of every branch; branch i's slots are copied to `slots`.
struct Union : Operator {
  Union() : Operator(OperatorKind::kUnion) {}
  std::vector<OperatorPtr> branches;  // each starts with its own Argument, fed by input's rows
  std::vector<std::vector<SlotId>> branch_slots;
  std::vector<SlotId> slots;
};
struct Eager : Operator {
  Eager() : Operator(OperatorKind::kEager) {}
};

// For each input row, the rows of the sub-plan. A unit sub-plan (no RETURN) yields the input row
// once, after all its effects.
struct Apply : Operator {
  Apply() : Operator(OperatorKind::kApply) {}
  OperatorPtr subplan;
  bool unit = false;
};
// As Apply; an input row without rows comes once, with these slots null.
struct OptionalApply : Operator {
  OptionalApply() : Operator(OperatorKind::kOptionalApply) {}
  OperatorPtr subplan;
  std::vector<SlotId> nullable;
};
// EXISTS { } and pattern predicates. With result_slot: every input row, with true or false there;
// without: only rows for which the sub-plan has a row (anti: has none).
struct SemiApply : Operator {
  SemiApply() : Operator(OperatorKind::kSemiApply) {}
  OperatorPtr subplan;
  bool anti = false;
  SlotId result = kNoSlot;
};
// Pattern comprehension, COLLECT { }: the values of `collected` as a list, per input row.
// count_only: their number (COUNT { }).
struct RollUpApply : Operator {
  RollUpApply() : Operator(OperatorKind::kRollUpApply) {}
  OperatorPtr subplan;
  SlotId collected = kNoSlot;
  SlotId result = kNoSlot;
  bool count_only = false;
};
// FOREACH: the sub-plan for each element, for its effects.
struct Foreach : Operator {
  Foreach() : Operator(OperatorKind::kForeach) {}
  SlotId element = kNoSlot;
  ExpressionPtr list;
  OperatorPtr subplan;
};

struct NodeCreation {
  SlotId node = kNoSlot;
  std::vector<TokenRef> labels;
  ExpressionPtr properties;  // a map, a parameter that is one, or null pointer
};
struct RelationshipCreation {
  SlotId relationship = kNoSlot;
  SlotId start = kNoSlot, end = kNoSlot;
  TokenRef type;
  ExpressionPtr properties;
};
struct PathProjection {  // a named path over created elements
  SlotId slot = kNoSlot;
  ExpressionPtr path;
};
struct Create : Operator {
  Create() : Operator(OperatorKind::kCreate) {}
  std::vector<NodeCreation> nodes;  // in order; then the relationships
  std::vector<RelationshipCreation> relationships;
};

// SET and REMOVE items, also as the ON MATCH / ON CREATE parts of Merge.
struct SetProperty : Operator {
  SetProperty() : Operator(OperatorKind::kSetProperty) {}
  ExpressionPtr entity;
  TokenRef key;              // or
  ExpressionPtr dynamic_key; // n[expr] = ...
  ExpressionPtr value;
};
// n = map (replace) or n += map. The value may be a map, a node or a relationship.
struct SetProperties : Operator {
  SetProperties() : Operator(OperatorKind::kSetProperties) {}
  SlotId entity = kNoSlot;
  bool replace = false;
  ExpressionPtr value;
};
struct SetLabels : Operator {
  SetLabels() : Operator(OperatorKind::kSetLabels) {}
  SlotId node = kNoSlot;
  std::vector<TokenRef> labels;
};
struct RemoveProperty : Operator {
  RemoveProperty() : Operator(OperatorKind::kRemoveProperty) {}
  ExpressionPtr entity;
  TokenRef key;
  ExpressionPtr dynamic_key;
};
struct RemoveLabels : Operator {
  RemoveLabels() : Operator(OperatorKind::kRemoveLabels) {}
  SlotId node = kNoSlot;
  std::vector<TokenRef> labels;
};
struct Delete : Operator {
  Delete() : Operator(OperatorKind::kDelete) {}
  std::vector<ExpressionPtr> expressions;  // nodes, relationships, paths, null
  bool detach = false;
};

// MERGE, row by row within the batch, each row seeing what the rows before it made: `match` is run
// for the row; without a result `create` is done, under key locks, so that two transactions do not
// both create. The set chains start with Argument.
struct Merge : Operator {
  Merge() : Operator(OperatorKind::kMerge) {}
  OperatorPtr match;
  std::vector<NodeCreation> nodes;  // only those not bound before
  std::vector<RelationshipCreation> relationships;
  OperatorPtr on_match;   // may be null
  OperatorPtr on_create;  // may be null
};

struct CreateIndex : Operator {
  CreateIndex() : Operator(OperatorKind::kCreateIndex) {}
  std::string name;  // empty: made from the descriptor
  storage::IndexType type = storage::IndexType::kRange;
  storage::EntityKind entity = storage::EntityKind::kNode;
  TokenRef token;
  std::vector<TokenRef> keys;
  bool if_not_exists = false;
};
struct DropIndex : Operator {
  DropIndex() : Operator(OperatorKind::kDropIndex) {}
  std::string name;
  bool if_exists = false;
};
struct CreateConstraint : Operator {
  CreateConstraint() : Operator(OperatorKind::kCreateConstraint) {}
  std::string name;
  TokenRef label;
  std::vector<TokenRef> keys;
  bool if_not_exists = false;
};
struct DropConstraint : Operator {
  DropConstraint() : Operator(OperatorKind::kDropConstraint) {}
  std::string name;
  bool if_exists = false;
};

struct ResultColumn {
  std::string name;
  SlotId slot = kNoSlot;
};
struct ProduceResults : Operator {
  ProduceResults() : Operator(OperatorKind::kProduceResults) {}
  std::vector<ResultColumn> columns;
};
// Runs its input for the effects; yields nothing.
struct EmptyResult : Operator {
  EmptyResult() : Operator(OperatorKind::kEmptyResult) {}
};

struct Plan {
  OperatorPtr root;  // ProduceResults or EmptyResult
  uint32_t slot_count = 0;
  std::vector<ResultColumn> columns;
  QueryType type = QueryType::kRead;
  std::vector<std::string> slot_names;  // for EXPLAIN; "" for hidden ones
  std::vector<Notification> notifications;
};

}  // namespace trellis::cypher::plan
