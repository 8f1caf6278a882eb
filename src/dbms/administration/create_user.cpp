// SPDX-License-Identifier: Apache-2.0
#include "dbms/administration/user_settings.h"
#include "dbms/names.h"

namespace trellis::dbms {
namespace {

using security::Action;

Result<> authorize(CommandContext& context, const ast::Statement& statement) {
  TRELLIS_TRY(context.principal.require(Action::kCreateUser));
  if (ast::as<ast::CreateUser>(statement).if_exists == ast::IfExists::kOrReplace) {
    TRELLIS_TRY(context.principal.require(Action::kDropUser));
  }
  return {};
}

Result<std::vector<PasswordRequest>> passwords(CommandContext& context,
                                               const ast::Statement& statement) {
  return native_password_request(context, ast::as<ast::CreateUser>(statement).settings);
}

Result<> apply(CommandContext& context, const ast::Statement& statement) {
  const auto& command = ast::as<ast::CreateUser>(statement);
  TRELLIS_TRY_ASSIGN(const std::string name, context.arguments.name(command.name));
  TRELLIS_TRY(check_user_name(name));
  if (const UserRecord* existing = context.system->user(name)) {
    switch (command.if_exists) {
      case ast::IfExists::kFail:
        return fail(ErrorCode::UserAlreadyExists, "User '{}' already exists.", name);
      case ast::IfExists::kIfNotExists:
        notify_no_effect(context, fmt::format("User '{}' already exists.", name));
        return {};
      case ast::IfExists::kOrReplace:
        if (name == context.principal.authenticated_user) {
          return fail(ErrorCode::InvalidArguments, "You cannot delete yourself.");
        }
        TRELLIS_TRY(drop_user(*context.writer, *existing));
        context.branch->forget_logins.push_back(name);
        break;
    }
  }
  UserRecord user;
  user.name = name;
  user.id = random_uuid();
  TRELLIS_TRY_ASSIGN(user.credential, native_credential(context, command.settings));
  const ast::AuthBlock* native = native_block(command.settings);
  user.change_required = native != nullptr && native->change_required.value_or(true);
  user.suspended = command.settings.suspended.value_or(false);
  if (command.settings.home_database) {
    TRELLIS_TRY_ASSIGN(user.home_database,
                       context.arguments.graph_name(*command.settings.home_database));
  }
  for (const ast::AuthBlock& block : command.settings.auth) {
    if (block.provider == kNativeProvider) continue;
    if (!block.external_id) {
      return fail(ErrorCode::InvalidArguments, "The auth provider '{}' needs SET ID.",
                  block.provider);
    }
    TRELLIS_TRY_ASSIGN(std::string id, context.arguments.name(*block.external_id));
    user.external_auth.push_back({0, block.provider, std::move(id)});
  }
  if (user.credential.empty() && user.external_auth.empty()) {
    return fail(ErrorCode::InvalidArguments, "User '{}' needs a password or another auth provider.",
                name);
  }
  TRELLIS_TRY(create_user(*context.writer, user));
  context.writer->count_update();
  return {};
}

}  // namespace

const Command kCreateUser = {.kind = ast::StatementKind::kCreateUser,
                             .authorize = authorize,
                             .passwords = passwords,
                             .apply = apply};

}  // namespace trellis::dbms
