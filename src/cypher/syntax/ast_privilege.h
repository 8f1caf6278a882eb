// SPDX-License-Identifier: Apache-2.0
//
// GRANT, DENY and REVOKE of privileges: what was written, not what is stored (a MATCH privilege is
// one statement and two stored rows). Source: Neo4j operations manual, "Authorization".
#pragma once

#include "cypher/syntax/ast_statement.h"

namespace trellis::cypher::ast {

enum class PrivilegeAction : uint8_t {
  // Graph: resource, elements
  kTraverse,
  kRead,
  kMatch,
  kMerge,
  kCreateElement,
  kDeleteElement,
  kSetLabel,
  kRemoveLabel,
  kSetProperty,
  kWrite,
  kAllGraph,
  // Database
  kAccess,
  kStartDatabase,
  kStopDatabase,
  kCreateIndex,
  kDropIndex,
  kShowIndex,
  kIndexManagement,
  kCreateConstraint,
  kDropConstraint,
  kShowConstraint,
  kConstraintManagement,
  kCreateLabel,
  kCreateRelationshipType,
  kCreatePropertyKey,
  kNameManagement,
  kShowTransaction,
  kTerminateTransaction,
  kTransactionManagement,
  kAllDatabase,
  // DBMS
  kCreateRole,
  kRenameRole,
  kDropRole,
  kAssignRole,
  kRemoveRole,
  kShowRole,
  kRoleManagement,
  kCreateUser,
  kRenameUser,
  kDropUser,
  kShowUser,
  kAlterUser,
  kSetPassword,
  kSetAuth,
  kSetUserHomeDatabase,
  kSetUserStatus,
  kUserManagement,
  kCreateDatabase,
  kDropDatabase,
  kAlterDatabase,
  kSetDatabaseAccess,
  kCreateCompositeDatabase,
  kDropCompositeDatabase,
  kAlterCompositeDatabase,
  kCompositeDatabaseManagement,
  kDatabaseManagement,
  kCreateAlias,
  kDropAlias,
  kAlterAlias,
  kShowAlias,
  kAliasManagement,
  kShowPrivilege,
  kAssignPrivilege,
  kRemovePrivilege,
  kPrivilegeManagement,
  kShowServer,
  kServerManagement,
  kShowSetting,
  kExecuteProcedure,
  kExecuteBoostedProcedure,
  kExecuteAdminProcedures,
  kExecuteFunction,
  kExecuteBoostedFunction,
  kImpersonate,
  kAllDbms,
  // Load
  kLoad,
};

enum class PrivilegeScope : uint8_t { kGraphs, kDatabases, kDbms, kAllData, kCidr, kUrl };
enum class ElementScope : uint8_t { kElements, kNodes, kRelationships, kPattern };

// FOR (n:L) WHERE n.p > 1. Labels are alternatives; none: every label.
struct PrivilegePattern {
  EntityType entity = EntityType::kNode;
  std::string variable;  // may be empty
  std::vector<std::string> labels_or_types;
  ExpressionPtr properties;  // may be null; the map form {p: v}
  ExpressionPtr where;       // may be null
};

struct PrivilegeSpec {
  SourcePosition position;
  PrivilegeAction action = PrivilegeAction::kTraverse;
  // READ {a, b}, SET LABEL a, SHOW SETTING glob, EXECUTE PROCEDURE glob, IMPERSONATE (u),
  // TRANSACTION (u): empty with `all` for `*`.
  std::vector<Name> resources;
  bool all_resources = false;

  PrivilegeScope scope = PrivilegeScope::kDbms;
  bool home = false;              // HOME GRAPH, HOME DATABASE
  bool all_graphs = false;        // GRAPHS *
  std::vector<GraphName> graphs;  // otherwise

  // Of the graph actions that take one; ELEMENTS * where nothing was written.
  ElementScope elements = ElementScope::kElements;
  bool all_elements = true;
  std::vector<Name> labels_or_types;  // otherwise
  std::optional<PrivilegePattern> pattern;

  std::optional<Name> load_source;  // LOAD ON CIDR / URL
};

enum class PrivilegeVerb : uint8_t { kGrant, kDeny, kRevoke, kRevokeGrant, kRevokeDeny };
struct PrivilegeStatement : StatementOf<StatementKind::kPrivilege> {
  PrivilegeVerb verb = PrivilegeVerb::kGrant;
  bool immutable = false;
  PrivilegeSpec privilege;
  std::vector<Name> roles;
};

}  // namespace trellis::cypher::ast
