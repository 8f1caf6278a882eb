// SPDX-License-Identifier: Apache-2.0
//
// Commands on databases, composite ones included.
#include "cypher/syntax/parser_state.h"

namespace trellis::cypher {

// [WAIT [n [SEC[OND[S]]]] | NOWAIT]
Result<ast::Wait> Parser::wait() {
  ast::Wait wait;
  if (accept_keyword("NOWAIT") || !accept_keyword("WAIT")) return wait;
  wait.mode = ast::Wait::Mode::kWait;
  if (at(TokenKind::kInteger)) {
    TRELLIS_TRY_ASSIGN(wait.seconds, integer_literal("a number of seconds"));
    accept_phrase("SEC|SECOND|SECONDS");
  }
  return wait;
}

Result<ast::Count> Parser::count(std::string_view what) {
  ast::Count count;
  if (at(TokenKind::kParameter)) {
    count.parameter = parameter_name(text_of(peek()));
    mention_parameter(count.parameter);
    advance();
    return count;
  }
  TRELLIS_TRY_ASSIGN(count.value, integer_literal(what));
  return count;
}

// Behind TOPOLOGY: n PRIMARIES [m SECONDARIES], in either order.
Result<ast::Topology> Parser::topology() {
  ast::Topology topology;
  do {
    const SourcePosition start = here();
    TRELLIS_TRY_ASSIGN(ast::Count count, this->count("a number of servers"));
    auto* place = &topology.primaries;
    if (!accept_phrase("PRIMARY|PRIMARIES")) {
      TRELLIS_TRY(expect_phrase("SECONDARY|SECONDARIES"));
      place = &topology.secondaries;
    }
    if (*place) return fail_at(start, ErrorCode::SyntaxError, "TOPOLOGY names a number twice.");
    *place = std::move(count);
  } while (at(TokenKind::kInteger) || at(TokenKind::kParameter));
  return topology;
}

// Behind DEFAULT LANGUAGE.
Result<std::string> Parser::language() {
  TRELLIS_TRY(expect_keyword("CYPHER"));
  if (!at(TokenKind::kInteger)) return unexpected("5");
  std::string version(text_of(peek()));
  if (version != "5" && version != "25") return unexpected("5");
  advance();
  return version;
}

Parser::StatementResult Parser::create_database(ast::IfExists if_exists) {
  auto create = std::make_unique<ast::CreateDatabase>();
  advance();
  TRELLIS_TRY_ASSIGN(create->name, graph_name());
  TRELLIS_TRY_ASSIGN(create->if_exists, if_not_exists(if_exists));
  if (accept_phrase("[SET] DEFAULT LANGUAGE")) {
    TRELLIS_TRY_ASSIGN(create->default_language, language());
  }
  if (accept_phrase("[SET] TOPOLOGY")) {
    TRELLIS_TRY_ASSIGN(create->topology, topology());
  }
  TRELLIS_TRY(accept_options(create->options));
  TRELLIS_TRY_ASSIGN(create->wait, wait());
  return create;
}

Parser::StatementResult Parser::create_composite_database(ast::IfExists if_exists) {
  auto create = std::make_unique<ast::CreateCompositeDatabase>();
  TRELLIS_TRY(expect_phrase("COMPOSITE DATABASE"));
  TRELLIS_TRY_ASSIGN(create->name, graph_name());
  TRELLIS_TRY_ASSIGN(create->if_exists, if_not_exists(if_exists));
  if (accept_phrase("[SET] DEFAULT LANGUAGE")) {
    TRELLIS_TRY_ASSIGN(create->default_language, language());
  }
  TRELLIS_TRY(accept_options(create->options));
  TRELLIS_TRY_ASSIGN(create->wait, wait());
  return create;
}

Parser::StatementResult Parser::alter_database() {
  auto alter = std::make_unique<ast::AlterDatabase>();
  const SourcePosition start = here();
  advance();
  TRELLIS_TRY_ASSIGN(alter->name, graph_name());
  TRELLIS_TRY_ASSIGN(alter->if_exists, accept_if_exists());
  bool something = false;
  for (;;) {
    const SourcePosition position = here();
    bool twice = false;
    if (accept_phrase("SET ACCESS READ")) {
      twice = alter->access.has_value();
      alter->access =
          at_keyword("ONLY") ? ast::DatabaseAccess::kReadOnly : ast::DatabaseAccess::kReadWrite;
      TRELLIS_TRY(expect_phrase("ONLY|WRITE"));
    } else if (accept_phrase("SET TOPOLOGY")) {
      twice = alter->topology.has_value();
      TRELLIS_TRY_ASSIGN(alter->topology, topology());
    } else if (accept_phrase("SET DEFAULT LANGUAGE")) {
      twice = !alter->default_language.empty();
      TRELLIS_TRY_ASSIGN(alter->default_language, language());
    } else if (accept_phrase("SET OPTION")) {
      ast::DatabaseOption option;
      TRELLIS_TRY_ASSIGN(option.name, symbol("the name of an option"));
      TRELLIS_TRY_ASSIGN(option.value, expression());
      alter->set_options.push_back(std::move(option));
    } else if (accept_phrase("REMOVE OPTION")) {
      TRELLIS_TRY_ASSIGN(std::string option, symbol("the name of an option"));
      alter->remove_options.push_back(std::move(option));
    } else {
      break;
    }
    if (twice) return fail_at(position, ErrorCode::SyntaxError, "The same thing is set twice.");
    something = true;
  }
  if (!something) return unexpected("SET ACCESS, SET TOPOLOGY, SET OPTION or REMOVE OPTION");
  if (!alter->remove_options.empty() &&
      (alter->access || alter->topology || !alter->set_options.empty())) {
    return fail_at(start, ErrorCode::SyntaxError, "REMOVE OPTION cannot be combined with SET.");
  }
  TRELLIS_TRY_ASSIGN(alter->wait, wait());
  return alter;
}

Parser::StatementResult Parser::drop_database() {
  auto drop = std::make_unique<ast::DropDatabase>();
  drop->composite = accept_keyword("COMPOSITE");
  TRELLIS_TRY(expect_keyword("DATABASE"));
  TRELLIS_TRY_ASSIGN(drop->name, graph_name());
  TRELLIS_TRY_ASSIGN(drop->if_exists, accept_if_exists());
  if (!accept_keyword("RESTRICT")) drop->cascade_aliases = accept_phrase("CASCADE ALIAS|ALIASES");
  drop->dump_data = accept_phrase("DUMP [DATA]");
  if (!drop->dump_data) accept_phrase("DESTROY [DATA]");
  TRELLIS_TRY_ASSIGN(drop->wait, wait());
  return drop;
}

Parser::StatementResult Parser::start_or_stop_database(bool start) {
  advance();
  TRELLIS_TRY(expect_keyword("DATABASE"));
  TRELLIS_TRY_ASSIGN(ast::GraphName name, graph_name());
  TRELLIS_TRY_ASSIGN(const ast::Wait wait, this->wait());
  if (start) {
    auto statement = std::make_unique<ast::StartDatabase>();
    statement->name = std::move(name);
    statement->wait = wait;
    return statement;
  }
  auto statement = std::make_unique<ast::StopDatabase>();
  statement->name = std::move(name);
  statement->wait = wait;
  return statement;
}

}  // namespace trellis::cypher
