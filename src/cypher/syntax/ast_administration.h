// SPDX-License-Identifier: Apache-2.0
//
// Administration commands: users, roles, databases, aliases, servers (privileges: ast_privilege.h).
// They run on `system`. Source: Neo4j operations manual.
#pragma once

#include "base/secret.h"
#include "cypher/syntax/ast_privilege.h"
#include "cypher/syntax/ast_statement.h"

namespace trellis::cypher::ast {

enum class IfExists : uint8_t { kFail, kIfNotExists, kOrReplace };  // of CREATE

// -- Users --
struct Password {
  Secret literal;
  std::string parameter;  // not empty: the value is that parameter
  SourcePosition position;
};
// One auth provider of a user; "native" takes a password, others an id.
struct AuthBlock {
  std::string provider;
  SourcePosition position;
  std::optional<Password> password;
  bool encrypted = false;  // ENCRYPTED PASSWORD
  std::optional<bool> change_required;
  std::optional<Name> external_id;
};
struct UserSettings {
  std::vector<AuthBlock> auth;  // the old form SET PASSWORD is a block of "native"
  std::optional<bool> suspended;
  std::optional<GraphName> home_database;
};
struct CreateUser : StatementOf<StatementKind::kCreateUser> {
  Name name;
  IfExists if_exists = IfExists::kFail;
  UserSettings settings;
};
struct AlterUser : StatementOf<StatementKind::kAlterUser> {
  Name name;
  bool if_exists = false;
  bool remove_home_database = false;
  bool remove_all_auth = false;
  // Strings, or a Parameter or ListLiteral that yields them.
  ExpressionList remove_auth;
  UserSettings settings;
};
struct AlterCurrentUser : StatementOf<StatementKind::kAlterCurrentUser> {
  Password old_password;
  Password new_password;
};
struct RenameUser : StatementOf<StatementKind::kRenameUser> {
  Name from;
  Name to;
  bool if_exists = false;
};
struct DropUser : StatementOf<StatementKind::kDropUser> {
  Name name;
  bool if_exists = false;
};

// -- Roles --
struct CreateRole : StatementOf<StatementKind::kCreateRole> {
  Name name;
  IfExists if_exists = IfExists::kFail;
  bool immutable = false;
  std::optional<Name> copy_of;
};
struct RenameRole : StatementOf<StatementKind::kRenameRole> {
  Name from;
  Name to;
  bool if_exists = false;
};
struct DropRole : StatementOf<StatementKind::kDropRole> {
  Name name;
  bool if_exists = false;
};
struct GrantRoles : StatementOf<StatementKind::kGrantRoles> {
  std::vector<Name> roles;
  std::vector<Name> users;
};
struct RevokeRoles : StatementOf<StatementKind::kRevokeRoles> {
  std::vector<Name> roles;
  std::vector<Name> users;
};

// -- Databases --
struct Wait {
  enum class Mode : uint8_t { kNoWait, kWait };
  Mode mode = Mode::kNoWait;
  std::optional<int64_t> seconds;  // of kWait; absent: the default
};
// A count that may be a parameter.
struct Count {
  int64_t value = 0;
  std::string parameter;  // not empty: the value is that parameter
};
struct Topology {
  std::optional<Count> primaries;
  std::optional<Count> secondaries;
};
struct CreateDatabase : StatementOf<StatementKind::kCreateDatabase> {
  GraphName name;
  IfExists if_exists = IfExists::kFail;
  std::string default_language;  // "5", or empty
  std::optional<Topology> topology;
  ExpressionPtr options;  // may be null; MapLiteral or Parameter
  Wait wait;
};
struct CreateCompositeDatabase : StatementOf<StatementKind::kCreateCompositeDatabase> {
  GraphName name;
  IfExists if_exists = IfExists::kFail;
  std::string default_language;
  ExpressionPtr options;  // may be null; MapLiteral or Parameter
  Wait wait;
};
enum class DatabaseAccess : uint8_t { kReadOnly, kReadWrite };
struct DatabaseOption {
  std::string name;
  ExpressionPtr value;
};
struct AlterDatabase : StatementOf<StatementKind::kAlterDatabase> {
  GraphName name;
  bool if_exists = false;
  std::optional<DatabaseAccess> access;
  std::optional<Topology> topology;
  std::string default_language;
  std::vector<DatabaseOption> set_options;
  std::vector<std::string> remove_options;
  Wait wait;
};
struct DropDatabase : StatementOf<StatementKind::kDropDatabase> {
  GraphName name;
  bool composite = false;
  bool if_exists = false;
  bool cascade_aliases = false;
  bool dump_data = false;  // DUMP DATA; otherwise DESTROY DATA
  Wait wait;
};
struct StartDatabase : StatementOf<StatementKind::kStartDatabase> {
  GraphName name;
  Wait wait;
};
struct StopDatabase : StatementOf<StatementKind::kStopDatabase> {
  GraphName name;
  Wait wait;
};

// -- Aliases --
struct RemoteTarget {
  Name url;
  std::optional<Name> user;
  std::optional<Password> password;
  bool oidc_credential_forwarding = false;
  ExpressionPtr driver;  // may be null; MapLiteral or Parameter
  std::string default_language;
};
struct CreateAlias : StatementOf<StatementKind::kCreateAlias> {
  GraphName name;
  IfExists if_exists = IfExists::kFail;
  GraphName target;
  std::optional<RemoteTarget> remote;  // absent: a local alias
  ExpressionPtr properties;            // may be null; MapLiteral or Parameter
};
struct AlterAlias : StatementOf<StatementKind::kAlterAlias> {
  GraphName name;
  bool if_exists = false;
  std::optional<GraphName> target;
  std::optional<Name> url;
  std::optional<Name> user;
  std::optional<Password> password;
  ExpressionPtr driver;      // may be null; MapLiteral or Parameter
  ExpressionPtr properties;  // may be null; MapLiteral or Parameter
  std::string default_language;
};
struct DropAlias : StatementOf<StatementKind::kDropAlias> {
  GraphName name;
  bool if_exists = false;
};

// -- Servers --
struct EnableServer : StatementOf<StatementKind::kEnableServer> {
  Name name;
  ExpressionPtr options;  // may be null; MapLiteral or Parameter
};
struct AlterServer : StatementOf<StatementKind::kAlterServer> {
  Name name;
  ExpressionPtr options;  // MapLiteral or Parameter
};
struct RenameServer : StatementOf<StatementKind::kRenameServer> {
  Name from;
  Name to;
};
struct DropServer : StatementOf<StatementKind::kDropServer> {
  Name name;
};
struct DeallocateServers : StatementOf<StatementKind::kDeallocateServers> {
  bool dry_run = false;
  std::vector<Name> servers;
};
struct ReallocateDatabases : StatementOf<StatementKind::kReallocateDatabases> {
  bool dry_run = false;
};

}  // namespace trellis::cypher::ast
