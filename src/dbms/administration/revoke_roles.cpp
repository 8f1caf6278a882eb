// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "dbms/administration/command.h"

namespace trellis::dbms {
namespace {

Result<> authorize(CommandContext& context, const ast::Statement&) {
  return context.principal.require(security::Action::kRemoveRole);
}

Result<> apply(CommandContext& context, const ast::Statement& statement) {
  const auto& command = ast::as<ast::RevokeRoles>(statement);
  TRELLIS_TRY_ASSIGN(auto roles, context.arguments.names(command.roles));
  TRELLIS_TRY_ASSIGN(auto users, context.arguments.names(command.users));
  for (auto* list : {&roles, &users}) {
    std::sort(list->begin(), list->end());
    list->erase(std::unique(list->begin(), list->end()), list->end());
  }
  for (const std::string& role_name : roles) {
    if (role_name == security::kPublicRole) {
      return fail(ErrorCode::InvalidArguments,
                  "The role PUBLIC is held by everybody; it cannot be revoked.");
    }
    for (const std::string& user_name : users) {
      const RoleRecord* role = context.system->role(role_name);
      const UserRecord* user = context.system->user(user_name);
      if (role == nullptr || user == nullptr ||
          !std::binary_search(user->roles.begin(), user->roles.end(), role_name)) {
        notify_no_effect(
            context, fmt::format("User '{}' does not have the role '{}'.", user_name, role_name));
        continue;
      }
      TRELLIS_TRY(revoke_role(*context.writer, role->node, user->node));
      context.writer->count_update();
    }
  }
  return {};
}

}  // namespace

const Command kRevokeRoles = {
    .kind = ast::StatementKind::kRevokeRoles, .authorize = authorize, .apply = apply};

}  // namespace trellis::dbms
