// SPDX-License-Identifier: Apache-2.0
//
// Administration commands that change `system`: one file each, found through a table by the kind of
// the statement. What they have in common (passwords hashed off the thread, the lock on the version
// node, commit, WAIT) is in administration_run.cpp; a command only says what it needs and does.
//
// Order for one command
//   authorize()   against the snapshot that the statement began with; Forbidden
//   passwords()   what is to be hashed or verified first (optional)
//   apply()       with the version node locked: reads context.system, writes through context.writer
//   waits_for()   the database that WAIT waits for (optional)
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "cypher/result_stream.h"
#include "cypher/syntax/ast.h"
#include "dbms/arguments.h"
#include "dbms/core.h"
#include "dbms/principal.h"
#include "dbms/session_transaction.h"
#include "dbms/system_writer.h"

namespace trellis::dbms {

struct PasswordRequest {
  Secret password;
  std::string verify_against;  // empty: hash it
};
struct PasswordOutcome {
  std::string encoded;    // of a hash
  bool verified = false;  // of a verification
};

struct CommandContext {
  Core& core;
  const Principal& principal;
  Arguments& arguments;
  std::vector<PasswordOutcome> passwords = {};  // in the order of the requests
  std::vector<cypher::Notification> notifications = {};
  // From apply() on.
  const SystemSnapshot* system = nullptr;  // as this transaction sees it
  SystemWriter* writer = nullptr;
  SystemBranch* branch = nullptr;
};

struct Command {
  ast::StatementKind kind;
  Result<> (*authorize)(CommandContext& context, const ast::Statement& statement);
  Result<std::vector<PasswordRequest>> (*passwords)(CommandContext& context,
                                                    const ast::Statement& statement) = nullptr;
  Result<> (*apply)(CommandContext& context, const ast::Statement& statement);
  // The wait clause and the name of the database.
  struct Waiting {
    ast::Wait wait;
    std::string database;
  };
  Result<Waiting> (*waits_for)(CommandContext& context, const ast::Statement& statement) = nullptr;
};

// Null when the kind is no command of this sort.
const Command* find_command(ast::StatementKind kind);

// -- used by several commands --
// UserNotFound, RoleNotFound, DatabaseNotFound.
Result<const UserRecord*> existing_user(const SystemSnapshot& system, std::string_view name);
Result<const RoleRecord*> existing_role(const SystemSnapshot& system, std::string_view name);
Result<const DatabaseRecord*> existing_database(const SystemSnapshot& system,
                                                std::string_view name);
// A warning that the command changed nothing.
void notify_no_effect(CommandContext& context, std::string description);
// PasswordTooShort, InvalidArguments.
Result<> check_new_password(const CommandContext& context, const Secret& password);

extern const Command kCreateUser, kAlterUser, kAlterCurrentUser, kRenameUser, kDropUser;
extern const Command kCreateRole, kRenameRole, kDropRole, kGrantRoles, kRevokeRoles, kPrivilege;
extern const Command kCreateDatabase, kCreateCompositeDatabase, kAlterDatabase, kDropDatabase;
extern const Command kStartDatabase, kStopDatabase, kCreateAlias, kAlterAlias, kDropAlias;

}  // namespace trellis::dbms
