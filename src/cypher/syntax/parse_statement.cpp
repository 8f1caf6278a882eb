// SPDX-License-Identifier: Apache-2.0
//
// The statement's prefix (EXPLAIN, PROFILE, CYPHER ..), and which command follows.
#include "cypher/syntax/parser_state.h"

namespace trellis::cypher {

Result<ast::StatementPtr> parse(std::string_view text, const ParseOptions& options) {
  return Parser(text, options).statement();
}

Result<ast::StatementPtr> Parser::statement() {
  bool explain = false;
  bool profile = false;
  std::string version;
  std::vector<ast::QueryOption> options;
  TRELLIS_TRY(prefix(explain, profile, version, options));
  const SourcePosition start = here();
  TRELLIS_TRY_ASSIGN(auto statement, command_or_query());
  while (accept(TokenKind::kSemicolon)) {
  }
  if (!at(TokenKind::kEnd)) return unexpected("the end of the statement");
  statement->position = start;
  statement->explain = explain;
  statement->profile = profile;
  statement->cypher_version = std::move(version);
  statement->options = std::move(options);
  statement->node_count = node_count_;
  statement->parameters = std::move(parameters_);
  statement->needs_exact_text = needs_exact_text_;
  return ast::StatementPtr(std::move(statement));
}

Result<> Parser::prefix(bool& explain, bool& profile, std::string& version,
                        std::vector<ast::QueryOption>& options) {
  const auto lower = [](std::string_view text) {
    std::string result(text);
    for (char& c : result) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    }
    return result;
  };
  for (;;) {
    if (accept_keyword("EXPLAIN")) {
      explain = true;
    } else if (accept_keyword("PROFILE")) {
      profile = true;
    } else if (accept_keyword("CYPHER")) {
      if (at(TokenKind::kInteger) || at(TokenKind::kFloat)) {
        version = text_of(peek());
        if (version != "5") {
          return fail_at(here(), ErrorCode::SyntaxError,
                         "CYPHER {} is not supported; this server speaks CYPHER 5.", version);
        }
        advance();
      }
      while (at_name() && at(TokenKind::kEqual, 1)) {
        ast::QueryOption option;
        option.name = lower(text_of(peek()));
        cursor_ += 2;
        if (!at_name() && !at(TokenKind::kInteger)) return unexpected("an option's value");
        option.value = lower(text_of(peek()));
        advance();
        options.push_back(std::move(option));
      }
    } else {
      return {};
    }
  }
}

Parser::StatementResult Parser::command_or_query() {
  // USE may stand before a command too; then it belongs to the statement.
  if (at_keyword("USE")) {
    const size_t start = save();
    const ast::NodeId ids = node_count_;
    auto use = use_clause();
    if (use && at_command()) {
      TRELLIS_TRY_ASSIGN(auto statement, command());
      statement->use.reset(static_cast<const ast::Use*>(use->release()));
      return statement;
    }
    rewind(start);
    node_count_ = ids;
  }
  if (at_command()) return command();
  auto statement = std::make_unique<ast::QueryStatement>();
  TRELLIS_TRY_ASSIGN(statement->query, query());
  return statement;
}

// CREATE may open a query too: CREATE (n), CREATE p = (..).
bool Parser::at_command() const {
  if (at_keyword("CREATE")) {
    return at(TokenKind::kIdentifier, 1) && !at(TokenKind::kEqual, 2) &&
           !at_any_keyword({"SHORTESTPATH", "ALLSHORTESTPATHS"}, 1);
  }
  return at_any_keyword({"DROP", "ALTER", "RENAME", "GRANT", "DENY", "REVOKE", "SHOW", "TERMINATE",
                         "START", "STOP", "ENABLE", "DEALLOCATE", "REALLOCATE", "DRYRUN"});
}

Parser::StatementResult Parser::command() {
  in_command_ = true;
  if (at_keyword("CREATE")) return create_command();
  if (at_keyword("DROP")) return drop_command();
  if (at_keyword("ALTER")) return alter_command();
  if (at_keyword("RENAME")) return rename_command();
  if (at_any_keyword({"SHOW", "TERMINATE"})) return show();
  // ROLE MANAGEMENT is a privilege, unless it is a role called so.
  const bool roles =
      at_any_keyword({"ROLE", "ROLES"}, 1) && !(at_keyword("MANAGEMENT", 2) && at_keyword("ON", 3));
  if (at_keyword("GRANT") && roles) return grant_roles();
  if (at_keyword("REVOKE") && roles) return revoke_roles();
  if (at_any_keyword({"GRANT", "DENY", "REVOKE"})) return grant_deny_revoke();
  if (at_keyword("START")) return start_or_stop_database(true);
  if (at_keyword("STOP")) return start_or_stop_database(false);
  if (at_keyword("ENABLE")) return enable_server();
  const bool dry_run = accept_keyword("DRYRUN");
  return deallocate_or_reallocate(dry_run);
}

Parser::StatementResult Parser::create_command() {
  const SourcePosition start = here();
  advance();
  ast::IfExists if_exists = ast::IfExists::kFail;
  if (accept_phrase("OR REPLACE")) if_exists = ast::IfExists::kOrReplace;
  if (at_keyword("USER")) return create_user(if_exists);
  if (at_keyword("ROLE") || match_phrase("IMMUTABLE ROLE") > 0) return create_role(if_exists);
  if (at_keyword("DATABASE")) return create_database(if_exists);
  if (at_keyword("COMPOSITE")) return create_composite_database(if_exists);
  if (at_keyword("ALIAS")) return create_alias(if_exists);
  if (if_exists == ast::IfExists::kOrReplace && at_any_keyword({"INDEX", "CONSTRAINT"})) {
    return fail_at(start, ErrorCode::SyntaxError,
                   "OR REPLACE is not possible for indexes and constraints; drop it first.");
  }
  if (at_keyword("CONSTRAINT")) return create_constraint();
  if (at_keyword("INDEX") || at_keyword("INDEX", 1)) return create_index();
  return unexpected(
      "a pattern, USER, ROLE, DATABASE, COMPOSITE DATABASE, ALIAS, INDEX or CONSTRAINT");
}

Parser::StatementResult Parser::drop_command() {
  advance();
  if (at_keyword("USER")) return drop_user();
  if (at_keyword("ROLE")) return drop_role();
  if (at_any_keyword({"DATABASE", "COMPOSITE"})) return drop_database();
  if (at_keyword("ALIAS")) return drop_alias();
  if (at_keyword("INDEX")) return drop_index();
  if (at_keyword("CONSTRAINT")) return drop_constraint();
  if (at_keyword("SERVER")) return drop_server();
  return unexpected("USER, ROLE, DATABASE, ALIAS, INDEX, CONSTRAINT or SERVER");
}

Parser::StatementResult Parser::alter_command() {
  advance();
  if (at_keyword("CURRENT")) return alter_current_user();
  if (at_keyword("USER")) return alter_user();
  if (at_keyword("DATABASE")) return alter_database();
  if (at_keyword("ALIAS")) return alter_alias();
  if (at_keyword("SERVER")) return alter_server();
  return unexpected("USER, CURRENT USER, DATABASE, ALIAS or SERVER");
}

Parser::StatementResult Parser::rename_command() {
  advance();
  if (at_keyword("USER")) return rename_user();
  if (at_keyword("ROLE")) return rename_role();
  if (at_keyword("SERVER")) return rename_server();
  return unexpected("USER, ROLE or SERVER");
}

}  // namespace trellis::cypher
