// SPDX-License-Identifier: Apache-2.0
#include "dbms/administration/database_changes.h"
#include "dbms/system_schema.h"

namespace trellis::dbms {
namespace {

namespace key = system_schema::key;
using security::Action;
using value::Value;

Result<> authorize(CommandContext& context, const ast::Statement& statement) {
  const auto& command = ast::as<ast::AlterDatabase>(statement);
  if (command.access) TRELLIS_TRY(context.principal.require(Action::kSetDatabaseAccess));
  const bool more = command.topology || !command.set_options.empty() ||
                    !command.remove_options.empty() || !command.default_language.empty();
  if (more) TRELLIS_TRY(context.principal.require(Action::kAlterDatabase));
  return {};
}

Result<> check_option(std::string_view name) {
  if (name == "txLogEnrichment") return {};
  return fail(ErrorCode::InvalidArguments,
              "The option '{}' cannot be altered. There is: txLogEnrichment.", name);
}

Result<> apply(CommandContext& context, const ast::Statement& statement) {
  const auto& command = ast::as<ast::AlterDatabase>(statement);
  TRELLIS_TRY_ASSIGN(const std::string name, context.arguments.graph_name(command.name));
  if (command.if_exists && context.system->database(name) == nullptr) {
    notify_no_effect(context, fmt::format("Database '{}' does not exist.", name));
    return {};
  }
  TRELLIS_TRY_ASSIGN(const DatabaseRecord* database, existing_database(*context.system, name));
  TRELLIS_TRY(check_not_system(*database, "alter"));
  if (database->kind == DatabaseKind::kComposite && (command.access || command.topology)) {
    return fail(ErrorCode::UnsupportedAdministrationCommand,
                "Access and topology of the composite database '{}' cannot be altered.", name);
  }
  TRELLIS_TRY(check_topology(context, command.topology));
  SystemWriter& writer = *context.writer;
  if (command.access) {
    const bool read_only = *command.access == ast::DatabaseAccess::kReadOnly;
    TRELLIS_TRY(writer.set(database->node, key::kAccess,
                           Value::string(read_only ? "read-only" : "read-write")));
  }
  for (const ast::DatabaseOption& option : command.set_options) {
    TRELLIS_TRY(check_option(option.name));
    TRELLIS_TRY_ASSIGN(const Value v, context.arguments.evaluate(*option.value));
    if (!v.is(value::Type::kString)) {
      return fail(ErrorCode::InvalidArguments, "The option '{}' must be a STRING.", option.name);
    }
    TRELLIS_TRY(writer.set(database->node, std::string(key::kOptionPrefix) + option.name, v));
  }
  for (const std::string& option : command.remove_options) {
    TRELLIS_TRY(check_option(option));
    TRELLIS_TRY(
        writer.set(database->node, std::string(key::kOptionPrefix) + option, Value::null()));
  }
  writer.count_update();
  return {};
}

Result<Command::Waiting> waits_for(CommandContext& context, const ast::Statement& statement) {
  const auto& command = ast::as<ast::AlterDatabase>(statement);
  TRELLIS_TRY_ASSIGN(std::string name, context.arguments.graph_name(command.name));
  return Command::Waiting{command.wait, std::move(name)};
}

}  // namespace

const Command kAlterDatabase = {.kind = ast::StatementKind::kAlterDatabase,
                                .authorize = authorize,
                                .apply = apply,
                                .waits_for = waits_for};

}  // namespace trellis::dbms
