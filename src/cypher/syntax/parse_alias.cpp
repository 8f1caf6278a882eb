// SPDX-License-Identifier: Apache-2.0
//
// Commands on database aliases, local and remote.
#include "cypher/syntax/parser_state.h"

namespace trellis::cypher {

Parser::StatementResult Parser::create_alias(ast::IfExists if_exists) {
  auto create = std::make_unique<ast::CreateAlias>();
  advance();
  TRELLIS_TRY_ASSIGN(create->name, graph_name());
  TRELLIS_TRY_ASSIGN(create->if_exists, if_not_exists(if_exists));
  TRELLIS_TRY(expect_phrase("FOR DATABASE"));
  TRELLIS_TRY_ASSIGN(create->target, graph_name());
  if (accept_keyword("AT")) {
    ast::RemoteTarget& remote = create->remote.emplace();
    TRELLIS_TRY_ASSIGN(remote.url, string_or_parameter("a URL (a string or a parameter)"));
    if (accept_phrase("OIDC CREDENTIAL FORWARDING")) {
      remote.oidc_credential_forwarding = true;
    } else {
      TRELLIS_TRY(expect_keyword("USER"));
      TRELLIS_TRY_ASSIGN(remote.user, name("a user name"));
      TRELLIS_TRY(expect_keyword("PASSWORD"));
      TRELLIS_TRY_ASSIGN(remote.password, password());
    }
    if (accept_keyword("DRIVER")) {
      TRELLIS_TRY_ASSIGN(remote.driver, map_or_parameter("a map of driver settings"));
    }
    if (accept_phrase("[SET] DEFAULT LANGUAGE")) {
      TRELLIS_TRY_ASSIGN(remote.default_language, language());
    }
  }
  if (accept_keyword("PROPERTIES")) {
    TRELLIS_TRY_ASSIGN(create->properties, map_or_parameter("a map of properties"));
  }
  return create;
}

// ALTER ALIAS n [IF EXISTS] SET DATABASE {TARGET .. | USER .. | PASSWORD .. | DRIVER .. | ..}..
Parser::StatementResult Parser::alter_alias() {
  auto alter = std::make_unique<ast::AlterAlias>();
  advance();
  TRELLIS_TRY_ASSIGN(alter->name, graph_name());
  TRELLIS_TRY_ASSIGN(alter->if_exists, accept_if_exists());
  TRELLIS_TRY(expect_phrase("SET DATABASE"));
  bool something = false;
  for (;;) {
    const SourcePosition start = here();
    bool twice = false;
    if (accept_keyword("TARGET")) {
      twice = alter->target.has_value();
      TRELLIS_TRY_ASSIGN(alter->target, graph_name());
      if (accept_keyword("AT")) {
        TRELLIS_TRY_ASSIGN(alter->url, string_or_parameter("a URL (a string or a parameter)"));
      }
    } else if (accept_keyword("USER")) {
      twice = alter->user.has_value();
      TRELLIS_TRY_ASSIGN(alter->user, name("a user name"));
    } else if (accept_keyword("PASSWORD")) {
      twice = alter->password.has_value();
      TRELLIS_TRY_ASSIGN(alter->password, password());
    } else if (accept_keyword("DRIVER")) {
      twice = alter->driver != nullptr;
      TRELLIS_TRY_ASSIGN(alter->driver, map_or_parameter("a map of driver settings"));
    } else if (accept_keyword("PROPERTIES")) {
      twice = alter->properties != nullptr;
      TRELLIS_TRY_ASSIGN(alter->properties, map_or_parameter("a map of properties"));
    } else if (accept_phrase("DEFAULT LANGUAGE")) {
      twice = !alter->default_language.empty();
      TRELLIS_TRY_ASSIGN(alter->default_language, language());
    } else {
      if (!something) {
        return unexpected("TARGET, USER, PASSWORD, DRIVER, DEFAULT LANGUAGE or PROPERTIES");
      }
      return alter;
    }
    if (twice) return fail_at(start, ErrorCode::SyntaxError, "The same thing is set twice.");
    something = true;
  }
}

Parser::StatementResult Parser::drop_alias() {
  auto drop = std::make_unique<ast::DropAlias>();
  advance();
  TRELLIS_TRY_ASSIGN(drop->name, graph_name());
  TRELLIS_TRY_ASSIGN(drop->if_exists, accept_if_exists());
  TRELLIS_TRY(expect_phrase("FOR DATABASE"));
  return drop;
}

}  // namespace trellis::cypher
