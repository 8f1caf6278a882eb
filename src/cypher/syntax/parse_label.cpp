// SPDX-License-Identifier: Apache-2.0
//
// Label expressions: A, A:B (both), A|B, A|:B, A&B, !A, %, (A|B), $(expr), $all(expr), $any(expr).
// `|` binds loosest, then `&` and `:`, then `!`.
#include "cypher/syntax/parser_state.h"

namespace trellis::cypher {

using ast::LabelExpression;
using ast::LabelExpressionKind;
using ast::LabelExpressionPtr;

Result<LabelExpressionPtr> Parser::label_expression() { return label_or(); }

Result<LabelExpressionPtr> Parser::label_or() {
  const Nesting nesting(*this);
  if (nesting.too_deep()) return too_deep();
  const SourcePosition start = here();
  TRELLIS_TRY_ASSIGN(LabelExpressionPtr first, label_and());
  const auto at_bar = [this] {
    return at(TokenKind::kBar) && !(bar_ends_labels_ && bar_starts_projection());
  };
  if (!at_bar()) return first;
  auto node = std::make_unique<LabelExpression>();
  node->kind = LabelExpressionKind::kOr;
  node->position = start;
  node->children.push_back(std::move(first));
  while (at_bar()) {
    advance();
    accept(TokenKind::kColon);
    TRELLIS_TRY_ASSIGN(LabelExpressionPtr next, label_and());
    node->children.push_back(std::move(next));
  }
  return node;
}

Result<LabelExpressionPtr> Parser::label_and() {
  const SourcePosition start = here();
  TRELLIS_TRY_ASSIGN(LabelExpressionPtr first, label_not());
  if (!at(TokenKind::kAmpersand) && !at(TokenKind::kColon)) return first;
  auto node = std::make_unique<LabelExpression>();
  node->kind = LabelExpressionKind::kAnd;
  node->position = start;
  node->children.push_back(std::move(first));
  while (accept(TokenKind::kAmpersand) || accept(TokenKind::kColon)) {
    TRELLIS_TRY_ASSIGN(LabelExpressionPtr next, label_not());
    node->children.push_back(std::move(next));
  }
  return node;
}

Result<LabelExpressionPtr> Parser::label_not() {
  if (!at(TokenKind::kExclamation)) return label_atom();
  const Nesting nesting(*this);
  if (nesting.too_deep()) return too_deep();
  auto node = std::make_unique<LabelExpression>();
  node->kind = LabelExpressionKind::kNot;
  node->position = here();
  advance();
  TRELLIS_TRY_ASSIGN(LabelExpressionPtr child, label_not());
  node->children.push_back(std::move(child));
  return node;
}

Result<LabelExpressionPtr> Parser::label_atom() {
  if (accept(TokenKind::kLeftParen)) {
    const BarScope bars(*this, false);
    TRELLIS_TRY_ASSIGN(LabelExpressionPtr inner, label_or());
    TRELLIS_TRY(expect(TokenKind::kRightParen, "')'"));
    return inner;
  }
  auto node = std::make_unique<LabelExpression>();
  node->position = here();
  if (accept(TokenKind::kPercent)) {
    node->kind = LabelExpressionKind::kWildcard;
    return node;
  }
  const bool named = at(TokenKind::kParameter) && at(TokenKind::kLeftParen, 1);
  if (at(TokenKind::kDollar) || named) {
    const std::string_view text = text_of(peek());
    node->kind = LabelExpressionKind::kDynamicAll;
    if (named && equals_keyword(text, "$ANY")) {
      node->kind = LabelExpressionKind::kDynamicAny;
    } else if (named && !equals_keyword(text, "$ALL")) {
      return unexpected("$(, $all( or $any(");
    }
    advance();
    TRELLIS_TRY(expect(TokenKind::kLeftParen, "'('"));
    const BarScope bars(*this, false);
    TRELLIS_TRY_ASSIGN(node->expression, expression());
    TRELLIS_TRY(expect(TokenKind::kRightParen, "')'"));
    return node;
  }
  TRELLIS_TRY_ASSIGN(node->name, symbol("a label or relationship type"));
  return node;
}

// :A:B:$(e), also A&B and IS A in the newer spelling.
Result<std::vector<ast::LabelReference>> Parser::label_references() {
  std::vector<ast::LabelReference> labels;
  if (!accept(TokenKind::kColon)) TRELLIS_TRY(expect_keyword("IS"));
  do {
    ast::LabelReference label;
    if (accept(TokenKind::kDollar)) {
      TRELLIS_TRY(expect(TokenKind::kLeftParen, "'('"));
      TRELLIS_TRY_ASSIGN(label.expression, expression());
      TRELLIS_TRY(expect(TokenKind::kRightParen, "')'"));
    } else {
      TRELLIS_TRY_ASSIGN(label.name, symbol("a label"));
    }
    labels.push_back(std::move(label));
  } while (accept(TokenKind::kColon));
  return labels;
}

}  // namespace trellis::cypher
