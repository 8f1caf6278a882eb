// SPDX-License-Identifier: Apache-2.0
#include "dbms/administration/command.h"

namespace trellis::dbms {
namespace {

Result<> authorize(CommandContext& context, const ast::Statement&) {
  return context.principal.require(security::Action::kDropRole);
}

Result<> apply(CommandContext& context, const ast::Statement& statement) {
  const auto& command = ast::as<ast::DropRole>(statement);
  TRELLIS_TRY_ASSIGN(const std::string name, context.arguments.name(command.name));
  if (command.if_exists && context.system->role(name) == nullptr) {
    notify_no_effect(context, fmt::format("Role '{}' does not exist.", name));
    return {};
  }
  TRELLIS_TRY_ASSIGN(const RoleRecord* role, existing_role(*context.system, name));
  if (name == security::kPublicRole || (role->immutable && !context.principal.full_access)) {
    return fail(ErrorCode::InvalidArguments, "Role '{}' cannot be dropped.", name);
  }
  TRELLIS_TRY(drop_role(*context.writer, *role));
  context.writer->count_update();
  return {};
}

}  // namespace

const Command kDropRole = {
    .kind = ast::StatementKind::kDropRole, .authorize = authorize, .apply = apply};

}  // namespace trellis::dbms
