// SPDX-License-Identifier: Apache-2.0
#include "dbms/administration/command.h"
#include "dbms/names.h"
#include "dbms/system_schema.h"

namespace trellis::dbms {
namespace {

Result<> authorize(CommandContext& context, const ast::Statement&) {
  return context.principal.require(security::Action::kRenameRole);
}

Result<> apply(CommandContext& context, const ast::Statement& statement) {
  const auto& command = ast::as<ast::RenameRole>(statement);
  TRELLIS_TRY_ASSIGN(const std::string from, context.arguments.name(command.from));
  TRELLIS_TRY_ASSIGN(const std::string to, context.arguments.name(command.to));
  TRELLIS_TRY(check_role_name(to));
  if (command.if_exists && context.system->role(from) == nullptr) {
    notify_no_effect(context, fmt::format("Role '{}' does not exist.", from));
    return {};
  }
  TRELLIS_TRY_ASSIGN(const RoleRecord* role, existing_role(*context.system, from));
  if (from == security::kPublicRole || (role->immutable && !context.principal.full_access)) {
    return fail(ErrorCode::InvalidArguments, "Role '{}' cannot be renamed.", from);
  }
  if (context.system->role(to) != nullptr) {
    return fail(ErrorCode::RoleAlreadyExists, "Role '{}' already exists.", to);
  }
  TRELLIS_TRY(context.writer->set(role->node, system_schema::key::kName, value::Value::string(to)));
  context.writer->count_update();
  return {};
}

}  // namespace

const Command kRenameRole = {
    .kind = ast::StatementKind::kRenameRole, .authorize = authorize, .apply = apply};

}  // namespace trellis::dbms
