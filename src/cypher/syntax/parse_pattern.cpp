// SPDX-License-Identifier: Apache-2.0
//
// Nodes, relationships, paths, quantified paths and path selectors.
#include "cypher/syntax/parser_state.h"

namespace trellis::cypher {

using ast::ExpressionPtr;

bool Parser::at_dash(size_t ahead) const {
  return at(TokenKind::kMinus, ahead) || at(TokenKind::kUnicodeDash, ahead);
}

bool Parser::at_relationship(size_t ahead) const {
  return at_dash(ahead) || (at(TokenKind::kLess, ahead) && at_dash(ahead + 1));
}

// `:` or IS before a label; IS may also be a variable: (is), (is:A), (is {..}).
bool Parser::at_label_start() const {
  if (at(TokenKind::kColon)) return true;
  if (!at_keyword("IS")) return false;
  switch (peek(1).kind) {
    case TokenKind::kIdentifier:
      return !at_any_keyword({"IS", "WHERE"}, 1) || at(TokenKind::kRightParen, 2);
    case TokenKind::kQuotedIdentifier:
    case TokenKind::kExclamation:
    case TokenKind::kPercent:
    case TokenKind::kDollar:
      return true;
    case TokenKind::kLeftParen:
      return true;
    default:
      return false;
  }
}

Parser::Expr Parser::map_or_parameter(std::string_view what) {
  if (at(TokenKind::kParameter)) return parameter();
  if (at(TokenKind::kLeftBrace)) return map_literal();
  return unexpected(what);
}

Parser::Expr Parser::properties() { return map_or_parameter("a map of properties"); }

Result<std::vector<ast::PathPattern>> Parser::path_patterns() {
  std::vector<ast::PathPattern> patterns;
  do {
    TRELLIS_TRY_ASSIGN(ast::PathPattern pattern, path_pattern());
    patterns.push_back(std::move(pattern));
  } while (accept(TokenKind::kComma));
  return patterns;
}

Result<ast::PathPattern> Parser::path_pattern() {
  ast::PathPattern pattern;
  pattern.id = new_id();
  pattern.position = here();
  if (at_name() && at(TokenKind::kEqual, 1)) {
    TRELLIS_TRY_ASSIGN(pattern.variable, variable_name());
    advance();
  }
  TRELLIS_TRY_ASSIGN(pattern.selector, path_selector());
  if (at_any_keyword({"SHORTESTPATH", "ALLSHORTESTPATHS"}) && at(TokenKind::kLeftParen, 1)) {
    pattern.shortest =
        at_keyword("SHORTESTPATH") ? ast::ShortestPathKind::kSingle : ast::ShortestPathKind::kAll;
    cursor_ += 2;
    TRELLIS_TRY_ASSIGN(pattern.elements, pattern_elements());
    TRELLIS_TRY(expect(TokenKind::kRightParen, "')'"));
    return pattern;
  }
  TRELLIS_TRY_ASSIGN(pattern.elements, pattern_elements());
  return pattern;
}

Result<ast::PathSelector> Parser::path_selector() {
  using enum ast::PathSelectorKind;
  ast::PathSelector selector;
  const auto optional_count = [&]() -> Result<> {
    if (at(TokenKind::kInteger)) {
      TRELLIS_TRY_ASSIGN(selector.count, number());
    } else if (at(TokenKind::kParameter)) {
      TRELLIS_TRY_ASSIGN(selector.count, parameter());
    }
    return {};
  };
  if (accept_phrase("ALL SHORTEST")) {
    selector.kind = kAllShortest;
    accept_phrase("PATH|PATHS");
  } else if (accept_phrase("ANY SHORTEST")) {
    selector.kind = kAnyShortest;
    accept_phrase("PATH|PATHS");
  } else if (accept_keyword("SHORTEST")) {
    TRELLIS_TRY(optional_count());
    accept_phrase("PATH|PATHS");
    if (accept_phrase("GROUP|GROUPS")) {
      selector.kind = kShortestGroups;
    } else {
      selector.kind = kShortest;
      if (!selector.count) return unexpected("a number of paths or GROUP");
    }
  } else if (at_keyword("ALL")) {
    advance();
    selector.kind = kAll;
    accept_phrase("PATH|PATHS");
  } else if (at_keyword("ANY")) {
    advance();
    selector.kind = kAny;
    TRELLIS_TRY(optional_count());
    accept_phrase("PATH|PATHS");
  }
  return selector;
}

// ((a)-->(b)) or (p = (a)-->(b)): a path in parentheses rather than a node.
bool Parser::at_parenthesized_path() const {
  if (at(TokenKind::kLeftParen, 1)) return true;
  return at_name(1) && at(TokenKind::kEqual, 2) && at(TokenKind::kLeftParen, 3);
}

Result<std::vector<ast::PatternElement>> Parser::pattern_elements() {
  const Nesting nesting(*this);
  if (nesting.too_deep()) return too_deep();
  std::vector<ast::PatternElement> elements;
  bool after_relationship = false;
  if (!at(TokenKind::kLeftParen)) return unexpected("a pattern");
  for (;;) {
    if (!at(TokenKind::kLeftParen)) {
      if (after_relationship) return unexpected("a node");
      return elements;
    }
    if (at_parenthesized_path()) {
      TRELLIS_TRY_ASSIGN(auto path, parenthesized_path());
      elements.emplace_back(std::move(path));
    } else {
      TRELLIS_TRY_ASSIGN(ast::NodePattern node, node_pattern());
      elements.emplace_back(std::move(node));
    }
    after_relationship = at_relationship();
    if (after_relationship) {
      TRELLIS_TRY_ASSIGN(ast::RelationshipPattern relationship, relationship_pattern());
      elements.emplace_back(std::move(relationship));
    }
  }
}

Result<std::unique_ptr<const ast::ParenthesizedPath>> Parser::parenthesized_path() {
  auto path = std::make_unique<ast::ParenthesizedPath>();
  path->id = new_id();
  path->position = here();
  TRELLIS_TRY(expect(TokenKind::kLeftParen, "'('"));
  if (at_name() && at(TokenKind::kEqual, 1)) {
    TRELLIS_TRY_ASSIGN(path->variable, variable_name());
    advance();
  }
  TRELLIS_TRY_ASSIGN(path->elements, pattern_elements());
  TRELLIS_TRY_ASSIGN(path->where, optional_where());
  TRELLIS_TRY(expect(TokenKind::kRightParen, "')'"));
  if (at_quantifier()) {
    TRELLIS_TRY_ASSIGN(path->quantifier, path_quantifier());
  }
  return path;
}

// `*`, `+`, {2}, {1,3}, {1,}, {,3}
bool Parser::at_quantifier() const {
  if (at(TokenKind::kStar) || at(TokenKind::kPlus)) return true;
  return at(TokenKind::kLeftBrace) && (at(TokenKind::kInteger, 1) || at(TokenKind::kComma, 1));
}

Result<ast::PathQuantifier> Parser::path_quantifier() {
  ast::PathQuantifier quantifier;
  if (accept(TokenKind::kStar)) return quantifier;
  if (accept(TokenKind::kPlus)) {
    quantifier.min = 1;
    return quantifier;
  }
  const SourcePosition start = here();
  TRELLIS_TRY(expect(TokenKind::kLeftBrace, "a quantifier"));
  if (at(TokenKind::kInteger)) {
    TRELLIS_TRY_ASSIGN(const int64_t min, integer_literal("a number"));
    quantifier.min = static_cast<uint64_t>(min);
    quantifier.max = quantifier.min;
  }
  if (accept(TokenKind::kComma)) {
    quantifier.max.reset();
    if (at(TokenKind::kInteger)) {
      TRELLIS_TRY_ASSIGN(const int64_t max, integer_literal("a number"));
      quantifier.max = static_cast<uint64_t>(max);
    }
  }
  TRELLIS_TRY(expect(TokenKind::kRightBrace, "'}'"));
  if (quantifier.max && (*quantifier.max < quantifier.min || *quantifier.max == 0)) {
    return fail_at(start, ErrorCode::SyntaxError,
                   "A quantifier's upper bound must be at least 1 and its lower bound.");
  }
  return quantifier;
}

Result<ast::NodePattern> Parser::node_pattern() {
  const BarScope bars(*this, false);
  ast::NodePattern node;
  node.position = here();
  TRELLIS_TRY(expect(TokenKind::kLeftParen, "'('"));
  const bool where_keyword =
      at_keyword("WHERE") && !at(TokenKind::kRightParen, 1) && !at(TokenKind::kColon, 1);
  if (at_name() && !at_label_start() && !where_keyword) {
    TRELLIS_TRY_ASSIGN(node.variable, variable_name());
  } else {
    node.variable = anonymous_variable();
  }
  if (at_label_start()) {
    advance();
    TRELLIS_TRY_ASSIGN(node.labels, label_expression());
  }
  if (at(TokenKind::kLeftBrace) || at(TokenKind::kParameter)) {
    TRELLIS_TRY_ASSIGN(node.properties, properties());
  }
  TRELLIS_TRY_ASSIGN(node.where, optional_where());
  TRELLIS_TRY(expect(TokenKind::kRightParen, "')'"));
  return node;
}

Result<ast::RelationshipPattern> Parser::relationship_pattern() {
  const BarScope bars(*this, false);
  ast::RelationshipPattern relationship;
  relationship.position = here();
  const bool left = accept(TokenKind::kLess);
  if (!at_dash()) return unexpected("'-'");
  advance();
  if (at(TokenKind::kLeftBracket)) {
    TRELLIS_TRY(relationship_detail(relationship));
  } else {
    relationship.variable = anonymous_variable();
  }
  if (!at_dash()) return unexpected("'-'");
  advance();
  const bool right = accept(TokenKind::kGreater);
  relationship.direction = left == right ? ast::Direction::kEither
                           : left        ? ast::Direction::kIncoming
                                         : ast::Direction::kOutgoing;
  if (at_quantifier()) {
    if (relationship.length) return unexpected("a node");
    TRELLIS_TRY_ASSIGN(relationship.quantifier, path_quantifier());
  }
  return relationship;
}

Result<> Parser::relationship_detail(ast::RelationshipPattern& pattern) {
  TRELLIS_TRY(expect(TokenKind::kLeftBracket, "'['"));
  const bool where_keyword =
      at_keyword("WHERE") && !at(TokenKind::kRightBracket, 1) && !at(TokenKind::kColon, 1);
  if (at_name() && !at_label_start() && !where_keyword) {
    TRELLIS_TRY_ASSIGN(pattern.variable, variable_name());
  } else {
    pattern.variable = anonymous_variable();
  }
  if (at_label_start()) {
    advance();
    TRELLIS_TRY_ASSIGN(pattern.types, label_expression());
  }
  if (at(TokenKind::kStar)) {
    TRELLIS_TRY_ASSIGN(pattern.length, variable_length());
  } else if (at(TokenKind::kDotDot)) {
    return fail_at(here(), ErrorCode::InvalidRelationshipPattern,
                   "A variable length is written with a star: [:TYPE*..].");
  }
  if (at(TokenKind::kLeftBrace) || at(TokenKind::kParameter)) {
    TRELLIS_TRY_ASSIGN(pattern.properties, properties());
  }
  TRELLIS_TRY_ASSIGN(pattern.where, optional_where());
  return expect(TokenKind::kRightBracket, "']'");
}

Result<ast::VariableLength> Parser::variable_length() {
  ast::VariableLength length;
  TRELLIS_TRY(expect(TokenKind::kStar, "'*'"));
  const auto bound = [&]() -> Result<std::optional<uint64_t>> {
    if (at(TokenKind::kMinus)) {
      return fail_at(here(), ErrorCode::InvalidRelationshipPattern,
                     "The bounds of a variable length cannot be negative.");
    }
    if (!at(TokenKind::kInteger)) return std::nullopt;
    TRELLIS_TRY_ASSIGN(const int64_t value, integer_literal("a number"));
    return static_cast<uint64_t>(value);
  };
  TRELLIS_TRY_ASSIGN(length.min, bound());
  if (accept(TokenKind::kDotDot)) {
    TRELLIS_TRY_ASSIGN(length.max, bound());
  } else {
    length.max = length.min;
  }
  return length;
}

}  // namespace trellis::cypher
