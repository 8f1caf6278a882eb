// SPDX-License-Identifier: Apache-2.0
//
// Clauses, queries, and the expressions that hold a query.
#pragma once

#include "cypher/syntax/ast_pattern.h"

namespace trellis::cypher::ast {

enum class ClauseKind : uint8_t {
  kUse,
  kMatch,
  kUnwind,
  kWith,
  kReturn,
  kFinish,
  kCreate,
  kMerge,
  kSet,
  kRemove,
  kDelete,
  kForeach,
  kCallProcedure,
  kCallSubquery,
  kLoadCsv,
};

struct Clause {
  virtual ~Clause() = default;
  Clause(const Clause&) = delete;
  Clause& operator=(const Clause&) = delete;

  const ClauseKind kind;
  NodeId id = 0;
  SourcePosition position;

 protected:
  explicit Clause(ClauseKind k) : kind(k) {}
};
using ClausePtr = std::unique_ptr<const Clause>;

template <class T>
const T& as(const Clause& clause) {
  TRELLIS_ASSERT(clause.kind == T::kKind);
  return static_cast<const T&>(clause);
}
template <class T>
const T* try_as(const Clause* clause) {
  return clause && clause->kind == T::kKind ? static_cast<const T*>(clause) : nullptr;
}

template <ClauseKind K>
struct ClauseOf : Clause {
  static constexpr ClauseKind kKind = K;
  ClauseOf() : Clause(K) {}
};

// -- Queries --
struct SingleQuery {
  NodeId id = 0;
  SourcePosition position;
  std::vector<ClausePtr> clauses;  // never empty
};
struct Query {
  NodeId id = 0;
  std::vector<SingleQuery> parts;  // at least one
  // Between parts: all UNION ALL or all UNION; a mix is an error of semantics.
  std::vector<bool> union_all;  // one fewer than parts
  std::vector<SourcePosition> union_positions;
};
using QueryPtr = std::unique_ptr<const Query>;

enum class SubqueryKind : uint8_t { kExists, kCount, kCollect };
// The short form EXISTS { (a)-->(b) WHERE p } is a query of one MATCH and no RETURN.
struct SubqueryExpression : ExpressionOf<ExpressionKind::kSubqueryExpression> {
  SubqueryKind subquery = SubqueryKind::kExists;
  QueryPtr query;
};

// -- Graph references --
// USE a, USE a.b, USE graph.byName(e), USE graph.byElementId(e).
enum class UseKind : uint8_t { kName, kByName, kByElementId };
struct Use : ClauseOf<ClauseKind::kUse> {
  UseKind use = UseKind::kName;
  std::vector<std::string> parts;  // kName; quoted parts are kept apart
  ExpressionPtr argument;          // kByName, kByElementId
};

// -- Reading --
enum class HintKind : uint8_t { kIndex, kRangeIndex, kTextIndex, kPointIndex, kScan, kJoin };
struct Hint {
  HintKind kind = HintKind::kIndex;
  SourcePosition position;
  bool seek = false;                    // USING INDEX SEEK
  std::vector<VariableName> variables;  // one, except kJoin
  std::string label_or_type;
  std::vector<std::string> properties;
};
enum class MatchMode : uint8_t { kDefault, kDifferentRelationships, kRepeatableElements };
struct Match : ClauseOf<ClauseKind::kMatch> {
  bool optional = false;
  MatchMode mode = MatchMode::kDefault;
  std::vector<PathPattern> patterns;
  std::vector<Hint> hints;
  ExpressionPtr where;  // may be null
};
struct Unwind : ClauseOf<ClauseKind::kUnwind> {
  ExpressionPtr list;
  VariableName variable;
};
struct LoadCsv : ClauseOf<ClauseKind::kLoadCsv> {
  bool with_headers = false;
  ExpressionPtr url;
  VariableName variable;
  ExpressionPtr field_terminator;  // may be null
};

// -- Projection --
// `alias.name` is the column's name: as given, or the item's own text where it was not
// (RETURN n.name has column `n.name`).
struct ProjectionItem {
  ExpressionPtr expression;
  VariableName alias;
  bool aliased = false;
};
struct SortItem {
  ExpressionPtr expression;
  bool descending = false;
};
struct Projection {
  SourcePosition position;
  bool distinct = false;
  bool star = false;                  // `*`, before the items
  std::vector<ProjectionItem> items;  // may be empty only with star
  std::vector<SortItem> order_by;
  ExpressionPtr skip;   // may be null
  ExpressionPtr limit;  // may be null
};
struct With : ClauseOf<ClauseKind::kWith> {
  Projection projection;
  ExpressionPtr where;  // may be null
  // A stand-alone ORDER BY / SKIP / LIMIT clause, which is WITH * in front of it.
  bool implicit = false;
};
struct Return : ClauseOf<ClauseKind::kReturn> {
  Projection projection;
};
struct Finish : ClauseOf<ClauseKind::kFinish> {};

// -- Writing --
struct Create : ClauseOf<ClauseKind::kCreate> {
  std::vector<PathPattern> patterns;
  bool insert = false;  // written INSERT
};

enum class SetItemKind : uint8_t {
  kProperty,  // target.key = value, target[key] = value
  kReplace,   // v = value
  kMerge,     // v += value
  kLabels,    // v:A:B, v:$(e)
};
// A label in SET and REMOVE: a name, or an expression that yields one name or a list of names.
struct LabelReference {
  std::string name;
  ExpressionPtr expression;  // null: `name` counts
};
struct SetItem {
  SetItemKind kind = SetItemKind::kProperty;
  SourcePosition position;
  ExpressionPtr target;  // kProperty: PropertyAccess or IndexAccess; otherwise a Variable
  ExpressionPtr value;   // null for kLabels
  std::vector<LabelReference> labels;
};
struct Set : ClauseOf<ClauseKind::kSet> {
  std::vector<SetItem> items;
};
struct RemoveItem {
  SourcePosition position;
  ExpressionPtr target;                // PropertyAccess, IndexAccess; with labels: a Variable
  std::vector<LabelReference> labels;  // empty: a property is removed
};
struct Remove : ClauseOf<ClauseKind::kRemove> {
  std::vector<RemoveItem> items;
};
struct Merge : ClauseOf<ClauseKind::kMerge> {
  PathPattern pattern;
  std::vector<SetItem> on_create;
  std::vector<SetItem> on_match;
};
struct Delete : ClauseOf<ClauseKind::kDelete> {
  bool detach = false;
  ExpressionList expressions;
};
struct Foreach : ClauseOf<ClauseKind::kForeach> {
  VariableName variable;
  ExpressionPtr list;
  std::vector<ClausePtr> updates;  // writing clauses only
};

// -- Calls --
struct YieldItem {
  std::string column;
  VariableName alias;  // the column's name where no AS was given
  bool aliased = false;
};
struct CallProcedure : ClauseOf<ClauseKind::kCallProcedure> {
  bool optional = false;
  std::string name;            // parts joined with '.'
  bool has_arguments = false;  // CALL p(..) rather than CALL p, which takes them from parameters
  ExpressionList arguments;
  bool has_yield = false;
  bool yield_star = false;
  std::vector<YieldItem> yields;
  ExpressionPtr where;  // may be null
};

enum class SubqueryScope : uint8_t {
  kImportingWith,  // CALL { WITH a .. }: no scope clause
  kVariables,      // CALL (a, b) { .. }
  kAll,            // CALL (*) { .. }
};
enum class OnBatchError : uint8_t { kFail, kContinue, kBreak, kRetry };
struct InTransactions {
  ExpressionPtr concurrency;  // null: serial; IN CONCURRENT alone sets `concurrent` only
  bool concurrent = false;
  ExpressionPtr batch_rows;  // null: 1000
  OnBatchError on_error = OnBatchError::kFail;
  ExpressionPtr retry_seconds;                     // null: default
  OnBatchError after_retry = OnBatchError::kFail;  // of kRetry
  std::optional<VariableName> status;              // REPORT STATUS AS v
};
struct CallSubquery : ClauseOf<ClauseKind::kCallSubquery> {
  bool optional = false;
  SubqueryScope scope = SubqueryScope::kImportingWith;
  std::vector<VariableName> imports;  // kVariables
  QueryPtr query;
  std::optional<InTransactions> in_transactions;
};

}  // namespace trellis::cypher::ast
