// SPDX-License-Identifier: Apache-2.0
//
// ALTER CURRENT USER SET PASSWORD FROM .. TO ..: needs no privilege, and is all that a user whose
// password must be changed may do.
#include "dbms/administration/user_settings.h"
#include "dbms/system_schema.h"

namespace trellis::dbms {
namespace {

namespace key = system_schema::key;
using value::Value;

Result<> authorize(CommandContext& context, const ast::Statement&) {
  if (context.principal.full_access) {
    return fail(ErrorCode::InvalidArguments,
                "There is no current user: authentication is disabled "
                "(dbms.security.auth_enabled).");
  }
  return {};
}

Result<std::vector<PasswordRequest>> passwords(CommandContext& context,
                                               const ast::Statement& statement) {
  const auto& command = ast::as<ast::AlterCurrentUser>(statement);
  TRELLIS_TRY_ASSIGN(Secret old_password, context.arguments.password(command.old_password));
  TRELLIS_TRY_ASSIGN(Secret new_password, context.arguments.password(command.new_password));
  TRELLIS_TRY(check_new_password(context, new_password));
  if (old_password == new_password) {
    return fail(ErrorCode::PasswordUnchanged,
                "The old password and the new one cannot be the same.");
  }
  const UserRecord* user = context.principal.user();
  std::vector<PasswordRequest> requests;
  requests.push_back({std::move(old_password), user != nullptr && !user->credential.empty()
                                                   ? user->credential
                                                   : context.core.hasher.unmatchable()});
  requests.push_back({std::move(new_password), ""});
  return requests;
}

Result<> apply(CommandContext& context, const ast::Statement&) {
  const std::string& name = context.principal.username;
  TRELLIS_TRY_ASSIGN(const UserRecord* user, existing_user(*context.system, name));
  const UserRecord* before = context.principal.user();
  // The old password was verified against what the statement began with.
  const bool unchanged = before != nullptr && before->credential == user->credential;
  if (!unchanged || !context.passwords.at(0).verified) {
    return fail(ErrorCode::InvalidArguments,
                "User '{}' failed to alter their own password: Invalid principal or credentials.",
                name);
  }
  TRELLIS_TRY(context.writer->set(user->node, key::kCredential,
                                  Value::string(context.passwords.at(1).encoded)));
  TRELLIS_TRY(context.writer->set(user->node, key::kChangeRequired, Value::boolean(false)));
  context.branch->forget_logins.push_back(name);
  context.writer->count_update();
  return {};
}

}  // namespace

const Command kAlterCurrentUser = {.kind = ast::StatementKind::kAlterCurrentUser,
                                   .authorize = authorize,
                                   .passwords = passwords,
                                   .apply = apply};

}  // namespace trellis::dbms
