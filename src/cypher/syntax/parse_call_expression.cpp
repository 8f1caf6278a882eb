// SPDX-License-Identifier: Apache-2.0
//
// Function calls, the forms that look like one, CASE, and subqueries in expressions.
#include "cypher/syntax/parser_state.h"

namespace trellis::cypher {

using ast::ExpressionPtr;

// name(.name)* (
bool Parser::at_function_call() const {
  size_t ahead = 1;
  while (at(TokenKind::kDot, ahead) && at_name(ahead + 1)) ahead += 2;
  return at(TokenKind::kLeftParen, ahead);
}

Parser::Expr Parser::function_call() {
  auto call = make<ast::FunctionCall>(here());
  TRELLIS_TRY_ASSIGN(call->name, dotted_name("a function name"));
  const BarScope bars(*this, false);
  TRELLIS_TRY(expect(TokenKind::kLeftParen, "'('"));
  if (at_keyword("DISTINCT") && !at(TokenKind::kRightParen, 1) && !at(TokenKind::kComma, 1)) {
    advance();
    call->distinct = true;
  } else if (at_keyword("ALL") && at_name(1)) {
    advance();
  }
  if (!at(TokenKind::kRightParen)) {
    TRELLIS_TRY_ASSIGN(call->arguments, expressions());
  }
  TRELLIS_TRY(expect(TokenKind::kRightParen, "',' or ')'"));
  return call;
}

// trim(s), trim(c FROM s), trim(BOTH FROM s), trim(LEADING c FROM s)
Parser::Expr Parser::trim() {
  const BarScope bars(*this, false);
  auto call = make<ast::FunctionCall>(here());
  call->name = "trim";
  cursor_ += 2;
  std::string special = "btrim";
  bool specified = false;
  const auto specification = [&](std::string_view keyword, std::string_view function) {
    // A variable may have the keyword's name: trim(both), trim(both.x).
    if (!at_keyword(keyword)) return;
    if (at(TokenKind::kRightParen, 1) || at(TokenKind::kDot, 1) || at(TokenKind::kComma, 1)) return;
    advance();
    specified = true;
    special = function;
  };
  specification("BOTH", "btrim");
  if (!specified) specification("LEADING", "ltrim");
  if (!specified) specification("TRAILING", "rtrim");
  ExpressionPtr characters;
  bool from = accept_keyword("FROM");
  if (!from) {
    if (!at(TokenKind::kRightParen)) {
      TRELLIS_TRY_ASSIGN(characters, expression());
    }
    from = accept_keyword("FROM");
    if (!from && !specified) {
      if (characters) call->arguments.push_back(std::move(characters));
      while (accept(TokenKind::kComma)) {
        TRELLIS_TRY_ASSIGN(ExpressionPtr argument, expression());
        call->arguments.push_back(std::move(argument));
      }
      TRELLIS_TRY(expect(TokenKind::kRightParen, "')'"));
      return call;
    }
    if (!from) return unexpected("FROM");
  }
  call->name = special;
  TRELLIS_TRY_ASSIGN(ExpressionPtr text, expression());
  call->arguments.push_back(std::move(text));
  if (characters) call->arguments.push_back(std::move(characters));
  TRELLIS_TRY(expect(TokenKind::kRightParen, "')'"));
  return call;
}

// normalize(s), normalize(s, NFD)
Parser::Expr Parser::normalize_call() {
  const BarScope bars(*this, false);
  auto call = make<ast::FunctionCall>(here());
  call->name = "normalize";
  cursor_ += 2;
  if (!at(TokenKind::kRightParen)) {
    TRELLIS_TRY_ASSIGN(ExpressionPtr text, expression());
    call->arguments.push_back(std::move(text));
  }
  while (accept(TokenKind::kComma)) {
    if (at_any_keyword({"NFC", "NFD", "NFKC", "NFKD"}) && at(TokenKind::kRightParen, 1)) {
      auto form = make<ast::Literal>(here());
      std::string upper(text_of(peek()));
      for (char& c : upper) c = static_cast<char>(c & ~32);
      form->value = std::move(upper);
      call->arguments.push_back(std::move(form));
      advance();
    } else {
      TRELLIS_TRY_ASSIGN(ExpressionPtr argument, expression());
      call->arguments.push_back(std::move(argument));
    }
  }
  TRELLIS_TRY(expect(TokenKind::kRightParen, "')'"));
  return call;
}

// What stands behind WHEN in a simple CASE: a value, or an operator and a value.
Parser::Expr Parser::case_test(SourcePosition position) {
  auto subject = make<ast::CaseSubject>(position);
  const auto compare = [&](ast::BinaryOperator op) -> Expr {
    auto test = make<ast::Binary>(here());
    test->op = op;
    test->left = std::move(subject);
    TRELLIS_TRY_ASSIGN(test->right, arithmetic(1));
    return test;
  };
  using enum ast::BinaryOperator;
  if (accept(TokenKind::kEqual)) return compare(kEqual);
  if (accept(TokenKind::kNotEqual)) return compare(kNotEqual);
  if (accept(TokenKind::kLess)) return compare(kLess);
  if (accept(TokenKind::kLessEqual)) return compare(kLessEqual);
  if (accept(TokenKind::kGreater)) return compare(kGreater);
  if (accept(TokenKind::kGreaterEqual)) return compare(kGreaterEqual);
  if (accept(TokenKind::kRegexMatch)) return compare(kRegexMatch);
  if (accept_phrase("STARTS WITH")) return compare(kStartsWith);
  if (accept_phrase("ENDS WITH")) return compare(kEndsWith);
  if (at_keyword("CONTAINS") && !at_keyword("THEN", 1)) {
    advance();
    return compare(kContains);
  }
  if (at(TokenKind::kColonColon) ||
      (at_keyword("IS") &&
       (at_any_keyword({"NULL", "NOT", "TYPED", "NORMALIZED", "NFC", "NFD", "NFKC", "NFKD"}, 1) ||
        at(TokenKind::kColonColon, 1)))) {
    return is_predicate(std::move(subject));
  }
  auto test = make<ast::Binary>(here());
  test->op = kEqual;
  test->left = std::move(subject);
  TRELLIS_TRY_ASSIGN(test->right, expression());
  return test;
}

Parser::Expr Parser::case_expression() {
  const BarScope bars(*this, false);
  auto node = make<ast::Case>(here());
  TRELLIS_TRY(expect_keyword("CASE"));
  if (!at_keyword("WHEN")) {
    TRELLIS_TRY_ASSIGN(node->subject, expression());
  }
  if (!at_keyword("WHEN")) return unexpected("WHEN");
  while (at_keyword("WHEN")) {
    const SourcePosition position = here();
    advance();
    ast::CaseBranch branch;
    if (!node->subject) {
      TRELLIS_TRY_ASSIGN(branch.when, expression());
    } else {
      TRELLIS_TRY_ASSIGN(branch.when, case_test(position));
      if (at(TokenKind::kComma)) {
        auto any = make<ast::LogicalChain>(position);
        any->op = ast::LogicalOperator::kOr;
        any->operands.push_back(std::move(branch.when));
        while (accept(TokenKind::kComma)) {
          TRELLIS_TRY_ASSIGN(ExpressionPtr test, case_test(here()));
          any->operands.push_back(std::move(test));
        }
        branch.when = std::move(any);
      }
    }
    TRELLIS_TRY(expect_keyword("THEN"));
    TRELLIS_TRY_ASSIGN(branch.then, expression());
    node->branches.push_back(std::move(branch));
  }
  if (accept_keyword("ELSE")) {
    TRELLIS_TRY_ASSIGN(node->otherwise, expression());
  }
  TRELLIS_TRY(expect_keyword("END"));
  return node;
}

// all(x IN list WHERE predicate)
Parser::Expr Parser::list_predicate(ast::ListPredicateKind kind) {
  const BarScope bars(*this, false);
  auto node = make<ast::ListPredicate>(here());
  node->quantifier = kind;
  cursor_ += 2;
  TRELLIS_TRY_ASSIGN(node->variable, variable_name());
  TRELLIS_TRY(expect_keyword("IN"));
  TRELLIS_TRY_ASSIGN(node->list, expression());
  TRELLIS_TRY(expect_keyword("WHERE"));
  TRELLIS_TRY_ASSIGN(node->where, expression());
  TRELLIS_TRY(expect(TokenKind::kRightParen, "')'"));
  return node;
}

// reduce(accumulator = initial, variable IN list | step)
Parser::Expr Parser::reduce() {
  auto node = make<ast::Reduce>(here());
  cursor_ += 2;
  TRELLIS_TRY_ASSIGN(node->accumulator, variable_name());
  TRELLIS_TRY(expect(TokenKind::kEqual, "'='"));
  {
    const BarScope bars(*this, false);
    TRELLIS_TRY_ASSIGN(node->initial, expression());
  }
  TRELLIS_TRY(expect(TokenKind::kComma, "','"));
  TRELLIS_TRY_ASSIGN(node->variable, variable_name());
  TRELLIS_TRY(expect_keyword("IN"));
  {
    const BarScope bars(*this, true);
    TRELLIS_TRY_ASSIGN(node->list, expression());
  }
  TRELLIS_TRY(expect(TokenKind::kBar, "'|'"));
  const BarScope bars(*this, false);
  TRELLIS_TRY_ASSIGN(node->step, expression());
  TRELLIS_TRY(expect(TokenKind::kRightParen, "')'"));
  return node;
}

Parser::Expr Parser::shortest_path() {
  auto node = make<ast::PatternExpression>(here());
  node->pattern.id = new_id();
  node->pattern.position = here();
  node->pattern.shortest =
      at_keyword("SHORTESTPATH") ? ast::ShortestPathKind::kSingle : ast::ShortestPathKind::kAll;
  cursor_ += 2;
  TRELLIS_TRY_ASSIGN(node->pattern.elements, pattern_elements());
  TRELLIS_TRY(expect(TokenKind::kRightParen, "')'"));
  return node;
}

// EXISTS { query } or EXISTS { patterns [WHERE ..] }, which is a query of one MATCH.
Parser::Expr Parser::subquery_expression(ast::SubqueryKind kind) {
  const Nesting nesting(*this);
  if (nesting.too_deep()) return too_deep();
  const BarScope bars(*this, false);
  auto node = make<ast::SubqueryExpression>(here());
  node->subquery = kind;
  advance();
  TRELLIS_TRY(expect(TokenKind::kLeftBrace, "'{'"));
  auto query = std::make_unique<ast::Query>();
  if (at_clause() && !at(TokenKind::kEqual, 1)) {
    TRELLIS_TRY_ASSIGN(*query, this->query());
  } else {
    if (kind == ast::SubqueryKind::kCollect) return unexpected("a query with RETURN");
    query->id = new_id();
    ast::SingleQuery part;
    part.id = new_id();
    part.position = here();
    auto match = make<ast::Match>(here());
    TRELLIS_TRY_ASSIGN(match->patterns, path_patterns());
    TRELLIS_TRY_ASSIGN(match->where, optional_where());
    part.clauses.push_back(std::move(match));
    query->parts.push_back(std::move(part));
  }
  TRELLIS_TRY(expect(TokenKind::kRightBrace, "'}'"));
  node->query = std::move(query);
  return node;
}

}  // namespace trellis::cypher
