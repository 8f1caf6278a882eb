// SPDX-License-Identifier: Apache-2.0
//
// USE, MATCH, UNWIND, LOAD CSV, WITH, RETURN, and both forms of CALL.
#include "cypher/syntax/parser_state.h"

namespace trellis::cypher {

// USE [GRAPH] a.b | graph.byName(e) | graph.byElementId(e)
Parser::ClauseResult Parser::use_clause() {
  auto use = make<ast::Use>(here());
  TRELLIS_TRY(expect_keyword("USE"));
  if (at_keyword("GRAPH") && at_name(1) && !at_clause(1)) advance();
  const bool parenthesized = accept(TokenKind::kLeftParen);
  const bool function = at_keyword("GRAPH") && at(TokenKind::kDot, 1) &&
                        at_any_keyword({"BYNAME", "BYELEMENTID"}, 2) &&
                        at(TokenKind::kLeftParen, 3);
  if (function) {
    use->use = at_keyword("BYNAME", 2) ? ast::UseKind::kByName : ast::UseKind::kByElementId;
    cursor_ += 4;
    TRELLIS_TRY_ASSIGN(use->argument, expression());
    TRELLIS_TRY(expect(TokenKind::kRightParen, "')'"));
  } else {
    do {
      TRELLIS_TRY_ASSIGN(std::string part, symbol("the name of a graph"));
      use->parts.push_back(std::move(part));
    } while (accept(TokenKind::kDot));
  }
  if (parenthesized) TRELLIS_TRY(expect(TokenKind::kRightParen, "')'"));
  return use;
}

Parser::ClauseResult Parser::match() {
  auto match = make<ast::Match>(here());
  match->optional = accept_keyword("OPTIONAL");
  TRELLIS_TRY(expect_keyword("MATCH"));
  if (accept_phrase("DIFFERENT RELATIONSHIP|RELATIONSHIPS")) {
    match->mode = ast::MatchMode::kDifferentRelationships;
  } else if (accept_phrase("REPEATABLE ELEMENT|ELEMENTS")) {
    match->mode = ast::MatchMode::kRepeatableElements;
  }
  TRELLIS_TRY_ASSIGN(match->patterns, path_patterns());
  while (at_keyword("USING")) {
    TRELLIS_TRY_ASSIGN(ast::Hint hint, this->hint());
    match->hints.push_back(std::move(hint));
  }
  TRELLIS_TRY_ASSIGN(match->where, optional_where());
  return match;
}

// USING [RANGE|TEXT|POINT] INDEX [SEEK] v:L(p, ..) | USING SCAN v:L | USING JOIN ON v, ..
Result<ast::Hint> Parser::hint() {
  ast::Hint hint;
  hint.position = here();
  TRELLIS_TRY(expect_keyword("USING"));
  if (accept_phrase("JOIN ON")) {
    hint.kind = ast::HintKind::kJoin;
    do {
      TRELLIS_TRY_ASSIGN(ast::VariableName variable, variable_name());
      hint.variables.push_back(std::move(variable));
    } while (accept(TokenKind::kComma));
    return hint;
  }
  if (accept_keyword("SCAN")) {
    hint.kind = ast::HintKind::kScan;
  } else {
    if (accept_keyword("RANGE")) hint.kind = ast::HintKind::kRangeIndex;
    if (accept_keyword("TEXT")) hint.kind = ast::HintKind::kTextIndex;
    if (accept_keyword("POINT")) hint.kind = ast::HintKind::kPointIndex;
    TRELLIS_TRY(expect_keyword("INDEX"));
    if (at_keyword("SEEK") && at_name(1)) {
      advance();
      hint.seek = true;
    }
  }
  TRELLIS_TRY_ASSIGN(ast::VariableName variable, variable_name());
  hint.variables.push_back(std::move(variable));
  TRELLIS_TRY(expect(TokenKind::kColon, "':'"));
  TRELLIS_TRY_ASSIGN(hint.label_or_type, symbol("a label or relationship type"));
  if (hint.kind == ast::HintKind::kScan) return hint;
  TRELLIS_TRY(expect(TokenKind::kLeftParen, "'('"));
  do {
    TRELLIS_TRY_ASSIGN(std::string property, symbol("a property name"));
    hint.properties.push_back(std::move(property));
  } while (accept(TokenKind::kComma));
  TRELLIS_TRY(expect(TokenKind::kRightParen, "')'"));
  return hint;
}

Parser::ClauseResult Parser::unwind() {
  auto unwind = make<ast::Unwind>(here());
  TRELLIS_TRY(expect_keyword("UNWIND"));
  TRELLIS_TRY_ASSIGN(unwind->list, expression());
  TRELLIS_TRY(expect_keyword("AS"));
  TRELLIS_TRY_ASSIGN(unwind->variable, variable_name());
  return unwind;
}

Parser::ClauseResult Parser::load_csv() {
  auto load = make<ast::LoadCsv>(here());
  TRELLIS_TRY(expect_phrase("LOAD CSV"));
  load->with_headers = accept_phrase("WITH HEADERS");
  TRELLIS_TRY(expect_keyword("FROM"));
  TRELLIS_TRY_ASSIGN(load->url, expression());
  TRELLIS_TRY(expect_keyword("AS"));
  TRELLIS_TRY_ASSIGN(load->variable, variable_name());
  if (accept_keyword("FIELDTERMINATOR")) {
    TRELLIS_TRY_ASSIGN(load->field_terminator, expression());
  }
  return load;
}

Parser::ClauseResult Parser::with() {
  auto with = make<ast::With>(here());
  TRELLIS_TRY(expect_keyword("WITH"));
  TRELLIS_TRY_ASSIGN(with->projection, projection());
  TRELLIS_TRY_ASSIGN(with->where, optional_where());
  return with;
}

Parser::ClauseResult Parser::return_clause() {
  auto clause = make<ast::Return>(here());
  TRELLIS_TRY(expect_keyword("RETURN"));
  TRELLIS_TRY_ASSIGN(clause->projection, projection());
  return clause;
}

// A stand-alone ORDER BY, SKIP or LIMIT is WITH * followed by it.
Parser::ClauseResult Parser::order_or_page() {
  auto with = make<ast::With>(here());
  const size_t start = save();
  with->implicit = true;
  with->projection.position = here();
  with->projection.star = true;
  TRELLIS_TRY(projection_tail(with->projection));
  if (save() == start) return unexpected("ORDER BY, SKIP or LIMIT");
  return with;
}

Parser::ClauseResult Parser::call(bool optional) {
  if (at(TokenKind::kLeftBrace, 1) || at(TokenKind::kLeftParen, 1)) return call_subquery(optional);
  return call_procedure(optional);
}

Parser::ClauseResult Parser::call_procedure(bool optional) {
  auto call = make<ast::CallProcedure>(here());
  call->optional = optional;
  TRELLIS_TRY(expect_keyword("CALL"));
  TRELLIS_TRY_ASSIGN(call->name, dotted_name("the name of a procedure"));
  if (accept(TokenKind::kLeftParen)) {
    call->has_arguments = true;
    if (!at(TokenKind::kRightParen)) {
      TRELLIS_TRY_ASSIGN(call->arguments, expressions());
    }
    TRELLIS_TRY(expect(TokenKind::kRightParen, "',' or ')'"));
  }
  if (!accept_keyword("YIELD")) return call;
  call->has_yield = true;
  if (accept(TokenKind::kStar)) {
    call->yield_star = true;
  } else if (accept(TokenKind::kMinus)) {
    return call;  // YIELD -: nothing
  } else {
    TRELLIS_TRY_ASSIGN(call->yields, yield_items());
  }
  TRELLIS_TRY_ASSIGN(call->where, optional_where());
  return call;
}

Result<std::vector<ast::YieldItem>> Parser::yield_items() {
  std::vector<ast::YieldItem> items;
  do {
    ast::YieldItem item;
    TRELLIS_TRY_ASSIGN(item.alias, variable_name());
    item.column = item.alias.name;
    if (accept_keyword("AS")) {
      item.aliased = true;
      TRELLIS_TRY_ASSIGN(item.alias, variable_name());
    }
    items.push_back(std::move(item));
  } while (accept(TokenKind::kComma));
  return items;
}

// CALL { .. }, CALL (a, b) { .. }, CALL (*) { .. }, each with IN TRANSACTIONS or without.
Parser::ClauseResult Parser::call_subquery(bool optional) {
  const Nesting nesting(*this);
  if (nesting.too_deep()) return too_deep();
  auto call = make<ast::CallSubquery>(here());
  call->optional = optional;
  TRELLIS_TRY(expect_keyword("CALL"));
  if (accept(TokenKind::kLeftParen)) {
    call->scope = ast::SubqueryScope::kVariables;
    if (accept(TokenKind::kStar)) {
      call->scope = ast::SubqueryScope::kAll;
    } else if (!at(TokenKind::kRightParen)) {
      do {
        TRELLIS_TRY_ASSIGN(ast::VariableName variable, variable_name());
        call->imports.push_back(std::move(variable));
      } while (accept(TokenKind::kComma));
    }
    TRELLIS_TRY(expect(TokenKind::kRightParen, "',' or ')'"));
  }
  TRELLIS_TRY(expect(TokenKind::kLeftBrace, "'{'"));
  auto query = std::make_unique<ast::Query>();
  TRELLIS_TRY_ASSIGN(*query, this->query());
  call->query = std::move(query);
  TRELLIS_TRY(expect(TokenKind::kRightBrace, "'}'"));
  if (at_keyword("IN")) {
    TRELLIS_TRY_ASSIGN(call->in_transactions, in_transactions());
  }
  return call;
}

// IN [[n] CONCURRENT] TRANSACTIONS [OF n ROWS] [ON ERROR ..] [REPORT STATUS AS v]
Result<ast::InTransactions> Parser::in_transactions() {
  ast::InTransactions batches;
  TRELLIS_TRY(expect_keyword("IN"));
  if (!at_any_keyword({"TRANSACTION", "TRANSACTIONS", "CONCURRENT"})) {
    TRELLIS_TRY_ASSIGN(batches.concurrency, arithmetic(1));
  }
  batches.concurrent = accept_keyword("CONCURRENT");
  if (batches.concurrency && !batches.concurrent) return unexpected("CONCURRENT");
  TRELLIS_TRY(expect_phrase("TRANSACTION|TRANSACTIONS"));
  for (;;) {
    if (accept_keyword("OF")) {
      TRELLIS_TRY_ASSIGN(batches.batch_rows, arithmetic(1));
      TRELLIS_TRY(expect_phrase("ROW|ROWS"));
    } else if (accept_phrase("ON ERROR")) {
      if (accept_keyword("RETRY")) {
        batches.on_error = ast::OnBatchError::kRetry;
        accept_keyword("FOR");
        if (!at_keyword("THEN") && !at_clause() && !at_keyword("REPORT") && !at(TokenKind::kEnd) &&
            !at(TokenKind::kRightBrace)) {
          TRELLIS_TRY_ASSIGN(batches.retry_seconds, arithmetic(1));
          TRELLIS_TRY(expect_phrase("SEC|SECOND|SECONDS"));
        }
        if (accept_keyword("THEN")) {
          TRELLIS_TRY_ASSIGN(batches.after_retry, on_batch_error());
        }
      } else {
        TRELLIS_TRY_ASSIGN(batches.on_error, on_batch_error());
      }
    } else if (accept_phrase("REPORT STATUS")) {
      TRELLIS_TRY(expect_keyword("AS"));
      TRELLIS_TRY_ASSIGN(batches.status, variable_name());
    } else {
      return batches;
    }
  }
}

Result<ast::OnBatchError> Parser::on_batch_error() {
  if (accept_keyword("FAIL")) return ast::OnBatchError::kFail;
  if (accept_keyword("CONTINUE")) return ast::OnBatchError::kContinue;
  if (accept_keyword("BREAK")) return ast::OnBatchError::kBreak;
  return unexpected("FAIL, CONTINUE, BREAK or RETRY");
}

}  // namespace trellis::cypher
