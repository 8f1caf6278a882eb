// SPDX-License-Identifier: Apache-2.0
//
// Literals, variables, parameters, brackets, and the patterns that may stand for a value.
#include <limits>

#include "cypher/syntax/parser_state.h"

namespace trellis::cypher {

using ast::ExpressionPtr;

Parser::Expr Parser::atom() {
  switch (peek().kind) {
    case TokenKind::kInteger:
    case TokenKind::kFloat:
      return number();
    case TokenKind::kString:
      return string();
    case TokenKind::kParameter:
      return parameter();
    case TokenKind::kLeftParen:
      return parenthesized();
    case TokenKind::kLeftBracket:
      return list();
    case TokenKind::kLeftBrace:
      return map_literal();
    case TokenKind::kIdentifier:
      return named_atom();
    case TokenKind::kQuotedIdentifier:
      return at_function_call() ? function_call() : variable();
    case TokenKind::kError:
      if (peek().error == ErrorCode::InvalidNumberLiteral) {
        return fail_at(here(), ErrorCode::InvalidNumberLiteral, "Invalid number '{}'.",
                       text_of(peek()).substr(0, 80));
      }
      [[fallthrough]];
    default:
      return unexpected("an expression");
  }
}

// A keyword that starts an expression of its own, else a call, else a variable.
Parser::Expr Parser::named_atom() {
  const bool call = at(TokenKind::kLeftParen, 1);
  const bool brace = at(TokenKind::kLeftBrace, 1);
  if (call) {
    if (at_keyword("ALL")) return list_predicate(ast::ListPredicateKind::kAll);
    if (at_keyword("ANY")) return list_predicate(ast::ListPredicateKind::kAny);
    if (at_keyword("NONE")) return list_predicate(ast::ListPredicateKind::kNone);
    if (at_keyword("SINGLE")) return list_predicate(ast::ListPredicateKind::kSingle);
    if (at_keyword("REDUCE")) return reduce();
    if (at_keyword("TRIM")) return trim();
    if (at_keyword("NORMALIZE")) return normalize_call();
    if (at_any_keyword({"SHORTESTPATH", "ALLSHORTESTPATHS"})) return shortest_path();
    if (at_keyword("COUNT") && at(TokenKind::kStar, 2) && at(TokenKind::kRightParen, 3)) {
      auto count = make<ast::CountStar>(here());
      cursor_ += 4;
      return count;
    }
  }
  if (brace) {
    if (at_keyword("EXISTS")) return subquery_expression(ast::SubqueryKind::kExists);
    if (at_keyword("COUNT")) return subquery_expression(ast::SubqueryKind::kCount);
    if (at_keyword("COLLECT")) return subquery_expression(ast::SubqueryKind::kCollect);
  }
  if (at_function_call()) return function_call();
  if (at_any_keyword({"TRUE", "FALSE", "NULL"})) {
    auto literal = make<ast::Literal>(here());
    if (!at_keyword("NULL")) literal->value = at_keyword("TRUE");
    advance();
    return literal;
  }
  if (at_any_keyword({"NAN", "INF", "INFINITY"})) {
    auto literal = make<ast::Literal>(here());
    literal->value = at_keyword("NAN") ? std::numeric_limits<double>::quiet_NaN()
                                       : std::numeric_limits<double>::infinity();
    advance();
    return literal;
  }
  if (at_keyword("CASE")) {
    switch (peek(1).kind) {
      case TokenKind::kIdentifier:
        if (!at_any_keyword({"AS", "IN", "IS", "AND", "OR", "XOR", "STARTS", "ENDS", "CONTAINS"},
                            1)) {
          return case_expression();
        }
        break;
      case TokenKind::kQuotedIdentifier:
      case TokenKind::kInteger:
      case TokenKind::kFloat:
      case TokenKind::kString:
      case TokenKind::kParameter:
      case TokenKind::kLeftParen:
      case TokenKind::kLeftBracket:
      case TokenKind::kLeftBrace:
      case TokenKind::kMinus:
        return case_expression();
      default:
        break;
    }
  }
  return variable();
}

Parser::Expr Parser::variable() {
  auto variable = make<ast::Variable>(here());
  TRELLIS_TRY_ASSIGN(variable->name, symbol("a variable name"));
  if (!at(TokenKind::kLeftBrace)) return variable;
  return map_projection(std::move(variable));
}

// With or without a minus sign.
Parser::Expr Parser::number() {
  const SourcePosition start = here();
  const bool negative = accept(TokenKind::kMinus);
  const Token& token = peek();
  if (token.literal != Token::kNotExtracted) {
    const ExtractedLiteral& extracted = literals_[token.literal];
    auto parameter = make<ast::AutoParameter>(start);
    parameter->index = extracted.index;
    parameter->type = token.kind == TokenKind::kInteger ? ast::AutoParameterType::kInteger
                                                        : ast::AutoParameterType::kFloat;
    ++auto_parameters_;
    advance();
    return parameter;
  }
  auto literal = make<ast::Literal>(start);
  if (token.kind == TokenKind::kFloat) {
    double value = 0;
    if (!parse_float(text_of(token), &value)) {
      return fail_at(start, ErrorCode::FloatingPointOverflow, "The float {} is too large.",
                     text_of(token));
    }
    literal->value = negative ? -value : value;
  } else {
    int64_t value = 0;
    const IntegerParse parsed = parse_integer(text_of(token), &value);
    if (parsed == IntegerParse::kOverflow || (parsed == IntegerParse::kMinusOnly && !negative)) {
      return fail_at(start, ErrorCode::IntegerOverflow,
                     "The integer {} is out of the range of 64 bits.", text_of(token));
    }
    literal->value = negative && parsed == IntegerParse::kValue ? -value : value;
  }
  advance();
  return literal;
}

Parser::Expr Parser::string() {
  const Token& token = peek();
  if (token.literal != Token::kNotExtracted) {
    auto parameter = make<ast::AutoParameter>(token.position);
    parameter->index = literals_[token.literal].index;
    parameter->type = ast::AutoParameterType::kString;
    ++auto_parameters_;
    advance();
    return parameter;
  }
  auto literal = make<ast::Literal>(token.position);
  literal->value = string_value(text_of(token));
  advance();
  return literal;
}

Parser::Expr Parser::parameter() {
  if (!at(TokenKind::kParameter)) return unexpected("a parameter");
  auto parameter = make<ast::Parameter>(here());
  parameter->name = parameter_name(text_of(peek()));
  mention_parameter(parameter->name);
  advance();
  return parameter;
}

Parser::Expr Parser::parenthesized() {
  if (at_pattern_expression()) return pattern_expression();
  const BarScope bars(*this, false);
  TRELLIS_TRY(expect(TokenKind::kLeftParen, "'('"));
  TRELLIS_TRY_ASSIGN(ExpressionPtr inner, expression());
  TRELLIS_TRY(expect(TokenKind::kRightParen, "')'"));
  return inner;
}

// (..)-[..]-, (..)--, (..)<-[..]-, (..)<--: told by brackets alone. An arithmetic reading of these
// would subtract a list, or compare with a doubly negated value.
bool Parser::at_pattern_expression(size_t ahead) const {
  if (!at(TokenKind::kLeftParen, ahead)) return false;
  // What a node pattern may start with.
  const Token& first = peek(ahead + 1);
  const bool node = first.kind == TokenKind::kRightParen || first.kind == TokenKind::kColon ||
                    first.kind == TokenKind::kLeftBrace || first.kind == TokenKind::kParameter ||
                    first.kind == TokenKind::kIdentifier ||
                    first.kind == TokenKind::kQuotedIdentifier;
  const size_t close = partner(ahead);
  if (!node || close == 0) return false;
  size_t next = close + 1;
  if (at(TokenKind::kLess, next)) ++next;
  if (!at_dash(next)) return false;
  if (at(TokenKind::kLeftBracket, next + 1)) {
    const size_t bracket = partner(next + 1);
    if (bracket == 0) return false;
    // A pattern goes on with a dash, and then a node.
    return at_dash(bracket + 1) &&
           (at(TokenKind::kLeftParen, bracket + 2) || at(TokenKind::kGreater, bracket + 2));
  }
  if (!at_dash(next + 1)) return false;
  const size_t end = at(TokenKind::kGreater, next + 2) ? next + 3 : next + 2;
  return at(TokenKind::kLeftParen, end);
}

Parser::Expr Parser::pattern_expression() {
  auto expression = make<ast::PatternExpression>(here());
  expression->pattern.id = new_id();
  expression->pattern.position = here();
  TRELLIS_TRY_ASSIGN(expression->pattern.elements, pattern_elements());
  return expression;
}

Parser::Expr Parser::list() {
  if (at_name(1) && at_keyword("IN", 2)) return list_comprehension();
  const bool named = at_name(1) && at(TokenKind::kEqual, 2) && at_pattern_expression(3);
  if (named || at_pattern_expression(1)) {
    const size_t start = save();
    auto comprehension = pattern_comprehension();
    if (comprehension || named) return comprehension;
    // A list whose first item is a pattern predicate, unless that fails too.
    rewind(start);
  }
  const BarScope bars(*this, false);
  auto literal = make<ast::ListLiteral>(here());
  TRELLIS_TRY(expect(TokenKind::kLeftBracket, "'['"));
  if (!at(TokenKind::kRightBracket)) {
    TRELLIS_TRY_ASSIGN(literal->items, expressions());
  }
  TRELLIS_TRY(expect(TokenKind::kRightBracket, "',' or ']'"));
  return literal;
}

// At a `|` behind a label, where a comprehension's `|` may stand too: `| A]` or `| A | ..` with an
// A that is no variable goes on with the label expression.
bool Parser::bar_starts_projection() const {
  const bool lone_name =
      at(TokenKind::kIdentifier, 1) &&
      (at(TokenKind::kRightBracket, 2) || at(TokenKind::kBar, 2) || at(TokenKind::kAmpersand, 2));
  return !lone_name || declared_.contains(identifier_text(peek(1), text_of(peek(1))));
}

Parser::Expr Parser::list_comprehension() {
  auto comprehension = make<ast::ListComprehension>(here());
  TRELLIS_TRY(expect(TokenKind::kLeftBracket, "'['"));
  TRELLIS_TRY_ASSIGN(comprehension->variable, variable_name());
  TRELLIS_TRY(expect_keyword("IN"));
  {
    const BarScope bars(*this, true);
    TRELLIS_TRY_ASSIGN(comprehension->list, expression());
    TRELLIS_TRY_ASSIGN(comprehension->where, optional_where());
  }
  if (accept(TokenKind::kBar)) {
    const BarScope bars(*this, false);
    TRELLIS_TRY_ASSIGN(comprehension->projection, expression());
  }
  TRELLIS_TRY(expect(TokenKind::kRightBracket, "'|' or ']'"));
  return comprehension;
}

Parser::Expr Parser::pattern_comprehension() {
  auto comprehension = make<ast::PatternComprehension>(here());
  TRELLIS_TRY(expect(TokenKind::kLeftBracket, "'['"));
  comprehension->pattern.id = new_id();
  comprehension->pattern.position = here();
  if (at_name() && at(TokenKind::kEqual, 1)) {
    TRELLIS_TRY_ASSIGN(comprehension->pattern.variable, variable_name());
    advance();
  }
  TRELLIS_TRY_ASSIGN(comprehension->pattern.elements, pattern_elements());
  {
    const BarScope bars(*this, true);
    TRELLIS_TRY_ASSIGN(comprehension->where, optional_where());
  }
  TRELLIS_TRY(expect(TokenKind::kBar, "'|'"));
  const BarScope bars(*this, false);
  TRELLIS_TRY_ASSIGN(comprehension->projection, expression());
  TRELLIS_TRY(expect(TokenKind::kRightBracket, "']'"));
  return comprehension;
}

Parser::Expr Parser::map_literal() {
  const BarScope bars(*this, false);
  auto map = make<ast::MapLiteral>(here());
  TRELLIS_TRY(expect(TokenKind::kLeftBrace, "'{'"));
  if (!at(TokenKind::kRightBrace)) {
    do {
      ast::MapEntry entry;
      TRELLIS_TRY_ASSIGN(entry.key, symbol("a property name"));
      TRELLIS_TRY(expect(TokenKind::kColon, "':'"));
      TRELLIS_TRY_ASSIGN(entry.value, expression());
      map->entries.push_back(std::move(entry));
    } while (accept(TokenKind::kComma));
  }
  TRELLIS_TRY(expect(TokenKind::kRightBrace, "',' or '}'"));
  return map;
}

Parser::Expr Parser::map_projection(ExpressionPtr subject) {
  const BarScope bars(*this, false);
  auto projection = make<ast::MapProjection>(subject->position);
  projection->subject = std::move(subject);
  TRELLIS_TRY(expect(TokenKind::kLeftBrace, "'{'"));
  if (accept(TokenKind::kRightBrace)) return projection;
  do {
    ast::MapProjectionItem item;
    if (accept(TokenKind::kDot)) {
      if (accept(TokenKind::kStar)) {
        item.kind = ast::MapProjectionItemKind::kAllProperties;
      } else {
        item.kind = ast::MapProjectionItemKind::kProperty;
        TRELLIS_TRY_ASSIGN(item.key, symbol("a property name"));
      }
    } else if (at(TokenKind::kColon, 1)) {
      item.kind = ast::MapProjectionItemKind::kEntry;
      TRELLIS_TRY_ASSIGN(item.key, symbol("a property name"));
      advance();
      TRELLIS_TRY_ASSIGN(item.value, expression());
    } else {
      item.kind = ast::MapProjectionItemKind::kVariable;
      auto variable = make<ast::Variable>(here());
      TRELLIS_TRY_ASSIGN(variable->name, symbol("a property, '.*' or a variable"));
      item.key = variable->name;
      item.value = std::move(variable);
    }
    projection->items.push_back(std::move(item));
  } while (accept(TokenKind::kComma));
  TRELLIS_TRY(expect(TokenKind::kRightBrace, "',' or '}'"));
  return projection;
}

}  // namespace trellis::cypher
