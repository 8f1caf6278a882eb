// SPDX-License-Identifier: Apache-2.0
//
// GRANT, DENY, REVOKE of privileges: one table of phrases, and what may follow each.
// Source: Neo4j operations manual, "Authorization".
#include "cypher/syntax/parser_state.h"

namespace trellis::cypher {
namespace {

using ast::PrivilegeAction;

// What stands between the action and ON.
enum Resources : int {
  kNoResources,
  kProperties,  // {*} or {a, b}
  kLabels,      // * or a, b
  kUsers,       // [(*) or (u, v)]
  kGlobs,       // apoc.*, db.?
};
// What stands behind ON.
enum Scope : int {
  kElementScope,  // graphs and elements
  kGraphScope,
  kDatabaseScope,
  kDbmsScope,
  kLoadScope,
};

struct Row {
  std::string_view phrase;
  PrivilegeAction action;
  Resources resources;
  Scope scope;
};
// A phrase stands before every other one that it begins with.
constexpr Row kRows[] = {
    {"TRAVERSE", PrivilegeAction::kTraverse, kNoResources, kElementScope},
    {"READ", PrivilegeAction::kRead, kProperties, kElementScope},
    {"MATCH", PrivilegeAction::kMatch, kProperties, kElementScope},
    {"MERGE", PrivilegeAction::kMerge, kProperties, kElementScope},
    {"SET LABEL", PrivilegeAction::kSetLabel, kLabels, kGraphScope},
    {"REMOVE LABEL", PrivilegeAction::kRemoveLabel, kLabels, kGraphScope},
    {"SET PROPERTY", PrivilegeAction::kSetProperty, kProperties, kElementScope},
    {"WRITE", PrivilegeAction::kWrite, kNoResources, kGraphScope},
    {"DELETE", PrivilegeAction::kDeleteElement, kNoResources, kElementScope},
    {"ALL GRAPH PRIVILEGES", PrivilegeAction::kAllGraph, kNoResources, kGraphScope},
    {"ALL DATABASE PRIVILEGES", PrivilegeAction::kAllDatabase, kNoResources, kDatabaseScope},
    {"ALL DBMS PRIVILEGES", PrivilegeAction::kAllDbms, kNoResources, kDbmsScope},

    {"ACCESS", PrivilegeAction::kAccess, kNoResources, kDatabaseScope},
    {"START", PrivilegeAction::kStartDatabase, kNoResources, kDatabaseScope},
    {"STOP", PrivilegeAction::kStopDatabase, kNoResources, kDatabaseScope},
    {"CREATE INDEX|INDEXES", PrivilegeAction::kCreateIndex, kNoResources, kDatabaseScope},
    {"DROP INDEX|INDEXES", PrivilegeAction::kDropIndex, kNoResources, kDatabaseScope},
    {"SHOW INDEX|INDEXES", PrivilegeAction::kShowIndex, kNoResources, kDatabaseScope},
    {"INDEX|INDEXES [MANAGEMENT]", PrivilegeAction::kIndexManagement, kNoResources, kDatabaseScope},
    {"CREATE CONSTRAINT|CONSTRAINTS", PrivilegeAction::kCreateConstraint, kNoResources,
     kDatabaseScope},
    {"DROP CONSTRAINT|CONSTRAINTS", PrivilegeAction::kDropConstraint, kNoResources, kDatabaseScope},
    {"SHOW CONSTRAINT|CONSTRAINTS", PrivilegeAction::kShowConstraint, kNoResources, kDatabaseScope},
    {"CONSTRAINT|CONSTRAINTS [MANAGEMENT]", PrivilegeAction::kConstraintManagement, kNoResources,
     kDatabaseScope},
    {"CREATE NEW [NODE] LABEL|LABELS", PrivilegeAction::kCreateLabel, kNoResources, kDatabaseScope},
    {"CREATE NEW [RELATIONSHIP] TYPE|TYPES", PrivilegeAction::kCreateRelationshipType, kNoResources,
     kDatabaseScope},
    {"CREATE NEW [PROPERTY] NAME|NAMES", PrivilegeAction::kCreatePropertyKey, kNoResources,
     kDatabaseScope},
    {"NAME [MANAGEMENT]", PrivilegeAction::kNameManagement, kNoResources, kDatabaseScope},
    {"SHOW TRANSACTION|TRANSACTIONS", PrivilegeAction::kShowTransaction, kUsers, kDatabaseScope},
    {"TERMINATE TRANSACTION|TRANSACTIONS", PrivilegeAction::kTerminateTransaction, kUsers,
     kDatabaseScope},
    {"TRANSACTION|TRANSACTIONS [MANAGEMENT]", PrivilegeAction::kTransactionManagement, kUsers,
     kDatabaseScope},

    {"CREATE ROLE", PrivilegeAction::kCreateRole, kNoResources, kDbmsScope},
    {"RENAME ROLE", PrivilegeAction::kRenameRole, kNoResources, kDbmsScope},
    {"DROP ROLE", PrivilegeAction::kDropRole, kNoResources, kDbmsScope},
    {"ASSIGN ROLE", PrivilegeAction::kAssignRole, kNoResources, kDbmsScope},
    {"REMOVE ROLE", PrivilegeAction::kRemoveRole, kNoResources, kDbmsScope},
    {"SHOW ROLE", PrivilegeAction::kShowRole, kNoResources, kDbmsScope},
    {"ROLE MANAGEMENT", PrivilegeAction::kRoleManagement, kNoResources, kDbmsScope},
    {"CREATE USER", PrivilegeAction::kCreateUser, kNoResources, kDbmsScope},
    {"RENAME USER", PrivilegeAction::kRenameUser, kNoResources, kDbmsScope},
    {"DROP USER", PrivilegeAction::kDropUser, kNoResources, kDbmsScope},
    {"SHOW USER", PrivilegeAction::kShowUser, kNoResources, kDbmsScope},
    {"ALTER USER", PrivilegeAction::kAlterUser, kNoResources, kDbmsScope},
    {"SET PASSWORD|PASSWORDS", PrivilegeAction::kSetPassword, kNoResources, kDbmsScope},
    {"SET AUTH", PrivilegeAction::kSetAuth, kNoResources, kDbmsScope},
    {"SET USER HOME DATABASE", PrivilegeAction::kSetUserHomeDatabase, kNoResources, kDbmsScope},
    {"SET USER STATUS", PrivilegeAction::kSetUserStatus, kNoResources, kDbmsScope},
    {"USER MANAGEMENT", PrivilegeAction::kUserManagement, kNoResources, kDbmsScope},
    {"CREATE DATABASE", PrivilegeAction::kCreateDatabase, kNoResources, kDbmsScope},
    {"DROP DATABASE", PrivilegeAction::kDropDatabase, kNoResources, kDbmsScope},
    {"ALTER DATABASE", PrivilegeAction::kAlterDatabase, kNoResources, kDbmsScope},
    {"SET DATABASE ACCESS", PrivilegeAction::kSetDatabaseAccess, kNoResources, kDbmsScope},
    {"CREATE COMPOSITE DATABASE", PrivilegeAction::kCreateCompositeDatabase, kNoResources,
     kDbmsScope},
    {"DROP COMPOSITE DATABASE", PrivilegeAction::kDropCompositeDatabase, kNoResources, kDbmsScope},
    {"ALTER COMPOSITE DATABASE", PrivilegeAction::kAlterCompositeDatabase, kNoResources,
     kDbmsScope},
    {"COMPOSITE DATABASE MANAGEMENT", PrivilegeAction::kCompositeDatabaseManagement, kNoResources,
     kDbmsScope},
    {"DATABASE MANAGEMENT", PrivilegeAction::kDatabaseManagement, kNoResources, kDbmsScope},
    {"CREATE ALIAS", PrivilegeAction::kCreateAlias, kNoResources, kDbmsScope},
    {"DROP ALIAS", PrivilegeAction::kDropAlias, kNoResources, kDbmsScope},
    {"ALTER ALIAS", PrivilegeAction::kAlterAlias, kNoResources, kDbmsScope},
    {"SHOW ALIAS", PrivilegeAction::kShowAlias, kNoResources, kDbmsScope},
    {"ALIAS MANAGEMENT", PrivilegeAction::kAliasManagement, kNoResources, kDbmsScope},
    {"SHOW PRIVILEGE", PrivilegeAction::kShowPrivilege, kNoResources, kDbmsScope},
    {"ASSIGN PRIVILEGE", PrivilegeAction::kAssignPrivilege, kNoResources, kDbmsScope},
    {"REMOVE PRIVILEGE", PrivilegeAction::kRemovePrivilege, kNoResources, kDbmsScope},
    {"PRIVILEGE MANAGEMENT", PrivilegeAction::kPrivilegeManagement, kNoResources, kDbmsScope},
    {"SHOW SERVER|SERVERS", PrivilegeAction::kShowServer, kNoResources, kDbmsScope},
    {"SERVER MANAGEMENT", PrivilegeAction::kServerManagement, kNoResources, kDbmsScope},
    {"SHOW SETTING|SETTINGS", PrivilegeAction::kShowSetting, kGlobs, kDbmsScope},
    {"EXECUTE PROCEDURE|PROCEDURES", PrivilegeAction::kExecuteProcedure, kGlobs, kDbmsScope},
    {"EXECUTE BOOSTED PROCEDURE|PROCEDURES", PrivilegeAction::kExecuteBoostedProcedure, kGlobs,
     kDbmsScope},
    {"EXECUTE ADMIN|ADMINISTRATOR PROCEDURES", PrivilegeAction::kExecuteAdminProcedures,
     kNoResources, kDbmsScope},
    {"EXECUTE [USER] [DEFINED] FUNCTION|FUNCTIONS", PrivilegeAction::kExecuteFunction, kGlobs,
     kDbmsScope},
    {"EXECUTE BOOSTED [USER] [DEFINED] FUNCTION|FUNCTIONS",
     PrivilegeAction::kExecuteBoostedFunction, kGlobs, kDbmsScope},
    {"IMPERSONATE", PrivilegeAction::kImpersonate, kUsers, kDbmsScope},
    {"LOAD", PrivilegeAction::kLoad, kNoResources, kLoadScope},

    {"CREATE", PrivilegeAction::kCreateElement, kNoResources, kElementScope},
};

}  // namespace

Parser::StatementResult Parser::grant_deny_revoke() {
  using ast::PrivilegeVerb;
  auto statement = std::make_unique<ast::PrivilegeStatement>();
  const SourcePosition start = here();
  if (accept_keyword("GRANT")) {
    statement->verb = PrivilegeVerb::kGrant;
  } else if (accept_keyword("DENY")) {
    statement->verb = PrivilegeVerb::kDeny;
  } else {
    advance();
    statement->verb = PrivilegeVerb::kRevoke;
  }
  const bool revoke = statement->verb == PrivilegeVerb::kRevoke;
  statement->immutable = accept_keyword("IMMUTABLE");
  if (revoke && accept_keyword("GRANT")) {
    statement->verb = PrivilegeVerb::kRevokeGrant;
  } else if (revoke && accept_keyword("DENY")) {
    statement->verb = PrivilegeVerb::kRevokeDeny;
  }
  if (accept_keyword("IMMUTABLE")) statement->immutable = true;
  TRELLIS_TRY_ASSIGN(statement->privilege, privilege());
  if (statement->privilege.action == PrivilegeAction::kMerge &&
      statement->verb == PrivilegeVerb::kDeny) {
    return fail_at(start, ErrorCode::SyntaxError,
                   "MERGE cannot be denied; deny SET PROPERTY or CREATE instead.");
  }
  TRELLIS_TRY(expect_keyword(revoke ? "FROM" : "TO"));
  TRELLIS_TRY_ASSIGN(statement->roles, names("a role name"));
  return statement;
}

Result<ast::PrivilegeSpec> Parser::privilege() {
  ast::PrivilegeSpec spec;
  spec.position = here();
  for (const Row& row : kRows) {
    if (!accept_phrase(row.phrase)) continue;
    spec.action = row.action;
    TRELLIS_TRY(privilege_resources(spec, row.resources));
    TRELLIS_TRY(expect_keyword("ON"));
    TRELLIS_TRY(privilege_scope(spec, row.scope));
    return spec;
  }
  if (accept_phrase("ALL [PRIVILEGES]")) {  // of what ON names
    TRELLIS_TRY(expect_keyword("ON"));
    if (at_keyword("DBMS")) {
      spec.action = PrivilegeAction::kAllDbms;
      TRELLIS_TRY(privilege_scope(spec, kDbmsScope));
    } else if (match_phrase("[HOME] DATABASE|DATABASES") > 0) {
      spec.action = PrivilegeAction::kAllDatabase;
      TRELLIS_TRY(privilege_scope(spec, kDatabaseScope));
    } else {
      spec.action = PrivilegeAction::kAllGraph;
      TRELLIS_TRY(privilege_scope(spec, kGraphScope));
    }
    return spec;
  }
  return unexpected("a privilege");
}

Result<> Parser::privilege_resources(ast::PrivilegeSpec& spec, int syntax) {
  const auto list = [&]() -> Result<> {
    spec.all_resources = accept(TokenKind::kStar);
    if (!spec.all_resources) {
      TRELLIS_TRY_ASSIGN(spec.resources, names("a name or '*'"));
    }
    return {};
  };
  switch (syntax) {
    case kProperties:
      TRELLIS_TRY(expect(TokenKind::kLeftBrace, "'{'"));
      TRELLIS_TRY(list());
      return expect(TokenKind::kRightBrace, "'}'");
    case kLabels:
      return list();
    case kUsers:
      spec.all_resources = true;
      if (!accept(TokenKind::kLeftParen)) return {};
      TRELLIS_TRY(list());
      return expect(TokenKind::kRightParen, "')'");
    case kGlobs:
      do {
        TRELLIS_TRY_ASSIGN(ast::Name glob, this->glob());
        spec.resources.push_back(std::move(glob));
      } while (accept(TokenKind::kComma));
      return {};
    default:
      return {};
  }
}

// apoc.*, db.create?, `db.*`: everything up to a blank, a comma or ON.
Result<ast::Name> Parser::glob() {
  ast::Name glob;
  glob.position = here();
  uint32_t end = peek().begin;
  while (peek().begin == end && !at(TokenKind::kComma) && !at(TokenKind::kEnd)) {
    const Token& token = peek();
    const bool question = token.kind == TokenKind::kError && text_of(token) == "?";
    if (at_name()) {
      glob.text += identifier_text(token, text_of(token));
    } else if (question || at(TokenKind::kStar) || at(TokenKind::kDot) || at(TokenKind::kInteger)) {
      glob.text += text_of(token);
    } else {
      break;
    }
    end = token.end;
    advance();
  }
  if (glob.text.empty()) return unexpected("a name with '*' and '?' as wildcards");
  return glob;
}

Result<> Parser::privilege_scope(ast::PrivilegeSpec& spec, int scope) {
  using ast::PrivilegeScope;
  switch (scope) {
    case kDbmsScope:
      spec.scope = PrivilegeScope::kDbms;
      return expect_keyword("DBMS");
    case kDatabaseScope:
      spec.scope = PrivilegeScope::kDatabases;
      if (accept_phrase("HOME DATABASE") || accept_phrase("DEFAULT DATABASE")) {
        spec.home = true;
        return {};
      }
      TRELLIS_TRY(expect_phrase("DATABASE|DATABASES"));
      return privilege_graphs(spec);
    case kLoadScope: {
      if (accept_phrase("ALL DATA")) {
        spec.scope = PrivilegeScope::kAllData;
        return {};
      }
      spec.scope = at_keyword("CIDR") ? PrivilegeScope::kCidr : PrivilegeScope::kUrl;
      TRELLIS_TRY(expect_phrase("CIDR|URL"));
      TRELLIS_TRY_ASSIGN(spec.load_source, string_or_parameter("a string"));
      return {};
    }
    default:
      break;
  }
  spec.scope = PrivilegeScope::kGraphs;
  if (accept_phrase("HOME GRAPH") || accept_phrase("DEFAULT GRAPH")) {
    spec.home = true;
  } else {
    TRELLIS_TRY(expect_phrase("GRAPH|GRAPHS"));
    TRELLIS_TRY(privilege_graphs(spec));
  }
  return scope == kElementScope ? privilege_elements(spec) : Result<>();
}

Result<> Parser::privilege_graphs(ast::PrivilegeSpec& spec) {
  spec.all_graphs = accept(TokenKind::kStar);
  if (spec.all_graphs) return {};
  do {
    TRELLIS_TRY_ASSIGN(ast::GraphName graph, graph_name());
    spec.graphs.push_back(std::move(graph));
  } while (accept(TokenKind::kComma));
  return {};
}

// [ELEMENTS {*|a, b} | NODES .. | RELATIONSHIPS .. | FOR pattern] [(*)]
Result<> Parser::privilege_elements(ast::PrivilegeSpec& spec) {
  using ast::ElementScope;
  if (accept_phrase("ELEMENT|ELEMENTS")) {
    spec.elements = ElementScope::kElements;
  } else if (accept_phrase("NODE|NODES")) {
    spec.elements = ElementScope::kNodes;
  } else if (accept_phrase("RELATIONSHIP|RELATIONSHIPS")) {
    spec.elements = ElementScope::kRelationships;
  } else if (accept_keyword("FOR")) {
    spec.elements = ElementScope::kPattern;
    TRELLIS_TRY_ASSIGN(spec.pattern, privilege_pattern());
    return {};
  } else {
    return {};
  }
  spec.all_elements = accept(TokenKind::kStar);
  if (!spec.all_elements) {
    TRELLIS_TRY_ASSIGN(spec.labels_or_types, names("a label, a type or '*'"));
  }
  if (at(TokenKind::kLeftParen) && at(TokenKind::kStar, 1)) {
    cursor_ += 2;
    TRELLIS_TRY(expect(TokenKind::kRightParen, "')'"));
  }
  return {};
}

// (n:A|B {p: v}), (n:A) WHERE n.p > v, (n:A WHERE n.p > v), ()-[r:T]-() WHERE ..
Result<ast::PrivilegePattern> Parser::privilege_pattern() {
  ast::PrivilegePattern pattern;
  const bool outer = at(TokenKind::kLeftParen) && at(TokenKind::kLeftParen, 1);
  if (outer) advance();
  const bool relationship =
      at(TokenKind::kLeftParen) && at(TokenKind::kRightParen, 1) && at_relationship(2);
  if (relationship) {
    pattern.entity = ast::EntityType::kRelationship;
    cursor_ += 2;
    accept(TokenKind::kLess);
    if (!at_dash()) return unexpected("'-'");
    advance();
    TRELLIS_TRY(expect(TokenKind::kLeftBracket, "'['"));
  } else {
    TRELLIS_TRY(expect(TokenKind::kLeftParen, "'('"));
  }
  if (at_name() && !at_keyword("WHERE")) {
    TRELLIS_TRY_ASSIGN(pattern.variable, symbol("a variable name"));
  }
  if (accept(TokenKind::kColon)) {
    do {
      TRELLIS_TRY_ASSIGN(std::string label, symbol("a label or relationship type"));
      pattern.labels_or_types.push_back(std::move(label));
    } while (accept(TokenKind::kBar));
  }
  if (at(TokenKind::kLeftBrace)) {
    TRELLIS_TRY_ASSIGN(pattern.properties, map_literal());
  }
  TRELLIS_TRY_ASSIGN(pattern.where, optional_where());
  if (relationship) {
    TRELLIS_TRY(expect(TokenKind::kRightBracket, "']'"));
    if (!at_dash()) return unexpected("'-'");
    advance();
    accept(TokenKind::kGreater);
    TRELLIS_TRY(expect(TokenKind::kLeftParen, "'('"));
  }
  TRELLIS_TRY(expect(TokenKind::kRightParen, "')'"));
  if (!pattern.where) {
    TRELLIS_TRY_ASSIGN(pattern.where, optional_where());
  }
  if (outer) TRELLIS_TRY(expect(TokenKind::kRightParen, "')'"));
  return pattern;
}

}  // namespace trellis::cypher
