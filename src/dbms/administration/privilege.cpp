// SPDX-License-Identifier: Apache-2.0
//
// GRANT, DENY and REVOKE of privileges.
#include "dbms/administration/privilege_translation.h"

namespace trellis::dbms {
namespace {

using security::Action;
using security::Effect;

bool is_revoke(ast::PrivilegeVerb verb) {
  return verb != ast::PrivilegeVerb::kGrant && verb != ast::PrivilegeVerb::kDeny;
}

bool takes_effect(ast::PrivilegeVerb verb, Effect effect) {
  switch (verb) {
    case ast::PrivilegeVerb::kRevokeGrant:
      return effect == Effect::kGrant;
    case ast::PrivilegeVerb::kRevokeDeny:
      return effect == Effect::kDeny;
    default:
      return true;
  }
}

Result<> authorize(CommandContext& context, const ast::Statement& statement) {
  const auto& command = ast::as<ast::PrivilegeStatement>(statement);
  TRELLIS_TRY(context.principal.require(is_revoke(command.verb) ? Action::kRemovePrivilege
                                                                : Action::kAssignPrivilege));
  if (command.immutable && !context.principal.full_access) {
    return fail(ErrorCode::Forbidden,
                "Immutable privileges can be changed only while authentication is disabled "
                "(dbms.security.auth_enabled=false).");
  }
  return {};
}

Result<> add(CommandContext& context, const RoleRecord& role, security::Privilege privilege) {
  for (const PrivilegeRecord& held : role.privileges) {
    if (held.privilege == privilege) {
      notify_no_effect(context, fmt::format("Role '{}' has the privilege already.", role.name));
      return {};
    }
  }
  TRELLIS_TRY(add_privilege(*context.writer, role.node, privilege));
  context.writer->count_update();
  return {};
}

bool same_but_effect(security::Privilege a, const security::Privilege& b) {
  a.effect = b.effect;
  a.immutable = b.immutable;
  return a == b;
}

Result<> take(CommandContext& context, const ast::PrivilegeStatement& command,
              const RoleRecord& role, const security::Privilege& privilege) {
  bool found = false;
  for (const PrivilegeRecord& held : role.privileges) {
    if (!takes_effect(command.verb, held.privilege.effect)) continue;
    if (command.immutable && !held.privilege.immutable) continue;
    if (!same_but_effect(privilege, held.privilege)) continue;
    if (held.privilege.immutable && !context.principal.full_access) {
      return fail(ErrorCode::Forbidden,
                  "Immutable privileges can be changed only while authentication is disabled "
                  "(dbms.security.auth_enabled=false).");
    }
    TRELLIS_TRY(remove_privilege(*context.writer, held));
    context.writer->count_update();
    found = true;
  }
  if (!found) {
    notify_no_effect(context, fmt::format("Role '{}' does not have the privilege.", role.name));
  }
  return {};
}

Result<> apply(CommandContext& context, const ast::Statement& statement) {
  const auto& command = ast::as<ast::PrivilegeStatement>(statement);
  const bool revoke = is_revoke(command.verb);
  TRELLIS_TRY_ASSIGN(auto privileges, translate_privilege(context, command.privilege, !revoke));
  TRELLIS_TRY_ASSIGN(const auto roles, context.arguments.names(command.roles));
  for (const std::string& name : roles) {
    const RoleRecord* role = context.system->role(name);
    if (role == nullptr && revoke) {
      notify_no_effect(context, fmt::format("Role '{}' does not exist.", name));
      continue;
    }
    TRELLIS_TRY_ASSIGN(role, existing_role(*context.system, name));
    for (security::Privilege& privilege : privileges) {
      if (revoke) {
        TRELLIS_TRY(take(context, command, *role, privilege));
        continue;
      }
      privilege.effect =
          command.verb == ast::PrivilegeVerb::kGrant ? Effect::kGrant : Effect::kDeny;
      privilege.immutable = command.immutable;
      if (privilege.effect == Effect::kDeny && privilege.action == Action::kMerge) {
        return fail(ErrorCode::InvalidArguments,
                    "MERGE cannot be denied; deny CREATE or SET PROPERTY instead.");
      }
      if (role->immutable && !privilege.immutable) {
        return fail(ErrorCode::InvalidArguments,
                    "The immutable role '{}' takes only immutable privileges.", name);
      }
      TRELLIS_TRY(add(context, *role, privilege));
    }
  }
  return {};
}

}  // namespace

const Command kPrivilege = {
    .kind = ast::StatementKind::kPrivilege, .authorize = authorize, .apply = apply};

}  // namespace trellis::dbms
