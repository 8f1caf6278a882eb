// SPDX-License-Identifier: Apache-2.0
//
// Expressions of Cypher 5 as the parser leaves them.
//
// A closed set of node kinds: test `kind`, then cast with as<T>(), which asserts the kind.
// Everything below a Statement is reached through pointers to const: a parsed statement is shared
// between executions and threads as std::shared_ptr<const Statement>.
//
// Invariants
//   1. Every node that semantics or planning speaks of (expression, clause, pattern element, name
//   of
//      a variable) has a NodeId, unique and dense in its statement (0 .. Statement::node_count-1),
//      so that a side table is a plain vector.
//   2. Every position is the node's first character in the text as the client sent it.
//   3. Children are never null unless the member's comment says so.
//   4. Pattern-valued and query-valued expressions are in ast_pattern.h and ast_clause.h.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/error.h"
#include "base/macros.h"

namespace trellis::cypher::ast {

using NodeId = uint32_t;

enum class ExpressionKind : uint8_t {
  kLiteral,
  kParameter,
  kAutoParameter,
  kVariable,
  kPropertyAccess,
  kIndexAccess,
  kSlice,
  kUnary,
  kBinary,
  kComparisonChain,
  kLogicalChain,
  kNullCheck,
  kTypePredicate,
  kNormalizedPredicate,
  kLabelPredicate,
  kFunctionCall,
  kCountStar,
  kCase,
  kCaseSubject,
  kListLiteral,
  kMapLiteral,
  kListComprehension,
  kListPredicate,
  kReduce,
  kMapProjection,
  kPatternExpression,     // ast_pattern.h
  kPatternComprehension,  // ast_pattern.h
  kSubqueryExpression,    // ast_clause.h
};

struct Expression {
  virtual ~Expression() = default;
  Expression(const Expression&) = delete;
  Expression& operator=(const Expression&) = delete;

  const ExpressionKind kind;
  NodeId id = 0;
  SourcePosition position;

 protected:
  explicit Expression(ExpressionKind k) : kind(k) {}
};
using ExpressionPtr = std::unique_ptr<const Expression>;
using ExpressionList = std::vector<ExpressionPtr>;

template <class T>
const T& as(const Expression& expression) {
  TRELLIS_ASSERT(expression.kind == T::kKind);
  return static_cast<const T&>(expression);
}
// Null when the kind is another one, or the pointer is null.
template <class T>
const T* try_as(const Expression* expression) {
  return expression && expression->kind == T::kKind ? static_cast<const T*>(expression) : nullptr;
}

template <ExpressionKind K>
struct ExpressionOf : Expression {
  static constexpr ExpressionKind kKind = K;
  ExpressionOf() : Expression(K) {}
};

// The place where a variable is declared, or named outside an expression (a pattern element, an
// alias, a YIELD item). An anonymous pattern element has an empty name and still an id.
struct VariableName {
  std::string name;
  NodeId id = 0;
  SourcePosition position;
  bool anonymous() const { return name.empty(); }
};

// null, BOOLEAN, INTEGER, FLOAT, STRING.
using LiteralValue = std::variant<std::monostate, bool, int64_t, double, std::string>;

struct Literal : ExpressionOf<ExpressionKind::kLiteral> {
  LiteralValue value;
};
// $name, $`any name`, $0
struct Parameter : ExpressionOf<ExpressionKind::kParameter> {
  std::string name;
};
// A literal that normalize.h took out of the text. Its value is literals[index] of the execution;
// its type (never null or BOOLEAN) is part of the plan cache's key.
enum class AutoParameterType : uint8_t { kInteger, kFloat, kString };
struct AutoParameter : ExpressionOf<ExpressionKind::kAutoParameter> {
  uint32_t index = 0;
  AutoParameterType type = AutoParameterType::kInteger;
};
struct Variable : ExpressionOf<ExpressionKind::kVariable> {
  std::string name;
};

struct PropertyAccess : ExpressionOf<ExpressionKind::kPropertyAccess> {  // subject.key
  ExpressionPtr subject;
  std::string key;
};
struct IndexAccess : ExpressionOf<ExpressionKind::kIndexAccess> {  // subject[index]
  ExpressionPtr subject;
  ExpressionPtr index;
};
struct Slice : ExpressionOf<ExpressionKind::kSlice> {  // subject[from..to]
  ExpressionPtr subject;
  ExpressionPtr from;  // may be null
  ExpressionPtr to;    // may be null
};

enum class UnaryOperator : uint8_t { kNot, kPlus, kMinus };
struct Unary : ExpressionOf<ExpressionKind::kUnary> {
  UnaryOperator op = UnaryOperator::kNot;
  ExpressionPtr operand;
};

enum class BinaryOperator : uint8_t {
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kModulo,
  kPower,
  kConcatenate,  // ||
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kRegexMatch,  // =~
  kIn,
  kStartsWith,
  kEndsWith,
  kContains,
};
struct Binary : ExpressionOf<ExpressionKind::kBinary> {
  BinaryOperator op = BinaryOperator::kAdd;
  ExpressionPtr left;
  ExpressionPtr right;
};

// a < b <= c: at least two operators, each of kEqual .. kGreaterEqual. True when every
// neighbouring pair compares true; each operand is evaluated once.
struct ComparisonChain : ExpressionOf<ExpressionKind::kComparisonChain> {
  ExpressionList operands;
  std::vector<BinaryOperator> operators;  // one fewer than operands
};

enum class LogicalOperator : uint8_t { kAnd, kOr, kXor };
struct LogicalChain : ExpressionOf<ExpressionKind::kLogicalChain> {  // a AND b AND c: flat
  LogicalOperator op = LogicalOperator::kAnd;
  ExpressionList operands;  // at least two
};

struct NullCheck : ExpressionOf<ExpressionKind::kNullCheck> {  // IS [NOT] NULL
  ExpressionPtr operand;
  bool negated = false;
};

// -- Types as written --
enum class TypeName : uint8_t {
  kNothing,
  kNull,
  kBoolean,
  kString,
  kInteger,
  kFloat,
  kDate,
  kLocalTime,
  kZonedTime,
  kLocalDateTime,
  kZonedDateTime,
  kDuration,
  kPoint,
  kNode,
  kRelationship,
  kMap,
  kList,
  kPath,
  kPropertyValue,
  kAny,
  kVector,  // written VECTOR; parsed, refused by semantics
};
struct TypeSpec {
  TypeName name = TypeName::kAny;
  bool not_null = false;
  std::vector<TypeSpec> elements;  // of LIST<T>: the alternatives of T; empty: anything
};
// One alternative or several (INTEGER | STRING, ANY<INTEGER | STRING>).
using TypeUnion = std::vector<TypeSpec>;

struct TypePredicate : ExpressionOf<ExpressionKind::kTypePredicate> {  // IS [NOT] :: T
  ExpressionPtr operand;
  TypeUnion types;
  bool negated = false;
};

enum class NormalForm : uint8_t { kNfc, kNfd, kNfkc, kNfkd };
struct NormalizedPredicate : ExpressionOf<ExpressionKind::kNormalizedPredicate> {
  ExpressionPtr operand;
  NormalForm form = NormalForm::kNfc;
  bool negated = false;
};

// -- Labels --
enum class LabelExpressionKind : uint8_t {
  kName,        // A
  kDynamicAll,  // $(expr), $all(expr)
  kDynamicAny,  // $any(expr)
  kWildcard,    // %
  kNot,
  kAnd,
  kOr,
};
struct LabelExpression {
  LabelExpressionKind kind = LabelExpressionKind::kName;
  SourcePosition position;
  std::string name;                                              // kName
  ExpressionPtr expression;                                      // kDynamic*
  std::vector<std::unique_ptr<const LabelExpression>> children;  // kNot 1, kAnd and kOr >= 2
};
using LabelExpressionPtr = std::unique_ptr<const LabelExpression>;

struct LabelPredicate : ExpressionOf<ExpressionKind::kLabelPredicate> {  // n:A&!B, r:T
  ExpressionPtr subject;
  LabelExpressionPtr labels;
};

// -- Calls --
// The name as written, parts joined with '.'. Special forms become ordinary calls:
// trim(LEADING c FROM s) -> ltrim(s, c), BOTH -> btrim, TRAILING -> rtrim; normalize(s, NFD) ->
// normalize(s, 'NFD').
struct FunctionCall : ExpressionOf<ExpressionKind::kFunctionCall> {
  std::string name;
  bool distinct = false;
  ExpressionList arguments;
};
struct CountStar : ExpressionOf<ExpressionKind::kCountStar> {};

// With a subject, every `when` is a predicate that mentions it as CaseSubject: WHEN 5 is
// CaseSubject = 5, WHEN < 3 is CaseSubject < 3, WHEN 1, 2 is an OR of both.
struct CaseBranch {
  ExpressionPtr when;
  ExpressionPtr then;
};
struct Case : ExpressionOf<ExpressionKind::kCase> {
  ExpressionPtr subject;  // may be null
  std::vector<CaseBranch> branches;
  ExpressionPtr otherwise;  // may be null: null
};
// The value of the innermost enclosing Case's subject.
struct CaseSubject : ExpressionOf<ExpressionKind::kCaseSubject> {};

// -- Collections --
struct ListLiteral : ExpressionOf<ExpressionKind::kListLiteral> {
  ExpressionList items;
};
struct MapEntry {
  std::string key;
  ExpressionPtr value;
};
struct MapLiteral : ExpressionOf<ExpressionKind::kMapLiteral> {
  std::vector<MapEntry> entries;
};
struct ListComprehension : ExpressionOf<ExpressionKind::kListComprehension> {
  VariableName variable;
  ExpressionPtr list;
  ExpressionPtr where;       // may be null
  ExpressionPtr projection;  // may be null: the element itself
};
enum class ListPredicateKind : uint8_t { kAll, kAny, kNone, kSingle };
struct ListPredicate : ExpressionOf<ExpressionKind::kListPredicate> {  // any(x IN l WHERE p)
  ListPredicateKind quantifier = ListPredicateKind::kAll;
  VariableName variable;
  ExpressionPtr list;
  ExpressionPtr where;
};
struct Reduce : ExpressionOf<ExpressionKind::kReduce> {  // reduce(acc = init, x IN list | step)
  VariableName accumulator;
  ExpressionPtr initial;
  VariableName variable;
  ExpressionPtr list;
  ExpressionPtr step;
};

enum class MapProjectionItemKind : uint8_t {
  kProperty,       // .key
  kAllProperties,  // .*
  kEntry,          // key: value
  kVariable,       // v, which is key `v` with value Variable(v)
};
struct MapProjectionItem {
  MapProjectionItemKind kind = MapProjectionItemKind::kEntry;
  std::string key;
  ExpressionPtr value;  // kEntry and kVariable
};
struct MapProjection : ExpressionOf<ExpressionKind::kMapProjection> {  // n {.a, .*, k: e, v}
  ExpressionPtr subject;                                               // a Variable
  std::vector<MapProjectionItem> items;
};

}  // namespace trellis::cypher::ast
