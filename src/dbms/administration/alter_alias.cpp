// SPDX-License-Identifier: Apache-2.0
#include "dbms/administration/alias_changes.h"
#include "dbms/system_schema.h"

namespace trellis::dbms {
namespace {

namespace key = system_schema::key;
using value::Value;

Result<> authorize(CommandContext& context, const ast::Statement&) {
  return context.principal.require(security::Action::kAlterAlias);
}

Result<> alter_remote(CommandContext& context, const ast::AlterAlias& command,
                      const AliasRecord& alias) {
  SystemWriter& writer = *context.writer;
  std::string url = alias.url;
  if (command.url) {
    TRELLIS_TRY_ASSIGN(url, context.arguments.name(*command.url));
    TRELLIS_TRY(writer.set(alias.node, key::kUrl, Value::string(url)));
  }
  ValueMap driver;
  for (const auto& [name, holder] : alias.driver) driver.emplace(name, holder.clone());
  if (command.driver) {
    TRELLIS_TRY_ASSIGN(const ValueMap given, context.arguments.map(command.driver));
    TRELLIS_TRY_ASSIGN(driver, normalize_driver_map(context.core, given));
    TRELLIS_TRY(replace_map(writer, alias.node, key::kDriverPrefix, alias.driver, driver));
  }
  TRELLIS_TRY_ASSIGN(const DriverSettings settings, driver_settings(context.core, driver));
  if (command.url || command.driver) TRELLIS_TRY(check_remote_url(url, settings.ssl_enforced));
  if (command.target) {
    TRELLIS_TRY_ASSIGN(const std::string target, context.arguments.graph_name(*command.target));
    TRELLIS_TRY(writer.set(alias.node, key::kTarget, Value::string(target)));
  }
  if (command.user) {
    TRELLIS_TRY_ASSIGN(const std::string user, context.arguments.name(*command.user));
    TRELLIS_TRY(writer.set(alias.node, key::kUsername, Value::string(user)));
  }
  if (command.password) {
    TRELLIS_TRY_ASSIGN(const Secret password, context.arguments.password(*command.password));
    TRELLIS_TRY_ASSIGN(const std::string sealed,
                       seal_password(context.core, context.system->dbms_id, alias.name, password));
    const auto* bytes = reinterpret_cast<const std::byte*>(sealed.data());
    TRELLIS_TRY(writer.set(alias.node, key::kSealedPassword,
                           Value::bytes(std::span(bytes, sealed.size()))));
  }
  context.branch->forget_remotes.push_back(alias.name);
  return {};
}

Result<> alter_local(CommandContext& context, const ast::AlterAlias& command,
                     const AliasRecord& alias) {
  if (!command.target) return {};
  TRELLIS_TRY_ASSIGN(const std::string target, context.arguments.graph_name(*command.target));
  TRELLIS_TRY(check_local_target(*context.system, target));
  return context.writer->set(alias.node, key::kTarget, Value::string(target));
}

Result<> apply(CommandContext& context, const ast::Statement& statement) {
  const auto& command = ast::as<ast::AlterAlias>(statement);
  TRELLIS_TRY_ASSIGN(const std::string name, context.arguments.graph_name(command.name));
  const AliasRecord* alias = context.system->alias(name);
  if (alias == nullptr) {
    if (command.if_exists) {
      notify_no_effect(context, fmt::format("Alias '{}' does not exist.", name));
      return {};
    }
    return fail(ErrorCode::DatabaseNotFound, "Alias '{}' does not exist.", name);
  }
  const bool needs_remote = command.url || command.user || command.password || command.driver;
  if (!alias->remote && needs_remote) {
    return fail(
        ErrorCode::InvalidArguments,
        "'{}' is a local alias and cannot be made a remote one. Drop it and create it anew.", name);
  }
  if (alias->remote && command.target && !command.url) {
    return fail(ErrorCode::InvalidArguments,
                "'{}' is a remote alias and cannot be made a local one; give the URL with the "
                "target: TARGET .. AT '..'.",
                name);
  }
  TRELLIS_TRY(alias->remote ? alter_remote(context, command, *alias)
                            : alter_local(context, command, *alias));
  if (command.properties) {
    TRELLIS_TRY_ASSIGN(const ValueMap properties, alias_properties(context, command.properties));
    TRELLIS_TRY(replace_map(*context.writer, alias->node, key::kPropertyPrefix, alias->properties,
                            properties));
  }
  TRELLIS_TRY(context.writer->set(alias->node, key::kChanges,
                                  Value::integer(static_cast<int64_t>(alias->changes + 1))));
  context.writer->count_update();
  return {};
}

}  // namespace

const Command kAlterAlias = {
    .kind = ast::StatementKind::kAlterAlias, .authorize = authorize, .apply = apply};

}  // namespace trellis::dbms
