// SPDX-License-Identifier: Apache-2.0
//
// Statements: queries, schema commands, and SHOW / TERMINATE commands with their tails.
// Users, roles, privileges, databases, aliases and servers are in ast_administration.h.
#pragma once

#include "cypher/syntax/ast_clause.h"

namespace trellis::cypher::ast {

enum class StatementKind : uint8_t {
  kQuery,
  // Schema
  kCreateIndex,
  kDropIndex,
  kCreateConstraint,
  kDropConstraint,
  // Listing, with a tail
  kShow,
  // ast_administration.h
  kCreateUser,
  kAlterUser,
  kAlterCurrentUser,
  kRenameUser,
  kDropUser,
  kCreateRole,
  kRenameRole,
  kDropRole,
  kGrantRoles,
  kRevokeRoles,
  kPrivilege,
  kCreateDatabase,
  kCreateCompositeDatabase,
  kAlterDatabase,
  kDropDatabase,
  kStartDatabase,
  kStopDatabase,
  kCreateAlias,
  kAlterAlias,
  kDropAlias,
  kEnableServer,
  kAlterServer,
  kRenameServer,
  kDropServer,
  kDeallocateServers,
  kReallocateDatabases,
};

struct QueryOption {  // CYPHER runtime=pipelined
  std::string name;   // lower case
  std::string value;  // lower case
};

struct Statement {
  virtual ~Statement() = default;
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  const StatementKind kind;
  SourcePosition position;
  bool explain = false;
  bool profile = false;
  std::string cypher_version;  // "5", or empty when not given
  std::vector<QueryOption> options;
  NodeId node_count = 0;  // every NodeId is below
  // What USE before an administration or schema command named (USE system CREATE USER ..).
  std::unique_ptr<const Use> use;  // may be null; a query has its own Use clauses
  // Names of the parameters that the statement mentions, each once, in order of appearance.
  std::vector<std::string> parameters;
  // A literal that normalize.h took out stands where its text matters (an unaliased column, a
  // variable-length bound): this statement must be parsed again from its exact text and cached
  // under it.
  bool needs_exact_text = false;

 protected:
  explicit Statement(StatementKind k) : kind(k) {}
};
using StatementPtr = std::shared_ptr<const Statement>;

template <class T>
const T& as(const Statement& statement) {
  TRELLIS_ASSERT(statement.kind == T::kKind);
  return static_cast<const T&>(statement);
}
template <class T>
const T* try_as(const Statement* statement) {
  return statement && statement->kind == T::kKind ? static_cast<const T*>(statement) : nullptr;
}

template <StatementKind K>
struct StatementOf : Statement {
  static constexpr StatementKind kKind = K;
  StatementOf() : Statement(K) {}
};

struct QueryStatement : StatementOf<StatementKind::kQuery> {
  Query query;
};

// A name that may be a parameter: CREATE USER $name.
struct Name {
  std::string text;  // the name, or the parameter's name
  bool parameter = false;
  SourcePosition position;
};
// A database, alias or graph, whose name may have dots; parts that were quoted are kept apart.
struct GraphName {
  std::vector<std::string> parts;  // or one part, the parameter's name
  bool parameter = false;
  SourcePosition position;
};

// -- Schema --
enum class EntityType : uint8_t { kNode, kRelationship };
enum class IndexKind : uint8_t { kRange, kText, kPoint, kLookup, kFulltext, kVector };

struct CreateIndex : StatementOf<StatementKind::kCreateIndex> {
  IndexKind index = IndexKind::kRange;
  std::optional<Name> name;
  bool if_not_exists = false;
  EntityType entity = EntityType::kNode;
  std::vector<std::string> labels_or_types;  // one; more for kFulltext; none for kLookup
  std::vector<std::string> properties;       // none for kLookup
  ExpressionPtr options;                     // may be null; MapLiteral or Parameter
};
struct DropIndex : StatementOf<StatementKind::kDropIndex> {
  Name name;
  bool if_exists = false;
};

enum class ConstraintKind : uint8_t { kUnique, kKey, kExistence, kPropertyType };
struct CreateConstraint : StatementOf<StatementKind::kCreateConstraint> {
  ConstraintKind constraint = ConstraintKind::kUnique;
  std::optional<Name> name;
  bool if_not_exists = false;
  EntityType entity = EntityType::kNode;
  std::string label_or_type;
  std::vector<std::string> properties;
  TypeUnion types;        // of kPropertyType
  ExpressionPtr options;  // may be null; MapLiteral or Parameter
};
struct DropConstraint : StatementOf<StatementKind::kDropConstraint> {
  Name name;
  bool if_exists = false;
};

// -- SHOW and TERMINATE --
enum class ShowKind : uint8_t {
  kIndexes,
  kConstraints,
  kFunctions,
  kProcedures,
  kSettings,
  kCertificates,  // Trellis' own
  kTransactions,
  kTerminateTransactions,
  kDatabases,
  kDatabase,
  kDefaultDatabase,
  kHomeDatabase,
  kAliases,
  kUsers,
  kCurrentUser,
  kRoles,
  kPrivileges,
  kRolePrivileges,
  kUserPrivileges,
  kSupportedPrivileges,
  kServers,
};

enum class ConstraintFilter : uint8_t {
  kAll,
  kUnique,
  kNodeUnique,
  kRelationshipUnique,
  kKey,
  kNodeKey,
  kRelationshipKey,
  kExistence,
  kNodeExistence,
  kRelationshipExistence,
  kPropertyType,
  kNodePropertyType,
  kRelationshipPropertyType,
};
enum class FunctionFilter : uint8_t { kAll, kBuiltIn, kUserDefined };
enum class PrivilegeOutput : uint8_t { kRows, kCommands, kRevokeCommands };
struct ExecutableBy {
  std::optional<Name> user;  // absent: CURRENT USER
};

// One command: a row source (cypher::RowSource), then `yield` and `where` over its columns.
//   - without YIELD the default columns come; a bare WHERE sees those;
//   - YIELD *: all columns.
struct ShowCommand {
  SourcePosition position;
  NodeId id = 0;
  ShowKind kind = ShowKind::kIndexes;

  // What narrows the source; each belongs to the kinds that its name says.
  std::optional<IndexKind> index_filter;
  ConstraintFilter constraint_filter = ConstraintFilter::kAll;
  FunctionFilter function_filter = FunctionFilter::kAll;
  std::optional<ExecutableBy> executable;
  // Transaction ids or setting names: several expressions, or one that yields a string or a list.
  ExpressionList selection;
  std::optional<GraphName> graph;  // kDatabase, kAliases
  std::vector<Name> names;         // of users or roles, in *Privileges
  bool populated_roles = false;    // SHOW POPULATED ROLES
  bool with_users = false;         // SHOW ROLES WITH USERS
  bool with_auth = false;          // SHOW USERS WITH AUTH
  PrivilegeOutput output = PrivilegeOutput::kRows;

  bool has_yield = false;
  std::vector<YieldItem> yields;  // with has_yield, empty: YIELD *
  std::vector<SortItem> order_by;
  ExpressionPtr skip;   // may be null
  ExpressionPtr limit;  // may be null
  ExpressionPtr where;  // may be null
};
struct Show : StatementOf<StatementKind::kShow> {
  // Several only of kTransactions and kTerminateTransactions (each with YIELD).
  std::vector<ShowCommand> commands;
  // RETURN at the end; a projection as in a query.
  std::unique_ptr<const Return> result;  // may be null: the last command's columns
};

}  // namespace trellis::cypher::ast
