// SPDX-License-Identifier: Apache-2.0
#include "dbms/administration/database_changes.h"
#include "dbms/names.h"

namespace trellis::dbms {
namespace {

using security::Action;

Result<> authorize(CommandContext& context, const ast::Statement& statement) {
  TRELLIS_TRY(context.principal.require(Action::kCreateCompositeDatabase));
  if (ast::as<ast::CreateCompositeDatabase>(statement).if_exists == ast::IfExists::kOrReplace) {
    TRELLIS_TRY(context.principal.require(Action::kDropCompositeDatabase));
  }
  return {};
}

Result<> apply(CommandContext& context, const ast::Statement& statement) {
  const auto& command = ast::as<ast::CreateCompositeDatabase>(statement);
  TRELLIS_TRY_ASSIGN(const std::string name, context.arguments.graph_name(command.name));
  if (const DatabaseRecord* existing = context.system->database(name)) {
    if (command.if_exists == ast::IfExists::kIfNotExists) {
      notify_no_effect(context, fmt::format("Database '{}' already exists.", name));
      return {};
    }
    if (command.if_exists != ast::IfExists::kOrReplace) {
      return check_name_is_free(*context.system, name);
    }
    TRELLIS_TRY(remove_database(context, *existing, AliasFate::kKeep));
  } else {
    TRELLIS_TRY(check_database_name(name));
    TRELLIS_TRY(check_name_is_free(*context.system, name));
  }
  TRELLIS_TRY(
      create_database(*context.writer, new_database(context.core, name, DatabaseKind::kComposite)));
  context.writer->count_update();
  return {};
}

Result<Command::Waiting> waits_for(CommandContext& context, const ast::Statement& statement) {
  const auto& command = ast::as<ast::CreateCompositeDatabase>(statement);
  TRELLIS_TRY_ASSIGN(std::string name, context.arguments.graph_name(command.name));
  return Command::Waiting{command.wait, std::move(name)};
}

}  // namespace

const Command kCreateCompositeDatabase = {.kind = ast::StatementKind::kCreateCompositeDatabase,
                                          .authorize = authorize,
                                          .apply = apply,
                                          .waits_for = waits_for};

}  // namespace trellis::dbms
