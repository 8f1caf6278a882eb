// SPDX-License-Identifier: Apache-2.0
#include "dbms/administration/command.h"

namespace trellis::dbms {
namespace {

Result<> authorize(CommandContext& context, const ast::Statement&) {
  return context.principal.require(security::Action::kDropAlias);
}

Result<> apply(CommandContext& context, const ast::Statement& statement) {
  const auto& command = ast::as<ast::DropAlias>(statement);
  TRELLIS_TRY_ASSIGN(const std::string name, context.arguments.graph_name(command.name));
  const AliasRecord* alias = context.system->alias(name);
  if (alias == nullptr) {
    if (command.if_exists) {
      notify_no_effect(context, fmt::format("Alias '{}' does not exist.", name));
      return {};
    }
    return fail(ErrorCode::DatabaseNotFound, "Alias '{}' does not exist.", name);
  }
  if (alias->remote) {
    // Privileges on a remote alias go with it; those on a local one belong to its target.
    TRELLIS_TRY(remove_privileges_on(*context.writer, *context.system, name));
    context.branch->forget_remotes.push_back(name);
  }
  TRELLIS_TRY(context.writer->remove(alias->node));
  context.writer->count_update();
  return {};
}

}  // namespace

const Command kDropAlias = {
    .kind = ast::StatementKind::kDropAlias, .authorize = authorize, .apply = apply};

}  // namespace trellis::dbms
