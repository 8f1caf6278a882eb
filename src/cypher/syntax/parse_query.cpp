// SPDX-License-Identifier: Apache-2.0
//
// Queries, unions, and what WITH, RETURN and YIELD share: projections.
#include "cypher/syntax/parser_state.h"

namespace trellis::cypher {

Result<ast::Query> Parser::query() {
  const Nesting nesting(*this);
  if (nesting.too_deep()) return too_deep();
  ast::Query query;
  query.id = new_id();
  for (;;) {
    TRELLIS_TRY_ASSIGN(ast::SingleQuery part, single_query());
    query.parts.push_back(std::move(part));
    const SourcePosition position = here();
    if (!accept_keyword("UNION")) return query;
    query.union_positions.push_back(position);
    query.union_all.push_back(accept_keyword("ALL"));
    if (!query.union_all.back()) accept_keyword("DISTINCT");
  }
}

Result<ast::SingleQuery> Parser::single_query() {
  ast::SingleQuery part;
  part.id = new_id();
  part.position = here();
  do {
    TRELLIS_TRY_ASSIGN(ast::ClausePtr clause, this->clause());
    part.clauses.push_back(std::move(clause));
  } while (at_clause());
  return part;
}

bool Parser::at_clause(size_t ahead) const {
  return at_any_keyword(
      {"MATCH",  "RETURN", "WITH",   "CREATE",   "MERGE",  "SET",     "OPTIONAL", "UNWIND",
       "CALL",   "DELETE", "DETACH", "NODETACH", "REMOVE", "FOREACH", "ORDER",    "SKIP",
       "OFFSET", "LIMIT",  "USE",    "LOAD",     "INSERT", "FINISH"},
      ahead);
}

Parser::ClauseResult Parser::clause() {
  if (at_keyword("MATCH")) return match();
  if (at_keyword("RETURN")) return return_clause();
  if (at_keyword("WITH")) return with();
  if (at_keyword("CREATE")) return create(false);
  if (at_keyword("INSERT")) return create(true);
  if (at_keyword("MERGE")) return merge();
  if (at_keyword("SET")) return set();
  if (at_keyword("OPTIONAL")) {
    if (!at_keyword("CALL", 1)) return match();
    advance();
    return call(true);
  }
  if (at_keyword("UNWIND")) return unwind();
  if (at_keyword("CALL")) return call(false);
  if (at_any_keyword({"DELETE", "DETACH", "NODETACH"})) return delete_clause();
  if (at_keyword("REMOVE")) return remove();
  if (at_keyword("FOREACH")) return foreach ();
  if (at_any_keyword({"ORDER", "SKIP", "OFFSET", "LIMIT"})) return order_or_page();
  if (at_keyword("USE")) return use_clause();
  if (at_keyword("LOAD")) return load_csv();
  if (at_keyword("FINISH")) {
    auto finish = make<ast::Finish>(here());
    advance();
    return finish;
  }
  return unexpected("a clause (MATCH, CREATE, WITH, RETURN, ...)");
}

Parser::Expr Parser::optional_where() {
  if (!accept_keyword("WHERE")) return nullptr;
  return expression();
}

Result<ast::Projection> Parser::projection() {
  ast::Projection projection;
  projection.position = here();
  projection.distinct = accept_keyword("DISTINCT");
  if (accept(TokenKind::kStar)) {
    projection.star = true;
    if (!accept(TokenKind::kComma)) {
      TRELLIS_TRY(projection_tail(projection));
      return projection;
    }
  }
  do {
    TRELLIS_TRY_ASSIGN(ast::ProjectionItem item, projection_item());
    projection.items.push_back(std::move(item));
  } while (accept(TokenKind::kComma));
  TRELLIS_TRY(projection_tail(projection));
  return projection;
}

Result<ast::ProjectionItem> Parser::projection_item() {
  ast::ProjectionItem item;
  const Token first = peek();
  const uint32_t literals_before = auto_parameters_;
  TRELLIS_TRY_ASSIGN(item.expression, expression());
  if (accept_keyword("AS")) {
    item.aliased = true;
    TRELLIS_TRY_ASSIGN(item.alias, variable_name());
    return item;
  }
  // The column is called what the text says, so the text must not be shared between literals.
  if (auto_parameters_ != literals_before) needs_exact_text_ = true;
  item.alias.id = new_id();
  item.alias.position = first.position;
  if (const auto* variable = ast::try_as<ast::Variable>(item.expression.get())) {
    item.alias.name = variable->name;
  } else {
    const uint32_t end = tokens_[cursor_ - 1].end;
    item.alias.name = text_.substr(first.begin, end - first.begin);
  }
  return item;
}

Result<> Parser::projection_tail(ast::Projection& projection) {
  if (accept_phrase("ORDER BY")) {
    TRELLIS_TRY_ASSIGN(projection.order_by, sort_items());
  }
  if (accept_phrase("SKIP|OFFSET")) {
    TRELLIS_TRY_ASSIGN(projection.skip, expression());
  }
  if (accept_keyword("LIMIT")) {
    TRELLIS_TRY_ASSIGN(projection.limit, expression());
  }
  return {};
}

Result<std::vector<ast::SortItem>> Parser::sort_items() {
  std::vector<ast::SortItem> items;
  do {
    ast::SortItem item;
    TRELLIS_TRY_ASSIGN(item.expression, expression());
    item.descending = accept_phrase("DESC|DESCENDING");
    if (!item.descending) accept_phrase("ASC|ASCENDING");
    items.push_back(std::move(item));
  } while (accept(TokenKind::kComma));
  return items;
}

}  // namespace trellis::cypher
