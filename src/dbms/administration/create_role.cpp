// SPDX-License-Identifier: Apache-2.0
#include "dbms/administration/command.h"
#include "dbms/names.h"

namespace trellis::dbms {
namespace {

using security::Action;

Result<> authorize(CommandContext& context, const ast::Statement& statement) {
  const auto& command = ast::as<ast::CreateRole>(statement);
  TRELLIS_TRY(context.principal.require(Action::kCreateRole));
  if (command.if_exists == ast::IfExists::kOrReplace) {
    TRELLIS_TRY(context.principal.require(Action::kDropRole));
  }
  if (command.copy_of) {
    TRELLIS_TRY(context.principal.require(Action::kShowPrivilege));
    TRELLIS_TRY(context.principal.require(Action::kAssignPrivilege));
  }
  if (command.immutable && !context.principal.full_access) {
    return fail(ErrorCode::Forbidden,
                "Immutable roles can be made only while authentication is disabled "
                "(dbms.security.auth_enabled=false).");
  }
  return {};
}

Result<> apply(CommandContext& context, const ast::Statement& statement) {
  const auto& command = ast::as<ast::CreateRole>(statement);
  TRELLIS_TRY_ASSIGN(const std::string name, context.arguments.name(command.name));
  TRELLIS_TRY(check_role_name(name));
  const RoleRecord* source = nullptr;
  if (command.copy_of) {
    TRELLIS_TRY_ASSIGN(const std::string source_name, context.arguments.name(*command.copy_of));
    TRELLIS_TRY_ASSIGN(source, existing_role(*context.system, source_name));
  }
  if (const RoleRecord* existing = context.system->role(name)) {
    switch (command.if_exists) {
      case ast::IfExists::kFail:
        return fail(ErrorCode::RoleAlreadyExists, "Role '{}' already exists.", name);
      case ast::IfExists::kIfNotExists:
        notify_no_effect(context, fmt::format("Role '{}' already exists.", name));
        return {};
      case ast::IfExists::kOrReplace:
        if (name == security::kPublicRole ||
            (existing->immutable && !context.principal.full_access)) {
          return fail(ErrorCode::InvalidArguments, "Role '{}' cannot be replaced.", name);
        }
        TRELLIS_TRY(drop_role(*context.writer, *existing));
        break;
    }
  }
  TRELLIS_TRY_ASSIGN(const storage::NodeId role,
                     create_role(*context.writer, name, command.immutable));
  context.writer->count_update();
  if (source == nullptr) return {};
  for (const PrivilegeRecord& record : source->privileges) {
    security::Privilege copy = record.privilege;
    copy.immutable = false;
    TRELLIS_TRY(add_privilege(*context.writer, role, copy));
    context.writer->count_update();
  }
  return {};
}

}  // namespace

const Command kCreateRole = {
    .kind = ast::StatementKind::kCreateRole, .authorize = authorize, .apply = apply};

}  // namespace trellis::dbms
