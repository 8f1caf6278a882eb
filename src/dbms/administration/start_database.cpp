// SPDX-License-Identifier: Apache-2.0
#include "dbms/administration/database_changes.h"
#include "dbms/system_schema.h"

namespace trellis::dbms {
namespace {

namespace key = system_schema::key;
using value::Value;

Result<> authorize(CommandContext& context, const ast::Statement& statement) {
  TRELLIS_TRY_ASSIGN(const std::string name,
                     context.arguments.graph_name(ast::as<ast::StartDatabase>(statement).name));
  return context.principal.require(security::Action::kStartDatabase, name);
}

Result<> apply(CommandContext& context, const ast::Statement& statement) {
  TRELLIS_TRY_ASSIGN(const std::string name,
                     context.arguments.graph_name(ast::as<ast::StartDatabase>(statement).name));
  TRELLIS_TRY_ASSIGN(const DatabaseRecord* database, existing_database(*context.system, name));
  TRELLIS_TRY(check_not_system(*database, "start"));
  // One that failed to start is tried again.
  if (database->requested_online &&
      context.core.databases.state(name).status != DatabaseStatus::kFailed) {
    notify_no_effect(context, fmt::format("Database '{}' is online already.", name));
    return {};
  }
  TRELLIS_TRY(context.writer->set(database->node, key::kRequested, Value::string("online")));
  TRELLIS_TRY(
      context.writer->set(database->node, key::kStartedAt, Value::integer(context.core.now_ms())));
  context.writer->count_update();
  return {};
}

Result<Command::Waiting> waits_for(CommandContext& context, const ast::Statement& statement) {
  const auto& command = ast::as<ast::StartDatabase>(statement);
  TRELLIS_TRY_ASSIGN(std::string name, context.arguments.graph_name(command.name));
  return Command::Waiting{command.wait, std::move(name)};
}

}  // namespace

const Command kStartDatabase = {.kind = ast::StatementKind::kStartDatabase,
                                .authorize = authorize,
                                .apply = apply,
                                .waits_for = waits_for};

}  // namespace trellis::dbms
