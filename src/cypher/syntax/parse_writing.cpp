// SPDX-License-Identifier: Apache-2.0
//
// CREATE, INSERT, MERGE, SET, REMOVE, DELETE, FOREACH.
#include "cypher/syntax/parser_state.h"

namespace trellis::cypher {

Parser::ClauseResult Parser::create(bool insert) {
  auto create = make<ast::Create>(here());
  create->insert = insert;
  advance();
  TRELLIS_TRY_ASSIGN(create->patterns, path_patterns());
  return create;
}

Parser::ClauseResult Parser::merge() {
  auto merge = make<ast::Merge>(here());
  TRELLIS_TRY(expect_keyword("MERGE"));
  TRELLIS_TRY_ASSIGN(merge->pattern, path_pattern());
  for (;;) {
    auto* items = &merge->on_create;
    if (accept_phrase("ON MATCH SET")) {
      items = &merge->on_match;
    } else if (!accept_phrase("ON CREATE SET")) {
      if (at_keyword("ON")) {
        advance();
        return unexpected("CREATE SET or MATCH SET");
      }
      return merge;
    }
    TRELLIS_TRY_ASSIGN(auto more, set_items());
    for (auto& item : more) items->push_back(std::move(item));
  }
}

Parser::ClauseResult Parser::set() {
  auto set = make<ast::Set>(here());
  TRELLIS_TRY(expect_keyword("SET"));
  TRELLIS_TRY_ASSIGN(set->items, set_items());
  return set;
}

Result<std::vector<ast::SetItem>> Parser::set_items() {
  std::vector<ast::SetItem> items;
  do {
    TRELLIS_TRY_ASSIGN(ast::SetItem item, set_item());
    items.push_back(std::move(item));
  } while (accept(TokenKind::kComma));
  return items;
}

Result<ast::SetItem> Parser::set_item() {
  ast::SetItem item;
  item.position = here();
  TRELLIS_TRY_ASSIGN(item.target, postfix(false));
  if (item.target->kind == ast::ExpressionKind::kVariable) {
    if (at(TokenKind::kColon) || at_keyword("IS")) {
      item.kind = ast::SetItemKind::kLabels;
      TRELLIS_TRY_ASSIGN(item.labels, label_references());
      return item;
    }
    item.kind = ast::SetItemKind::kReplace;
    if (accept(TokenKind::kPlusEqual)) {
      item.kind = ast::SetItemKind::kMerge;
    } else {
      TRELLIS_TRY(expect(TokenKind::kEqual, "'=', '+=' or ':'"));
    }
  } else if (item.target->kind == ast::ExpressionKind::kPropertyAccess ||
             item.target->kind == ast::ExpressionKind::kIndexAccess) {
    TRELLIS_TRY(expect(TokenKind::kEqual, "'='"));
  } else {
    return fail_at(item.position, ErrorCode::SyntaxError,
                   "SET takes a property, a variable or labels of a variable on its left.");
  }
  TRELLIS_TRY_ASSIGN(item.value, expression());
  return item;
}

Parser::ClauseResult Parser::remove() {
  auto remove = make<ast::Remove>(here());
  TRELLIS_TRY(expect_keyword("REMOVE"));
  do {
    ast::RemoveItem item;
    item.position = here();
    TRELLIS_TRY_ASSIGN(item.target, postfix(false));
    const auto kind = item.target->kind;
    if (kind == ast::ExpressionKind::kVariable) {
      if (!at(TokenKind::kColon) && !at_keyword("IS")) return unexpected("a property or labels");
      TRELLIS_TRY_ASSIGN(item.labels, label_references());
    } else if (kind != ast::ExpressionKind::kPropertyAccess &&
               kind != ast::ExpressionKind::kIndexAccess) {
      return fail_at(item.position, ErrorCode::SyntaxError,
                     "REMOVE takes a property, or labels of a variable.");
    }
    remove->items.push_back(std::move(item));
  } while (accept(TokenKind::kComma));
  return remove;
}

Parser::ClauseResult Parser::delete_clause() {
  auto clause = make<ast::Delete>(here());
  clause->detach = accept_keyword("DETACH");
  if (!clause->detach) accept_keyword("NODETACH");
  TRELLIS_TRY(expect_keyword("DELETE"));
  TRELLIS_TRY_ASSIGN(clause->expressions, expressions());
  return clause;
}

// FOREACH (v IN list | updates)
Parser::ClauseResult Parser::foreach () {
  const Nesting nesting(*this);
  if (nesting.too_deep()) return too_deep();
  auto foreach = make<ast::Foreach>(here());
  TRELLIS_TRY(expect_keyword("FOREACH"));
  TRELLIS_TRY(expect(TokenKind::kLeftParen, "'('"));
  TRELLIS_TRY_ASSIGN(foreach->variable, variable_name());
  TRELLIS_TRY(expect_keyword("IN"));
  {
    const BarScope bars(*this, true);
    TRELLIS_TRY_ASSIGN(foreach->list, expression());
  }
  TRELLIS_TRY(expect(TokenKind::kBar, "'|'"));
  const BarScope bars(*this, false);
  do {
    if (!at_any_keyword({"CREATE", "INSERT", "MERGE", "SET", "REMOVE", "DELETE", "DETACH",
                         "NODETACH", "FOREACH"})) {
      if (at_clause()) {
        return fail_at(here(), ErrorCode::InvalidClauseComposition,
                       "FOREACH may hold only writing clauses, not {}.", text_of(peek()));
      }
      return unexpected("a writing clause");
    }
    TRELLIS_TRY_ASSIGN(ast::ClausePtr clause, this->clause());
    foreach
      ->updates.push_back(std::move(clause));
  } while (!at(TokenKind::kRightParen));
  TRELLIS_TRY(expect(TokenKind::kRightParen, "')'"));
  return foreach;
}

}  // namespace trellis::cypher
