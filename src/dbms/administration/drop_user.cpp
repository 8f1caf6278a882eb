// SPDX-License-Identifier: Apache-2.0
#include "dbms/administration/command.h"

namespace trellis::dbms {
namespace {

Result<> authorize(CommandContext& context, const ast::Statement&) {
  return context.principal.require(security::Action::kDropUser);
}

Result<> apply(CommandContext& context, const ast::Statement& statement) {
  const auto& command = ast::as<ast::DropUser>(statement);
  TRELLIS_TRY_ASSIGN(const std::string name, context.arguments.name(command.name));
  if (command.if_exists && context.system->user(name) == nullptr) {
    notify_no_effect(context, fmt::format("User '{}' does not exist.", name));
    return {};
  }
  TRELLIS_TRY_ASSIGN(const UserRecord* user, existing_user(*context.system, name));
  if (name == context.principal.authenticated_user) {
    return fail(ErrorCode::InvalidArguments, "You cannot delete yourself.");
  }
  TRELLIS_TRY(drop_user(*context.writer, *user));
  context.branch->forget_logins.push_back(name);
  context.writer->count_update();
  return {};
}

}  // namespace

const Command kDropUser = {
    .kind = ast::StatementKind::kDropUser, .authorize = authorize, .apply = apply};

}  // namespace trellis::dbms
