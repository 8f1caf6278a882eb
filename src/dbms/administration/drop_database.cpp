// SPDX-License-Identifier: Apache-2.0
#include "dbms/administration/database_changes.h"

namespace trellis::dbms {
namespace {

using security::Action;

Result<> authorize(CommandContext& context, const ast::Statement& statement) {
  const auto& command = ast::as<ast::DropDatabase>(statement);
  if (command.dump_data) {
    return fail(
        ErrorCode::UnsupportedAdministrationCommand,
        "DUMP DATA is not supported yet. Back the database up first, then use DESTROY DATA.");
  }
  if (command.cascade_aliases) TRELLIS_TRY(context.principal.require(Action::kDropAlias));
  if (command.composite) return context.principal.require(Action::kDropCompositeDatabase);
  if (context.principal.may(Action::kDropDatabase)) return {};
  // DROP DATABASE of a composite one needs only the right to drop those.
  TRELLIS_TRY_ASSIGN(const std::string name, context.arguments.graph_name(command.name));
  const DatabaseRecord* database = context.principal.system->database(name);
  const bool composite = database != nullptr && database->kind == DatabaseKind::kComposite;
  return context.principal.require(composite ? Action::kDropCompositeDatabase
                                             : Action::kDropDatabase);
}

Result<> apply(CommandContext& context, const ast::Statement& statement) {
  const auto& command = ast::as<ast::DropDatabase>(statement);
  TRELLIS_TRY_ASSIGN(const std::string name, context.arguments.graph_name(command.name));
  const DatabaseRecord* database = context.system->database(name);
  const bool wrong_kind =
      database != nullptr && command.composite && database->kind != DatabaseKind::kComposite;
  if (command.if_exists && (database == nullptr || wrong_kind)) {
    notify_no_effect(context, fmt::format("Database '{}' does not exist.", name));
    return {};
  }
  TRELLIS_TRY_ASSIGN(database, existing_database(*context.system, name));
  if (wrong_kind) {
    return fail(ErrorCode::DatabaseNotFound, "'{}' is no composite database.", name);
  }
  return remove_database(context, *database,
                         command.cascade_aliases ? AliasFate::kCascade : AliasFate::kRestrict);
}

Result<Command::Waiting> waits_for(CommandContext& context, const ast::Statement& statement) {
  const auto& command = ast::as<ast::DropDatabase>(statement);
  TRELLIS_TRY_ASSIGN(std::string name, context.arguments.graph_name(command.name));
  return Command::Waiting{command.wait, std::move(name)};
}

}  // namespace

const Command kDropDatabase = {.kind = ast::StatementKind::kDropDatabase,
                               .authorize = authorize,
                               .apply = apply,
                               .waits_for = waits_for};

}  // namespace trellis::dbms
