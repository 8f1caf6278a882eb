// SPDX-License-Identifier: Apache-2.0
//
// Operators, loosest first: OR, XOR, AND, NOT, comparisons, string/list/null/type predicates,
// + - ||, * / %, ^, sign, postfix. All binary ones associate to the left, ^ too.
#include "cypher/syntax/parser_state.h"

namespace trellis::cypher {

using ast::BinaryOperator;
using ast::ExpressionPtr;

Parser::Expr Parser::expression() {
  const Nesting nesting(*this);
  if (nesting.too_deep()) return too_deep();
  const uint32_t outer_height = height_;
  height_ = 0;
  auto result = logical(ast::LogicalOperator::kOr);
  height_ = std::max(outer_height, height_ + 1);
  return result;
}

Result<ast::ExpressionList> Parser::expressions() {
  ast::ExpressionList list;
  do {
    TRELLIS_TRY_ASSIGN(ExpressionPtr item, expression());
    list.push_back(std::move(item));
  } while (accept(TokenKind::kComma));
  return list;
}

Parser::Expr Parser::logical(ast::LogicalOperator op) {
  using ast::LogicalOperator;
  const auto tighter = [&]() -> Expr {
    switch (op) {
      case LogicalOperator::kOr:
        return logical(LogicalOperator::kXor);
      case LogicalOperator::kXor:
        return logical(LogicalOperator::kAnd);
      case LogicalOperator::kAnd:
        return negation();
    }
    TRELLIS_UNREACHABLE();
  };
  const std::string_view keyword = op == LogicalOperator::kOr    ? "OR"
                                   : op == LogicalOperator::kXor ? "XOR"
                                                                 : "AND";
  const SourcePosition start = here();
  TRELLIS_TRY_ASSIGN(ExpressionPtr first, tighter());
  if (!at_keyword(keyword)) return first;
  auto chain = make<ast::LogicalChain>(start);
  chain->op = op;
  chain->operands.push_back(std::move(first));
  while (accept_keyword(keyword)) {
    TRELLIS_TRY_ASSIGN(ExpressionPtr operand, tighter());
    chain->operands.push_back(std::move(operand));
  }
  return chain;
}

Parser::Expr Parser::negation() {
  std::vector<SourcePosition> negations;
  while (at_keyword("NOT")) {
    negations.push_back(here());
    advance();
    TRELLIS_TRY(grow());
  }
  TRELLIS_TRY_ASSIGN(ExpressionPtr operand, comparison());
  for (; !negations.empty(); negations.pop_back()) {
    auto negation = make<ast::Unary>(negations.back());
    negation->op = ast::UnaryOperator::kNot;
    negation->operand = std::move(operand);
    operand = std::move(negation);
  }
  return operand;
}

namespace {

std::optional<BinaryOperator> comparison_operator(TokenKind kind) {
  switch (kind) {
    case TokenKind::kEqual:
      return BinaryOperator::kEqual;
    case TokenKind::kNotEqual:
      return BinaryOperator::kNotEqual;
    case TokenKind::kLess:
      return BinaryOperator::kLess;
    case TokenKind::kLessEqual:
      return BinaryOperator::kLessEqual;
    case TokenKind::kGreater:
      return BinaryOperator::kGreater;
    case TokenKind::kGreaterEqual:
      return BinaryOperator::kGreaterEqual;
    default:
      return std::nullopt;
  }
}

struct ArithmeticOperator {
  BinaryOperator op;
  int precedence;
};
std::optional<ArithmeticOperator> arithmetic_operator(TokenKind kind) {
  switch (kind) {
    case TokenKind::kPlus:
      return ArithmeticOperator{BinaryOperator::kAdd, 1};
    case TokenKind::kMinus:
      return ArithmeticOperator{BinaryOperator::kSubtract, 1};
    case TokenKind::kDoubleBar:
      return ArithmeticOperator{BinaryOperator::kConcatenate, 1};
    case TokenKind::kStar:
      return ArithmeticOperator{BinaryOperator::kMultiply, 2};
    case TokenKind::kSlash:
      return ArithmeticOperator{BinaryOperator::kDivide, 2};
    case TokenKind::kPercent:
      return ArithmeticOperator{BinaryOperator::kModulo, 2};
    case TokenKind::kCaret:
      return ArithmeticOperator{BinaryOperator::kPower, 3};
    default:
      return std::nullopt;
  }
}

}  // namespace

Parser::Expr Parser::comparison() {
  const SourcePosition start = here();
  TRELLIS_TRY_ASSIGN(ExpressionPtr first, predicate());
  ast::ExpressionList operands;
  std::vector<BinaryOperator> operators;
  while (const auto op = comparison_operator(peek().kind)) {
    advance();
    TRELLIS_TRY_ASSIGN(ExpressionPtr operand, predicate());
    operators.push_back(*op);
    operands.push_back(std::move(operand));
  }
  if (operators.empty()) return first;
  if (operators.size() == 1) {
    auto binary = make<ast::Binary>(start);
    binary->op = operators.front();
    binary->left = std::move(first);
    binary->right = std::move(operands.front());
    return binary;
  }
  auto chain = make<ast::ComparisonChain>(start);
  chain->operands.push_back(std::move(first));
  for (auto& operand : operands) chain->operands.push_back(std::move(operand));
  chain->operators = std::move(operators);
  return chain;
}

Parser::Expr Parser::predicate() {
  const SourcePosition start = here();
  TRELLIS_TRY_ASSIGN(ExpressionPtr left, arithmetic(1));
  for (;;) {
    std::optional<BinaryOperator> op;
    if (accept_keyword("IN")) {
      op = BinaryOperator::kIn;
    } else if (accept_phrase("STARTS WITH")) {
      op = BinaryOperator::kStartsWith;
    } else if (accept_phrase("ENDS WITH")) {
      op = BinaryOperator::kEndsWith;
    } else if (accept_keyword("CONTAINS")) {
      op = BinaryOperator::kContains;
    } else if (accept(TokenKind::kRegexMatch)) {
      op = BinaryOperator::kRegexMatch;
    } else if (at(TokenKind::kColonColon) || at_keyword("IS")) {
      TRELLIS_TRY(grow());
      TRELLIS_TRY_ASSIGN(left, is_predicate(std::move(left)));
      continue;
    }
    if (!op) return left;
    TRELLIS_TRY(grow());
    TRELLIS_TRY_ASSIGN(ExpressionPtr right, arithmetic(1));
    auto binary = make<ast::Binary>(start);
    binary->op = *op;
    binary->left = std::move(left);
    binary->right = std::move(right);
    left = std::move(binary);
  }
}

// IS [NOT] NULL, IS [NOT] NORMALIZED, IS [NOT] :: T, :: T, IS label.
Parser::Expr Parser::is_predicate(ExpressionPtr operand) {
  const SourcePosition start = operand->position;
  const bool is = accept_keyword("IS");
  const bool negated = is && accept_keyword("NOT");
  if (is && accept_keyword("NULL")) {
    auto check = make<ast::NullCheck>(start);
    check->operand = std::move(operand);
    check->negated = negated;
    return check;
  }
  if (accept(TokenKind::kColonColon) || (is && accept_keyword("TYPED"))) {
    auto check = make<ast::TypePredicate>(start);
    check->operand = std::move(operand);
    check->negated = negated;
    TRELLIS_TRY_ASSIGN(check->types, type_union());
    return check;
  }
  std::optional<ast::NormalForm> form;
  if (at_keyword("NORMALIZED")) {
    form = ast::NormalForm::kNfc;
  } else if (at_keyword("NORMALIZED", 1)) {
    if (accept_keyword("NFC")) form = ast::NormalForm::kNfc;
    if (accept_keyword("NFD")) form = ast::NormalForm::kNfd;
    if (accept_keyword("NFKC")) form = ast::NormalForm::kNfkc;
    if (accept_keyword("NFKD")) form = ast::NormalForm::kNfkd;
  }
  if (form && accept_keyword("NORMALIZED")) {
    auto check = make<ast::NormalizedPredicate>(start);
    check->operand = std::move(operand);
    check->form = *form;
    check->negated = negated;
    return check;
  }
  if (negated) return unexpected("NULL, NORMALIZED or a type");
  auto check = make<ast::LabelPredicate>(start);
  check->subject = std::move(operand);
  TRELLIS_TRY_ASSIGN(check->labels, label_expression());
  return check;
}

Parser::Expr Parser::arithmetic(int min_precedence) {
  const SourcePosition start = here();
  TRELLIS_TRY_ASSIGN(ExpressionPtr left, unary());
  for (;;) {
    const auto op = arithmetic_operator(peek().kind);
    if (!op || op->precedence < min_precedence) {
      if (at(TokenKind::kUnicodeDash)) {
        return fail_at(here(), ErrorCode::InvalidUnicodeCharacter,
                       "Invalid character '{}' in the statement; use '-'.", text_of(peek()));
      }
      return left;
    }
    advance();
    TRELLIS_TRY(grow());
    TRELLIS_TRY_ASSIGN(ExpressionPtr right, arithmetic(op->precedence + 1));
    auto binary = make<ast::Binary>(start);
    binary->op = op->op;
    binary->left = std::move(left);
    binary->right = std::move(right);
    left = std::move(binary);
  }
}

Parser::Expr Parser::unary() {
  struct Sign {
    ast::UnaryOperator op;
    SourcePosition position;
  };
  std::vector<Sign> signs;
  while (at(TokenKind::kPlus) || at(TokenKind::kMinus)) {
    // -9223372036854775808 has no positive twin; every other sign before a number is folded too.
    if (at(TokenKind::kMinus) && (at(TokenKind::kInteger, 1) || at(TokenKind::kFloat, 1)) &&
        peek(1).literal == Token::kNotExtracted && !at(TokenKind::kDot, 2) &&
        !at(TokenKind::kLeftBracket, 2)) {
      break;
    }
    signs.push_back(
        {at(TokenKind::kPlus) ? ast::UnaryOperator::kPlus : ast::UnaryOperator::kMinus, here()});
    advance();
    TRELLIS_TRY(grow());
  }
  const bool negative_number = at(TokenKind::kMinus);
  TRELLIS_TRY_ASSIGN(ExpressionPtr operand, negative_number ? number() : postfix(true));
  for (; !signs.empty(); signs.pop_back()) {
    auto sign = make<ast::Unary>(signs.back().position);
    sign->op = signs.back().op;
    sign->operand = std::move(operand);
    operand = std::move(sign);
  }
  return operand;
}

Parser::Expr Parser::postfix(bool labels) {
  const SourcePosition start = here();
  TRELLIS_TRY_ASSIGN(ExpressionPtr subject, atom());
  for (;;) {
    if (at(TokenKind::kDot)) {
      advance();
      TRELLIS_TRY(grow());
      auto access = make<ast::PropertyAccess>(start);
      access->subject = std::move(subject);
      TRELLIS_TRY_ASSIGN(access->key, symbol("a property name"));
      subject = std::move(access);
    } else if (accept(TokenKind::kLeftBracket)) {
      TRELLIS_TRY(grow());
      const BarScope bars(*this, false);
      ExpressionPtr from;
      if (!at(TokenKind::kDotDot)) {
        TRELLIS_TRY_ASSIGN(from, expression());
      }
      if (accept(TokenKind::kDotDot)) {
        auto slice = make<ast::Slice>(start);
        slice->subject = std::move(subject);
        slice->from = std::move(from);
        if (!at(TokenKind::kRightBracket)) {
          TRELLIS_TRY_ASSIGN(slice->to, expression());
        }
        subject = std::move(slice);
      } else {
        auto access = make<ast::IndexAccess>(start);
        access->subject = std::move(subject);
        access->index = std::move(from);
        subject = std::move(access);
      }
      TRELLIS_TRY(expect(TokenKind::kRightBracket, "']'"));
    } else if (labels && accept(TokenKind::kColon)) {
      TRELLIS_TRY(grow());
      auto predicate = make<ast::LabelPredicate>(start);
      predicate->subject = std::move(subject);
      TRELLIS_TRY_ASSIGN(predicate->labels, label_expression());
      subject = std::move(predicate);
    } else {
      return subject;
    }
  }
}

}  // namespace trellis::cypher
