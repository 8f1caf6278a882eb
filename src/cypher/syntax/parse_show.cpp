// SPDX-License-Identifier: Apache-2.0
//
// SHOW .. and TERMINATE TRANSACTIONS, with their tail YIELD .. WHERE .. RETURN.
#include "cypher/syntax/parser_state.h"

namespace trellis::cypher {

using ast::ShowKind;

Parser::StatementResult Parser::show() {
  auto statement = std::make_unique<ast::Show>();
  do {
    const SourcePosition start = here();
    TRELLIS_TRY_ASSIGN(ast::ShowCommand command, show_command());
    statement->commands.push_back(std::move(command));
    if (statement->commands.size() > 1) {
      for (const auto& each : statement->commands) {
        const bool composable =
            each.kind == ShowKind::kTransactions || each.kind == ShowKind::kTerminateTransactions;
        if (!composable || !each.has_yield || each.yields.empty()) {
          return fail_at(start, ErrorCode::SyntaxError,
                         "Only SHOW TRANSACTIONS and TERMINATE TRANSACTIONS can be combined, each "
                         "with YIELD and its columns.");
        }
      }
    }
  } while (at_any_keyword({"SHOW", "TERMINATE"}));
  if (at_keyword("RETURN")) {
    if (!statement->commands.back().has_yield) {
      return fail_at(here(), ErrorCode::SyntaxError, "RETURN needs a YIELD before it.");
    }
    TRELLIS_TRY_ASSIGN(ast::ClausePtr clause, return_clause());
    statement->result.reset(static_cast<const ast::Return*>(clause.release()));
  }
  return statement;
}

Result<ast::ShowCommand> Parser::show_command() {
  ast::ShowCommand command;
  command.position = here();
  command.id = new_id();
  if (accept_keyword("TERMINATE")) {
    TRELLIS_TRY(expect_phrase("TRANSACTION|TRANSACTIONS"));
    command.kind = ShowKind::kTerminateTransactions;
    TRELLIS_TRY(show_selection(command));
    if (command.selection.empty()) return unexpected("the ids of transactions");
    if (at_keyword("WHERE")) {
      return fail_at(here(), ErrorCode::SyntaxError,
                     "TERMINATE TRANSACTIONS takes WHERE only behind YIELD.");
    }
  } else {
    advance();
    TRELLIS_TRY(show_target(command));
  }
  TRELLIS_TRY(show_tail(command));
  return command;
}

bool Parser::at_show_tail(size_t ahead) const {
  return at(TokenKind::kEnd, ahead) || at(TokenKind::kSemicolon, ahead) ||
         at_any_keyword({"YIELD", "WHERE", "RETURN", "SHOW", "TERMINATE"}, ahead);
}

Result<> Parser::show_target(ast::ShowCommand& command) {
  TRELLIS_TRY_ASSIGN(bool found, show_schema(command));
  if (!found) {
    TRELLIS_TRY_ASSIGN(found, show_security(command));
  }
  if (found) return {};
  if (accept_phrase("DEFAULT DATABASE")) {
    command.kind = ShowKind::kDefaultDatabase;
  } else if (accept_phrase("HOME DATABASE")) {
    command.kind = ShowKind::kHomeDatabase;
  } else if (accept_phrase("DATABASE|DATABASES")) {
    command.kind = ShowKind::kDatabases;
    if (!at_show_tail()) {
      command.kind = ShowKind::kDatabase;
      TRELLIS_TRY_ASSIGN(command.graph, graph_name());
    }
  } else if (accept_phrase("ALIAS|ALIASES")) {
    command.kind = ShowKind::kAliases;
    if (match_phrase("FOR DATABASE|DATABASES") == 0) {
      TRELLIS_TRY_ASSIGN(command.graph, graph_name());
    }
    TRELLIS_TRY(expect_phrase("FOR DATABASE|DATABASES"));
  } else if (accept_phrase("SERVER|SERVERS")) {
    command.kind = ShowKind::kServers;
  } else if (accept_phrase("SETTING|SETTINGS")) {
    command.kind = ShowKind::kSettings;
    TRELLIS_TRY(show_selection(command));
  } else if (accept_phrase("CERTIFICATE|CERTIFICATES")) {
    command.kind = ShowKind::kCertificates;
  } else if (accept_phrase("TRANSACTION|TRANSACTIONS")) {
    command.kind = ShowKind::kTransactions;
    TRELLIS_TRY(show_selection(command));
  } else {
    return unexpected(
        "INDEXES, CONSTRAINTS, FUNCTIONS, PROCEDURES, SETTINGS, CERTIFICATES, TRANSACTIONS, "
        "DATABASES, ALIASES, USERS, ROLES, PRIVILEGES or SERVERS");
  }
  return {};
}

// INDEXES, CONSTRAINTS, FUNCTIONS, PROCEDURES.
Result<bool> Parser::show_schema(ast::ShowCommand& command) {
  using ast::ConstraintFilter;
  struct IndexRow {
    std::string_view phrase;
    std::optional<ast::IndexKind> filter;
  };
  static constexpr IndexRow kIndexes[] = {
      {"[ALL] INDEX|INDEXES", std::nullopt},
      {"RANGE INDEX|INDEXES", ast::IndexKind::kRange},
      {"TEXT INDEX|INDEXES", ast::IndexKind::kText},
      {"POINT INDEX|INDEXES", ast::IndexKind::kPoint},
      {"LOOKUP INDEX|INDEXES", ast::IndexKind::kLookup},
      {"FULLTEXT INDEX|INDEXES", ast::IndexKind::kFulltext},
      {"VECTOR INDEX|INDEXES", ast::IndexKind::kVector},
  };
  for (const IndexRow& row : kIndexes) {
    if (!accept_phrase(row.phrase)) continue;
    command.kind = ShowKind::kIndexes;
    command.index_filter = row.filter;
    return true;
  }
  struct ConstraintRow {
    std::string_view phrase;
    ConstraintFilter filter;
  };
  static constexpr ConstraintRow kConstraints[] = {
      {"[ALL]", ConstraintFilter::kAll},
      {"[PROPERTY] UNIQUE|UNIQUENESS", ConstraintFilter::kUnique},
      {"NODE [PROPERTY] UNIQUE|UNIQUENESS", ConstraintFilter::kNodeUnique},
      {"RELATIONSHIP|REL [PROPERTY] UNIQUE|UNIQUENESS", ConstraintFilter::kRelationshipUnique},
      {"KEY", ConstraintFilter::kKey},
      {"NODE KEY", ConstraintFilter::kNodeKey},
      {"RELATIONSHIP|REL KEY", ConstraintFilter::kRelationshipKey},
      {"[PROPERTY] EXIST|EXISTENCE", ConstraintFilter::kExistence},
      {"NODE [PROPERTY] EXIST|EXISTENCE", ConstraintFilter::kNodeExistence},
      {"RELATIONSHIP|REL [PROPERTY] EXIST|EXISTENCE", ConstraintFilter::kRelationshipExistence},
      {"PROPERTY TYPE", ConstraintFilter::kPropertyType},
      {"NODE PROPERTY TYPE", ConstraintFilter::kNodePropertyType},
      {"RELATIONSHIP|REL PROPERTY TYPE", ConstraintFilter::kRelationshipPropertyType},
  };
  for (const ConstraintRow& row : kConstraints) {
    const size_t words = match_phrase(row.phrase);
    if (!at_any_keyword({"CONSTRAINT", "CONSTRAINTS"}, words)) continue;
    if (words == 0 && row.filter != ConstraintFilter::kAll) continue;
    cursor_ += words + 1;
    command.kind = ShowKind::kConstraints;
    command.constraint_filter = row.filter;
    return true;
  }
  if (accept_phrase("PROCEDURE|PROCEDURES")) {
    command.kind = ShowKind::kProcedures;
    TRELLIS_TRY(show_executable(command));
    return true;
  }
  if (accept_phrase("[ALL] FUNCTION|FUNCTIONS")) {
    command.function_filter = ast::FunctionFilter::kAll;
  } else if (accept_phrase("BUILT IN FUNCTION|FUNCTIONS")) {
    command.function_filter = ast::FunctionFilter::kBuiltIn;
  } else if (accept_phrase("USER DEFINED FUNCTION|FUNCTIONS")) {
    command.function_filter = ast::FunctionFilter::kUserDefined;
  } else {
    return false;
  }
  command.kind = ShowKind::kFunctions;
  TRELLIS_TRY(show_executable(command));
  return true;
}

// [EXECUTABLE [BY {CURRENT USER | user}]]
Result<> Parser::show_executable(ast::ShowCommand& command) {
  if (!accept_keyword("EXECUTABLE")) return {};
  command.executable.emplace();
  if (!accept_keyword("BY") || accept_phrase("CURRENT USER")) return {};
  TRELLIS_TRY_ASSIGN(command.executable->user, name("a user name or CURRENT USER"));
  return {};
}

// USERS, ROLES and the listings of privileges.
Result<bool> Parser::show_security(ast::ShowCommand& command) {
  TRELLIS_TRY_ASSIGN(const bool privileges, show_privileges(command));
  if (privileges) return true;
  if (accept_phrase("CURRENT USER")) {
    command.kind = ShowKind::kCurrentUser;
    return true;
  }
  if (accept_phrase("USER|USERS")) {
    command.kind = ShowKind::kUsers;
    command.with_auth = accept_phrase("WITH AUTH");
    return true;
  }
  command.populated_roles = match_phrase("POPULATED ROLE|ROLES") > 0;
  if (accept_phrase("[ALL] ROLE|ROLES") || accept_phrase("POPULATED ROLE|ROLES")) {
    command.kind = ShowKind::kRoles;
    command.with_users = accept_phrase("WITH USER|USERS");
    return true;
  }
  return false;
}

Result<bool> Parser::show_privileges(ast::ShowCommand& command) {
  const size_t start = save();
  if (accept_phrase("SUPPORTED PRIVILEGE|PRIVILEGES")) {
    command.kind = ShowKind::kSupportedPrivileges;
    return true;
  }
  if (accept_phrase("[ALL] PRIVILEGE|PRIVILEGES")) {
    command.kind = ShowKind::kPrivileges;
  } else if (at_any_keyword({"USER", "USERS", "ROLE", "ROLES"})) {
    const bool users = at_any_keyword({"USER", "USERS"});
    command.kind = users ? ShowKind::kUserPrivileges : ShowKind::kRolePrivileges;
    advance();
    const auto at_privileges = [this] { return at_any_keyword({"PRIVILEGE", "PRIVILEGES"}); };
    // No name: the current user. A user may be called `privileges`, then two of them follow.
    if (!at_privileges() || at_any_keyword({"PRIVILEGE", "PRIVILEGES"}, 1)) {
      if (at_show_tail() || at_keyword("WITH")) {
        rewind(start);
        return false;
      }
      TRELLIS_TRY_ASSIGN(command.names, names(users ? "a user name" : "a role name"));
    }
    TRELLIS_TRY(expect_phrase("PRIVILEGE|PRIVILEGES"));
  } else {
    return false;
  }
  if (accept_phrase("AS REVOKE COMMAND|COMMANDS")) {
    command.output = ast::PrivilegeOutput::kRevokeCommands;
  } else if (accept_phrase("AS COMMAND|COMMANDS")) {
    command.output = ast::PrivilegeOutput::kCommands;
  }
  return true;
}

// Ids of transactions or names of settings: 'a', 'b' or one expression.
Result<> Parser::show_selection(ast::ShowCommand& command) {
  if (at_show_tail()) return {};
  TRELLIS_TRY_ASSIGN(command.selection, expressions());
  return {};
}

Result<> Parser::show_tail(ast::ShowCommand& command) {
  if (accept_keyword("YIELD")) {
    command.has_yield = true;
    if (!accept(TokenKind::kStar)) {
      TRELLIS_TRY_ASSIGN(command.yields, yield_items());
    }
    ast::Projection tail;
    TRELLIS_TRY(projection_tail(tail));
    command.order_by = std::move(tail.order_by);
    command.skip = std::move(tail.skip);
    command.limit = std::move(tail.limit);
  }
  TRELLIS_TRY_ASSIGN(command.where, optional_where());
  return {};
}

}  // namespace trellis::cypher
