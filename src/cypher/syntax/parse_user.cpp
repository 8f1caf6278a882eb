// SPDX-License-Identifier: Apache-2.0
//
// Commands on users.
#include "cypher/syntax/parser_state.h"

namespace trellis::cypher {

Parser::StatementResult Parser::create_user(ast::IfExists if_exists) {
  auto create = std::make_unique<ast::CreateUser>();
  const SourcePosition start = here();
  advance();
  TRELLIS_TRY_ASSIGN(create->name, name("a user name"));
  TRELLIS_TRY_ASSIGN(create->if_exists, if_not_exists(if_exists));
  TRELLIS_TRY(user_settings(create->settings));
  if (create->settings.auth.empty()) {
    return fail_at(start, ErrorCode::SyntaxError,
                   "A user needs a password or an auth provider: add SET PASSWORD or SET AUTH.");
  }
  for (const auto& block : create->settings.auth) {
    if (block.provider == "native" && !block.password) {
      return fail_at(block.position, ErrorCode::SyntaxError,
                     "The auth provider native needs SET PASSWORD.");
    }
  }
  return create;
}

// {SET setting}..
Result<> Parser::user_settings(ast::UserSettings& settings) {
  while (accept_keyword("SET")) {
    TRELLIS_TRY_ASSIGN(bool more, user_setting(settings));
    // CREATE USER u SET PASSWORD 'p' CHANGE NOT REQUIRED SET STATUS ..: CHANGE needs no SET.
    while (more && at_keyword("CHANGE")) {
      TRELLIS_TRY_ASSIGN(more, user_setting(settings));
    }
  }
  for (size_t i = 0; i < settings.auth.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      if (settings.auth[i].provider != settings.auth[j].provider) continue;
      return fail_at(settings.auth[i].position, ErrorCode::SyntaxError,
                     "The auth provider {} is given twice.", settings.auth[i].provider);
    }
  }
  return {};
}

// One setting, behind SET. Yields whether it was a password's.
Result<bool> Parser::user_setting(ast::UserSettings& settings) {
  const SourcePosition start = here();
  const auto duplicate = [&](std::string_view what) {
    return fail_at(start, ErrorCode::SyntaxError, "{} is set twice.", what);
  };
  if (accept_keyword("STATUS")) {
    if (settings.suspended) return duplicate("STATUS");
    settings.suspended = at_keyword("SUSPENDED");
    TRELLIS_TRY(expect_phrase("ACTIVE|SUSPENDED"));
    return false;
  }
  if (accept_phrase("HOME DATABASE")) {
    if (settings.home_database) return duplicate("HOME DATABASE");
    TRELLIS_TRY_ASSIGN(settings.home_database, graph_name());
    return false;
  }
  if (accept_keyword("AUTH")) {
    accept_keyword("PROVIDER");
    TRELLIS_TRY_ASSIGN(ast::AuthBlock block, auth_block());
    settings.auth.push_back(std::move(block));
    return false;
  }
  // The old form: SET PASSWORD .. is the auth block of "native".
  auto native = settings.auth.begin();
  while (native != settings.auth.end() && native->provider != "native") ++native;
  if (native == settings.auth.end()) {
    settings.auth.push_back({});
    native = settings.auth.end() - 1;
    native->provider = "native";
    native->position = start;
  }
  TRELLIS_TRY(password_setting(*native));
  return true;
}

// [PLAINTEXT|ENCRYPTED] PASSWORD p [CHANGE [NOT] REQUIRED] | [PASSWORD] CHANGE [NOT] REQUIRED
Result<> Parser::password_setting(ast::AuthBlock& block) {
  const SourcePosition start = here();
  const bool change_only = at_keyword("CHANGE") || match_phrase("PASSWORD CHANGE") > 0;
  if (!change_only) {
    block.encrypted = accept_keyword("ENCRYPTED");
    if (!block.encrypted) accept_keyword("PLAINTEXT");
    TRELLIS_TRY(expect_keyword("PASSWORD"));
    if (block.password) {
      return fail_at(start, ErrorCode::SyntaxError, "PASSWORD is set twice.");
    }
    TRELLIS_TRY_ASSIGN(block.password, password());
  } else {
    accept_keyword("PASSWORD");
  }
  if (!accept_keyword("CHANGE")) return {};
  if (block.change_required) {
    return fail_at(start, ErrorCode::SyntaxError, "CHANGE REQUIRED is set twice.");
  }
  block.change_required = !accept_keyword("NOT");
  return expect_keyword("REQUIRED");
}

// 'provider' { SET ID .. | SET PASSWORD .. }
Result<ast::AuthBlock> Parser::auth_block() {
  ast::AuthBlock block;
  block.position = here();
  TRELLIS_TRY_ASSIGN(block.provider, string_literal("the name of an auth provider"));
  TRELLIS_TRY(expect(TokenKind::kLeftBrace, "'{'"));
  do {
    TRELLIS_TRY(expect_keyword("SET"));
    if (accept_keyword("ID")) {
      TRELLIS_TRY_ASSIGN(block.external_id, string_or_parameter("an id"));
    } else {
      TRELLIS_TRY(password_setting(block));
    }
  } while (!at(TokenKind::kRightBrace));
  advance();
  const bool native = block.provider == "native";
  if (native ? block.external_id.has_value()
             : (block.password || block.change_required || !block.external_id)) {
    return fail_at(block.position, ErrorCode::SyntaxError,
                   "The auth provider native takes PASSWORD, every other one takes ID.");
  }
  return block;
}

Parser::StatementResult Parser::alter_user() {
  auto alter = std::make_unique<ast::AlterUser>();
  const SourcePosition start = here();
  advance();
  TRELLIS_TRY_ASSIGN(alter->name, name("a user name"));
  TRELLIS_TRY_ASSIGN(alter->if_exists, accept_if_exists());
  while (accept_keyword("REMOVE")) {
    if (accept_phrase("HOME DATABASE")) {
      alter->remove_home_database = true;
    } else if (accept_phrase("ALL AUTH [PROVIDER|PROVIDERS]")) {
      alter->remove_all_auth = true;
    } else if (accept_phrase("AUTH [PROVIDER|PROVIDERS]")) {
      TRELLIS_TRY_ASSIGN(auto providers, expressions());
      for (auto& provider : providers) alter->remove_auth.push_back(std::move(provider));
    } else {
      return unexpected("HOME DATABASE, AUTH or ALL AUTH");
    }
  }
  TRELLIS_TRY(user_settings(alter->settings));
  const auto& settings = alter->settings;
  const bool something = alter->remove_home_database || alter->remove_all_auth ||
                         !alter->remove_auth.empty() || !settings.auth.empty() ||
                         settings.suspended || settings.home_database;
  if (!something) {
    return fail_at(start, ErrorCode::SyntaxError, "ALTER USER needs at least one SET or REMOVE.");
  }
  if (alter->remove_home_database && settings.home_database) {
    return fail_at(start, ErrorCode::SyntaxError, "The home database is both set and removed.");
  }
  return alter;
}

Parser::StatementResult Parser::alter_current_user() {
  auto alter = std::make_unique<ast::AlterCurrentUser>();
  TRELLIS_TRY(expect_phrase("CURRENT USER SET PASSWORD FROM"));
  TRELLIS_TRY_ASSIGN(alter->old_password, password());
  TRELLIS_TRY(expect_keyword("TO"));
  TRELLIS_TRY_ASSIGN(alter->new_password, password());
  return alter;
}

Parser::StatementResult Parser::rename_user() {
  auto rename = std::make_unique<ast::RenameUser>();
  advance();
  TRELLIS_TRY_ASSIGN(rename->from, name("a user name"));
  TRELLIS_TRY_ASSIGN(rename->if_exists, accept_if_exists());
  TRELLIS_TRY(expect_keyword("TO"));
  TRELLIS_TRY_ASSIGN(rename->to, name("a user name"));
  return rename;
}

Parser::StatementResult Parser::drop_user() {
  auto drop = std::make_unique<ast::DropUser>();
  advance();
  TRELLIS_TRY_ASSIGN(drop->name, name("a user name"));
  TRELLIS_TRY_ASSIGN(drop->if_exists, accept_if_exists());
  return drop;
}

}  // namespace trellis::cypher
