// SPDX-License-Identifier: Apache-2.0
#include "dbms/administration/command.h"

namespace trellis::dbms {

const Command* find_command(ast::StatementKind kind) {
  static const Command* const kCommands[] = {
      &kCreateUser,    &kAlterUser,    &kAlterCurrentUser,
      &kRenameUser,    &kDropUser,     &kCreateRole,
      &kRenameRole,    &kDropRole,     &kGrantRoles,
      &kRevokeRoles,   &kPrivilege,    &kCreateDatabase,
      &kAlterDatabase, &kDropDatabase, &kCreateCompositeDatabase,
      &kStartDatabase, &kStopDatabase, &kCreateAlias,
      &kAlterAlias,    &kDropAlias,
  };
  for (const Command* command : kCommands) {
    if (command->kind == kind) return command;
  }
  return nullptr;
}

Result<const UserRecord*> existing_user(const SystemSnapshot& system, std::string_view name) {
  if (const UserRecord* user = system.user(name)) return user;
  return fail(ErrorCode::UserNotFound, "User '{}' does not exist.", name);
}

Result<const RoleRecord*> existing_role(const SystemSnapshot& system, std::string_view name) {
  if (const RoleRecord* role = system.role(name)) return role;
  return fail(ErrorCode::RoleNotFound, "Role '{}' does not exist.", name);
}

Result<const DatabaseRecord*> existing_database(const SystemSnapshot& system,
                                                std::string_view name) {
  if (const DatabaseRecord* database = system.database(name)) return database;
  if (system.alias(name) != nullptr) {
    return fail(ErrorCode::DatabaseNotFound,
                "'{}' is an alias; this command needs the name of a database.", name);
  }
  return fail(ErrorCode::DatabaseNotFound, "Database does not exist. Database name: '{}'.", name);
}

void notify_no_effect(CommandContext& context, std::string description) {
  cypher::Notification notification;
  notification.neo4j_code = "Neo.ClientNotification.Security.CommandHasNoEffect";
  notification.gqlstatus = "00N71";
  notification.title = "Running this command has no effect.";
  notification.description = std::move(description);
  notification.warning = false;
  notification.category = "SECURITY";
  context.notifications.push_back(std::move(notification));
}

Result<> check_new_password(const CommandContext& context, const Secret& password) {
  if (password.empty()) {
    return fail(ErrorCode::InvalidArguments, "A password cannot be empty.");
  }
  const auto minimum = static_cast<size_t>(context.core.config().security.minimum_password_length);
  size_t code_points = 0;
  for (const char c : password.reveal())
    code_points += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  if (code_points < minimum) {
    return fail(ErrorCode::PasswordTooShort,
                "A password must be at least {} characters long "
                "(dbms.security.auth_minimum_password_length).",
                minimum);
  }
  constexpr size_t kMaxPasswordBytes = 4096;
  if (password.size() > kMaxPasswordBytes) {
    return fail(ErrorCode::InvalidArguments, "A password can have at most {} bytes.",
                kMaxPasswordBytes);
  }
  return {};
}

}  // namespace trellis::dbms
