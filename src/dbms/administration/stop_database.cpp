// SPDX-License-Identifier: Apache-2.0
#include "dbms/administration/database_changes.h"
#include "dbms/system_schema.h"

namespace trellis::dbms {
namespace {

namespace key = system_schema::key;
using value::Value;

Result<> authorize(CommandContext& context, const ast::Statement& statement) {
  TRELLIS_TRY_ASSIGN(const std::string name,
                     context.arguments.graph_name(ast::as<ast::StopDatabase>(statement).name));
  return context.principal.require(security::Action::kStopDatabase, name);
}

Result<> apply(CommandContext& context, const ast::Statement& statement) {
  TRELLIS_TRY_ASSIGN(const std::string name,
                     context.arguments.graph_name(ast::as<ast::StopDatabase>(statement).name));
  TRELLIS_TRY_ASSIGN(const DatabaseRecord* database, existing_database(*context.system, name));
  TRELLIS_TRY(check_not_system(*database, "stop"));
  if (!database->requested_online) {
    notify_no_effect(context, fmt::format("Database '{}' is offline already.", name));
    return {};
  }
  TRELLIS_TRY(context.writer->set(database->node, key::kRequested, Value::string("offline")));
  TRELLIS_TRY(
      context.writer->set(database->node, key::kStoppedAt, Value::integer(context.core.now_ms())));
  context.writer->count_update();
  return {};
}

Result<Command::Waiting> waits_for(CommandContext& context, const ast::Statement& statement) {
  const auto& command = ast::as<ast::StopDatabase>(statement);
  TRELLIS_TRY_ASSIGN(std::string name, context.arguments.graph_name(command.name));
  return Command::Waiting{command.wait, std::move(name)};
}

}  // namespace

const Command kStopDatabase = {.kind = ast::StatementKind::kStopDatabase,
                               .authorize = authorize,
                               .apply = apply,
                               .waits_for = waits_for};

}  // namespace trellis::dbms
