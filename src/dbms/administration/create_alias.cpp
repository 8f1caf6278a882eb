// SPDX-License-Identifier: Apache-2.0
#include "dbms/administration/alias_changes.h"
#include "dbms/names.h"

namespace trellis::dbms {
namespace {

using security::Action;

Result<> authorize(CommandContext& context, const ast::Statement& statement) {
  TRELLIS_TRY(context.principal.require(Action::kCreateAlias));
  if (ast::as<ast::CreateAlias>(statement).if_exists == ast::IfExists::kOrReplace) {
    TRELLIS_TRY(context.principal.require(Action::kDropAlias));
  }
  return {};
}

Result<> fill_remote(CommandContext& context, const ast::RemoteTarget& remote, AliasRecord& alias) {
  if (remote.oidc_credential_forwarding || !remote.user || !remote.password) {
    return fail(ErrorCode::UnsupportedAdministrationCommand,
                "A remote alias needs USER and PASSWORD; OIDC CREDENTIAL FORWARDING is not "
                "supported.");
  }
  alias.remote = true;
  TRELLIS_TRY_ASSIGN(alias.url, context.arguments.name(remote.url));
  TRELLIS_TRY_ASSIGN(alias.username, context.arguments.name(*remote.user));
  TRELLIS_TRY_ASSIGN(const ValueMap driver, context.arguments.map(remote.driver));
  TRELLIS_TRY_ASSIGN(alias.driver, normalize_driver_map(context.core, driver));
  TRELLIS_TRY_ASSIGN(const DriverSettings settings, driver_settings(context.core, alias.driver));
  TRELLIS_TRY(check_remote_url(alias.url, settings.ssl_enforced));
  TRELLIS_TRY_ASSIGN(const Secret password, context.arguments.password(*remote.password));
  TRELLIS_TRY_ASSIGN(alias.sealed_password,
                     seal_password(context.core, context.system->dbms_id, alias.name, password));
  return {};
}

Result<> apply(CommandContext& context, const ast::Statement& statement) {
  const auto& command = ast::as<ast::CreateAlias>(statement);
  AliasRecord alias;
  TRELLIS_TRY_ASSIGN(alias.name, context.arguments.graph_name(command.name));
  TRELLIS_TRY(check_alias_name(alias.name));
  const SystemSnapshot& system = *context.system;
  if (const AliasRecord* existing = system.alias(alias.name)) {
    if (command.if_exists == ast::IfExists::kIfNotExists) {
      notify_no_effect(context, fmt::format("Alias '{}' already exists.", alias.name));
      return {};
    }
    if (command.if_exists != ast::IfExists::kOrReplace) {
      return check_name_is_free(system, alias.name);
    }
    alias.changes = existing->changes + 1;
    if (existing->remote) context.branch->forget_remotes.push_back(existing->name);
    TRELLIS_TRY(context.writer->remove(existing->node));
    context.writer->count_update();
  } else {
    if (command.if_exists == ast::IfExists::kIfNotExists &&
        system.database(alias.name) != nullptr) {
      notify_no_effect(context, fmt::format("Database '{}' already exists.", alias.name));
      return {};
    }
    TRELLIS_TRY(check_name_is_free(system, alias.name));
  }
  const size_t dot = alias.name.find('.');
  if (dot != std::string::npos) {
    const DatabaseRecord* composite = system.database(alias.name.substr(0, dot));
    if (composite != nullptr && composite->kind == DatabaseKind::kComposite) {
      alias.composite = composite->name;
    }
  }
  TRELLIS_TRY_ASSIGN(alias.target, context.arguments.graph_name(command.target));
  TRELLIS_TRY_ASSIGN(alias.properties, alias_properties(context, command.properties));
  if (command.remote) {
    TRELLIS_TRY(fill_remote(context, *command.remote, alias));
  } else {
    TRELLIS_TRY(check_local_target(system, alias.target));
  }
  TRELLIS_TRY(create_alias(*context.writer, alias));
  context.writer->count_update();
  return {};
}

}  // namespace

const Command kCreateAlias = {
    .kind = ast::StatementKind::kCreateAlias, .authorize = authorize, .apply = apply};

}  // namespace trellis::dbms
