// SPDX-License-Identifier: Apache-2.0
//
// Graph patterns, and the expressions that hold one.
#pragma once

#include "cypher/syntax/ast_expression.h"

namespace trellis::cypher::ast {

struct NodePattern {
  SourcePosition position;
  VariableName variable;      // anonymous: empty name
  LabelExpressionPtr labels;  // may be null
  ExpressionPtr properties;   // may be null; MapLiteral or Parameter
  ExpressionPtr where;        // may be null
};

enum class Direction : uint8_t { kOutgoing, kIncoming, kEither };

// `*`, `*2`, `*1..3`, `*..3`: absent bounds as written (a missing minimum means 1).
struct VariableLength {
  std::optional<uint64_t> min;
  std::optional<uint64_t> max;
};
// `*` {0,}, `+` {1,}, {n}, {m,n}.
struct PathQuantifier {
  uint64_t min = 0;
  std::optional<uint64_t> max;
};

struct RelationshipPattern {
  SourcePosition position;
  Direction direction = Direction::kEither;
  VariableName variable;
  LabelExpressionPtr types;  // may be null
  ExpressionPtr properties;  // may be null; MapLiteral or Parameter
  ExpressionPtr where;       // may be null
  std::optional<VariableLength> length;
  std::optional<PathQuantifier> quantifier;  // -[:T]->+
};

struct ParenthesizedPath;
// Nodes and relationships alternate, starting and ending with a node; a parenthesised path may
// stand wherever a node-relationship-node stretch may (and then two nodes may be neighbours, which
// are the same node).
using PatternElement =
    std::variant<NodePattern, RelationshipPattern, std::unique_ptr<const ParenthesizedPath>>;

enum class PathSelectorKind : uint8_t {
  kNone,
  kAll,             // ALL [PATHS]
  kAny,             // ANY [k] [PATHS]
  kAnyShortest,     // ANY SHORTEST
  kAllShortest,     // ALL SHORTEST
  kShortest,        // SHORTEST k
  kShortestGroups,  // SHORTEST [k] GROUPS
};
struct PathSelector {
  PathSelectorKind kind = PathSelectorKind::kNone;
  ExpressionPtr count;  // may be null: 1
};

// shortestPath(...) and allShortestPaths(...) around a pattern.
enum class ShortestPathKind : uint8_t { kNone, kSingle, kAll };

struct PathPattern {
  NodeId id = 0;
  SourcePosition position;
  std::optional<VariableName> variable;  // p = ...
  PathSelector selector;
  ShortestPathKind shortest = ShortestPathKind::kNone;
  std::vector<PatternElement> elements;
};

struct ParenthesizedPath {
  NodeId id = 0;
  SourcePosition position;
  std::optional<VariableName> variable;  // (p = (a)-->(b))
  std::vector<PatternElement> elements;
  ExpressionPtr where;  // may be null
  std::optional<PathQuantifier> quantifier;
};

// A path pattern used as a value: a predicate in WHERE, an argument of exists(), or
// shortestPath() in any expression.
struct PatternExpression : ExpressionOf<ExpressionKind::kPatternExpression> {
  PathPattern pattern;
};
// [p = (a)-->(b) WHERE w | e]
struct PatternComprehension : ExpressionOf<ExpressionKind::kPatternComprehension> {
  PathPattern pattern;
  ExpressionPtr where;  // may be null
  ExpressionPtr projection;
};

}  // namespace trellis::cypher::ast
