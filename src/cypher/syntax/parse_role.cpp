// SPDX-License-Identifier: Apache-2.0
//
// Commands on roles and their members.
#include "cypher/syntax/parser_state.h"

namespace trellis::cypher {

Parser::StatementResult Parser::create_role(ast::IfExists if_exists) {
  auto create = std::make_unique<ast::CreateRole>();
  create->immutable = accept_keyword("IMMUTABLE");
  advance();
  TRELLIS_TRY_ASSIGN(create->name, name("a role name"));
  TRELLIS_TRY_ASSIGN(create->if_exists, if_not_exists(if_exists));
  if (accept_phrase("AS COPY OF")) {
    TRELLIS_TRY_ASSIGN(create->copy_of, name("a role name"));
  }
  return create;
}

Parser::StatementResult Parser::rename_role() {
  auto rename = std::make_unique<ast::RenameRole>();
  advance();
  TRELLIS_TRY_ASSIGN(rename->from, name("a role name"));
  TRELLIS_TRY_ASSIGN(rename->if_exists, accept_if_exists());
  TRELLIS_TRY(expect_keyword("TO"));
  TRELLIS_TRY_ASSIGN(rename->to, name("a role name"));
  return rename;
}

Parser::StatementResult Parser::drop_role() {
  auto drop = std::make_unique<ast::DropRole>();
  advance();
  TRELLIS_TRY_ASSIGN(drop->name, name("a role name"));
  TRELLIS_TRY_ASSIGN(drop->if_exists, accept_if_exists());
  return drop;
}

Parser::StatementResult Parser::grant_roles() {
  auto grant = std::make_unique<ast::GrantRoles>();
  cursor_ += 2;
  TRELLIS_TRY_ASSIGN(grant->roles, names("a role name"));
  TRELLIS_TRY(expect_keyword("TO"));
  if (at_any_keyword({"USER", "USERS"}) && (at_name(1) || at(TokenKind::kParameter, 1))) advance();
  TRELLIS_TRY_ASSIGN(grant->users, names("a user name"));
  return grant;
}

Parser::StatementResult Parser::revoke_roles() {
  auto revoke = std::make_unique<ast::RevokeRoles>();
  cursor_ += 2;
  TRELLIS_TRY_ASSIGN(revoke->roles, names("a role name"));
  TRELLIS_TRY(expect_keyword("FROM"));
  if (at_any_keyword({"USER", "USERS"}) && (at_name(1) || at(TokenKind::kParameter, 1))) advance();
  TRELLIS_TRY_ASSIGN(revoke->users, names("a user name"));
  return revoke;
}

}  // namespace trellis::cypher
