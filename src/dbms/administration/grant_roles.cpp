// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "dbms/administration/command.h"

namespace trellis::dbms {
namespace {

Result<> authorize(CommandContext& context, const ast::Statement&) {
  return context.principal.require(security::Action::kAssignRole);
}

Result<> apply(CommandContext& context, const ast::Statement& statement) {
  const auto& command = ast::as<ast::GrantRoles>(statement);
  TRELLIS_TRY_ASSIGN(auto roles, context.arguments.names(command.roles));
  TRELLIS_TRY_ASSIGN(auto users, context.arguments.names(command.users));
  for (auto* list : {&roles, &users}) {  // naming one twice grants it once
    std::sort(list->begin(), list->end());
    list->erase(std::unique(list->begin(), list->end()), list->end());
  }
  for (const std::string& role_name : roles) {
    if (role_name == security::kPublicRole) {
      return fail(ErrorCode::InvalidArguments,
                  "The role PUBLIC is held by everybody; it cannot be granted.");
    }
    TRELLIS_TRY_ASSIGN(const RoleRecord* role, existing_role(*context.system, role_name));
    for (const std::string& user_name : users) {
      TRELLIS_TRY_ASSIGN(const UserRecord* user, existing_user(*context.system, user_name));
      if (std::binary_search(user->roles.begin(), user->roles.end(), role_name)) {
        notify_no_effect(context,
                         fmt::format("User '{}' has the role '{}' already.", user_name, role_name));
        continue;
      }
      TRELLIS_TRY(grant_role(*context.writer, role->node, user->node));
      context.writer->count_update();
    }
  }
  return {};
}

}  // namespace

const Command kGrantRoles = {
    .kind = ast::StatementKind::kGrantRoles, .authorize = authorize, .apply = apply};

}  // namespace trellis::dbms
