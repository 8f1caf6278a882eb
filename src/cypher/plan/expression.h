// SPDX-License-Identifier: Apache-2.0
//
// Expressions of a plan: what is left of the syntax tree when names have become slots, tokens and
// functions. Aggregates, pattern expressions and subqueries are gone: operators compute them into
// slots, and the expression reads the slot.
//
// Invariants
//   1. Immutable once the plan is made; shared by all executions. (A Token may learn its id.)
//   2. Evaluation has no effects. Sub-expressions that Cypher evaluates lazily (CASE branches, AND
//      and OR, coalesce, the body of comprehensions) must not raise errors of rows they do not see.
//   3. Slots bound inside an expression (comprehension, quantifier, reduce) are unique in the plan.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "storage/storage.h"
#include "value/value.h"

namespace trellis::cypher {
struct Function;  // cypher/functions
}

namespace trellis::cypher::plan {

using SlotId = uint32_t;
constexpr SlotId kNoSlot = 0xFFFF'FFFF;

// A label, type or key by name. Looked up when an execution starts; ids never change once they
// exist, so a hit is remembered. Until then a read finds nothing and a write makes the token.
struct Token {
  Token(storage::TokenKind token_kind, std::string token_name)
      : kind(token_kind), name(std::move(token_name)) {}
  const storage::TokenKind kind;
  const std::string name;
  mutable std::atomic<uint32_t> id{storage::kNoToken};
  // The id, or kNoToken while the graph has no such token.
  uint32_t resolve(const storage::TokenCatalog& catalog) const;
};
using TokenRef = std::shared_ptr<const Token>;  // one per (kind, name) of a plan

enum class ExpressionKind : uint8_t {
  kLiteral,        // literal
  kParameter,      // name
  kAutoParameter,  // index
  kSlot,           // slot
  kProperty,       // args[0] . token        of node, relationship, map, temporal, point, null
  kIndex,          // args[0] [ args[1] ]
  kSlice,          // args[0] [ from .. to ]; args[1], args[2] may be null pointers
  kNot,            // args[0]
  kAnd,            // args[0..n)
  kOr,             // args[0..n)
  kXor,            // args[0], args[1]
  kCompare,        // args[0] <comparison> args[1]
  kArithmetic,     // args[0] <arithmetic> args[1]
  kNegate,         // - args[0]
  kConcatenate,    // args[0] || args[1]
  kIn,             // args[0] IN args[1]
  kStartsWith,
  kEndsWith,
  kContains,
  kRegexMatch,     // args[0] =~ args[1]
  kIsNull,
  kIsNotNull,
  kIsNormalized,   // name: "NFC", ...
  kTypeTest,       // args[0] IS :: type
  kHasLabel,       // args[0] : token        label of a node, or type of a relationship
  kCall,           // function(args...)
  kCoalesce,       // args...
  kCase,           // args: condition, result, condition, result, ..., else (always there)
  kList,           // [args...]
  kMap,            // {keys[i]: args[i], ...}
  kMapProjection,  // args[0] {...}: base, then items (see MapProjectionItem)
  kListComprehension,  // [slot IN args[0] WHERE args[1] | args[2]]; args[1], args[2] may be null
  kQuantifier,     // <quantifier>(slot IN args[0] WHERE args[1])
  kReduce,         // reduce(accumulator = args[0], slot IN args[1] | args[2])
  kPath,           // a path from the slots of path_slots
  kCountOfSlots,   // size of args[0]: pattern degree and the like
};

enum class Comparison : uint8_t { kEqual, kNotEqual, kLess, kLessOrEqual, kGreater, kGreaterOrEqual };
enum class Arithmetic : uint8_t { kAdd, kSubtract, kMultiply, kDivide, kModulo, kPower };
enum class Quantifier : uint8_t { kAll, kAny, kNone, kSingle };

// IS :: type. Unions are alternatives; an empty list with not_null = false is ANY.
struct TypeSpec {
  enum class Name : uint8_t {
    kAny, kNothing, kNull, kBoolean, kString, kInteger, kFloat, kNumber, kDate, kLocalTime, kTime,
    kLocalDateTime, kDateTime, kDuration, kPoint, kNode, kRelationship, kMap, kList, kPath,
    kPropertyValue,
  };
  Name name = Name::kAny;
  bool not_null = false;
  std::shared_ptr<const TypeSpec> element;  // of a list
  std::vector<TypeSpec> alternatives;       // a union, when not empty (name is then ignored)
};

struct MapProjectionItem {
  enum class Kind : uint8_t { kAllProperties, kProperty, kEntry };
  Kind kind;
  std::string key;     // of kProperty and kEntry
  TokenRef token;      // of kProperty
  uint32_t arg = 0;    // of kEntry: index into args
};

// One element of a path: a node slot, a relationship slot, or a list of relationships (variable
// length; `reversed` when the pattern was walked from its right end).
struct PathElement {
  enum class Kind : uint8_t { kNode, kRelationship, kRelationshipList };
  Kind kind;
  SlotId slot;
};

struct Expression;
using ExpressionPtr = std::unique_ptr<const Expression>;

struct Expression {
  ExpressionKind kind;
  SourcePosition position;
  std::vector<ExpressionPtr> args;

  value::ValueHolder literal;
  std::string name;                // parameter, IS NORMALIZED form
  uint32_t index = 0;              // auto-parameter
  SlotId slot = kNoSlot;           // slot; element variable of comprehension, quantifier, reduce
  SlotId accumulator = kNoSlot;    // reduce
  TokenRef token;                  // property key, label
  Comparison comparison = Comparison::kEqual;
  Arithmetic arithmetic = Arithmetic::kAdd;
  Quantifier quantifier = Quantifier::kAll;
  const Function* function = nullptr;
  TypeSpec type;
  std::vector<std::string> keys;   // map
  std::vector<MapProjectionItem> projection;
  std::vector<PathElement> path;
};

}  // namespace trellis::cypher::plan
