// SPDX-License-Identifier: Apache-2.0
#include "dbms/administration/command.h"
#include "dbms/names.h"
#include "dbms/system_schema.h"

namespace trellis::dbms {
namespace {

Result<> authorize(CommandContext& context, const ast::Statement&) {
  return context.principal.require(security::Action::kRenameUser);
}

Result<> apply(CommandContext& context, const ast::Statement& statement) {
  const auto& command = ast::as<ast::RenameUser>(statement);
  TRELLIS_TRY_ASSIGN(const std::string from, context.arguments.name(command.from));
  TRELLIS_TRY_ASSIGN(const std::string to, context.arguments.name(command.to));
  TRELLIS_TRY(check_user_name(to));
  if (command.if_exists && context.system->user(from) == nullptr) {
    notify_no_effect(context, fmt::format("User '{}' does not exist.", from));
    return {};
  }
  TRELLIS_TRY_ASSIGN(const UserRecord* user, existing_user(*context.system, from));
  if (context.system->user(to) != nullptr) {
    return fail(ErrorCode::UserAlreadyExists, "User '{}' already exists.", to);
  }
  TRELLIS_TRY(context.writer->set(user->node, system_schema::key::kName, value::Value::string(to)));
  context.branch->forget_logins.push_back(from);
  context.writer->count_update();
  return {};
}

}  // namespace

const Command kRenameUser = {
    .kind = ast::StatementKind::kRenameUser, .authorize = authorize, .apply = apply};

}  // namespace trellis::dbms
