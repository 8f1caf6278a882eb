// SPDX-License-Identifier: Apache-2.0
//
// What administration and schema commands share: names that may be parameters, passwords, options.
#include "cypher/syntax/parser_state.h"

namespace trellis::cypher {

Result<ast::Name> Parser::name(std::string_view what) {
  ast::Name name;
  name.position = here();
  if (at(TokenKind::kParameter)) {
    name.parameter = true;
    name.text = parameter_name(text_of(peek()));
    mention_parameter(name.text);
    advance();
    return name;
  }
  TRELLIS_TRY_ASSIGN(name.text, symbol(what));
  return name;
}

Result<std::vector<ast::Name>> Parser::names(std::string_view what) {
  std::vector<ast::Name> names;
  do {
    TRELLIS_TRY_ASSIGN(ast::Name name, this->name(what));
    names.push_back(std::move(name));
  } while (accept(TokenKind::kComma));
  return names;
}

Result<ast::GraphName> Parser::graph_name() {
  ast::GraphName graph;
  graph.position = here();
  if (at(TokenKind::kParameter)) {
    graph.parameter = true;
    graph.parts.push_back(parameter_name(text_of(peek())));
    mention_parameter(graph.parts.front());
    advance();
    return graph;
  }
  TRELLIS_TRY_ASSIGN(std::string part, symbol("a database or alias name"));
  // `my-db` needs no back-ticks before the hyphen only in newer versions: a name is what the lexer
  // takes for one.
  graph.parts.push_back(std::move(part));
  while (accept(TokenKind::kDot)) {
    TRELLIS_TRY_ASSIGN(part, symbol("a database or alias name"));
    graph.parts.push_back(std::move(part));
  }
  return graph;
}

Result<ast::Name> Parser::string_or_parameter(std::string_view what) {
  if (at(TokenKind::kParameter)) return name(what);
  ast::Name name;
  name.position = here();
  TRELLIS_TRY_ASSIGN(name.text, string_literal(what));
  return name;
}

Result<ast::Password> Parser::password() {
  ast::Password password;
  password.position = here();
  if (at(TokenKind::kParameter)) {
    password.parameter = parameter_name(text_of(peek()));
    mention_parameter(password.parameter);
    advance();
    return password;
  }
  TRELLIS_TRY_ASSIGN(std::string text, string_literal("a password (a string or a parameter)"));
  password.literal = Secret::take(text);
  return password;
}

Result<bool> Parser::accept_if_exists() {
  if (!at_keyword("IF")) return false;
  TRELLIS_TRY(expect_phrase("IF EXISTS"));
  return true;
}

Result<ast::IfExists> Parser::if_not_exists(ast::IfExists before) {
  const SourcePosition start = here();
  if (!at_keyword("IF")) return before;
  TRELLIS_TRY(expect_phrase("IF NOT EXISTS"));
  if (before == ast::IfExists::kOrReplace) {
    return fail_at(start, ErrorCode::SyntaxError,
                   "OR REPLACE and IF NOT EXISTS exclude each other; use one of them.");
  }
  return ast::IfExists::kIfNotExists;
}

Result<bool> Parser::accept_options(ast::ExpressionPtr& options) {
  if (!accept_keyword("OPTIONS")) return false;
  TRELLIS_TRY_ASSIGN(options, map_or_parameter("a map of options"));
  return true;
}

}  // namespace trellis::cypher
