// SPDX-License-Identifier: Apache-2.0
//
// Commands on the servers of a cluster.
#include "cypher/syntax/parser_state.h"

namespace trellis::cypher {

Parser::StatementResult Parser::enable_server() {
  auto enable = std::make_unique<ast::EnableServer>();
  TRELLIS_TRY(expect_phrase("ENABLE SERVER"));
  TRELLIS_TRY_ASSIGN(enable->name, string_or_parameter("a server's id or name"));
  TRELLIS_TRY(accept_options(enable->options));
  return enable;
}

Parser::StatementResult Parser::alter_server() {
  auto alter = std::make_unique<ast::AlterServer>();
  advance();
  TRELLIS_TRY_ASSIGN(alter->name, string_or_parameter("a server's id or name"));
  TRELLIS_TRY(expect_keyword("SET"));
  TRELLIS_TRY_ASSIGN(const bool options, accept_options(alter->options));
  if (!options) return unexpected("OPTIONS");
  return alter;
}

Parser::StatementResult Parser::rename_server() {
  auto rename = std::make_unique<ast::RenameServer>();
  advance();
  TRELLIS_TRY_ASSIGN(rename->from, string_or_parameter("a server's id or name"));
  TRELLIS_TRY(expect_keyword("TO"));
  TRELLIS_TRY_ASSIGN(rename->to, string_or_parameter("a server's name"));
  return rename;
}

Parser::StatementResult Parser::drop_server() {
  auto drop = std::make_unique<ast::DropServer>();
  advance();
  TRELLIS_TRY_ASSIGN(drop->name, string_or_parameter("a server's id or name"));
  return drop;
}

// DEALLOCATE DATABASES FROM SERVERS 'a', .. | REALLOCATE DATABASES
Parser::StatementResult Parser::deallocate_or_reallocate(bool dry_run) {
  if (accept_phrase("REALLOCATE DATABASE|DATABASES")) {
    auto reallocate = std::make_unique<ast::ReallocateDatabases>();
    reallocate->dry_run = dry_run;
    return reallocate;
  }
  auto deallocate = std::make_unique<ast::DeallocateServers>();
  deallocate->dry_run = dry_run;
  TRELLIS_TRY(expect_phrase("DEALLOCATE DATABASE|DATABASES FROM SERVER|SERVERS"));
  do {
    TRELLIS_TRY_ASSIGN(ast::Name server, string_or_parameter("a server's id or name"));
    deallocate->servers.push_back(std::move(server));
  } while (accept(TokenKind::kComma));
  return deallocate;
}

}  // namespace trellis::cypher
