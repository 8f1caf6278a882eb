// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "dbms/administration/database_changes.h"
#include "dbms/names.h"

namespace trellis::dbms {
namespace {

using security::Action;

Result<> authorize(CommandContext& context, const ast::Statement& statement) {
  TRELLIS_TRY(context.principal.require(Action::kCreateDatabase));
  if (ast::as<ast::CreateDatabase>(statement).if_exists == ast::IfExists::kOrReplace) {
    TRELLIS_TRY(context.principal.require(Action::kDropDatabase));
  }
  return {};
}

// Options that are kept as they are; they say how Neo4j stores, which has no meaning here.
Result<std::map<std::string, std::string>> read_options(CommandContext& context,
                                                        const ast::ExpressionPtr& expression) {
  constexpr std::array<std::string_view, 3> kKept = {"storeFormat", "txLogEnrichment",
                                                     "existingData"};
  TRELLIS_TRY_ASSIGN(const ValueMap given, context.arguments.map(expression));
  std::map<std::string, std::string> options;
  for (const auto& [name, holder] : given) {
    if (std::find(kKept.begin(), kKept.end(), name) == kKept.end()) {
      return fail(ErrorCode::InvalidArguments,
                  "The option '{}' of CREATE DATABASE is not supported. There are: storeFormat, "
                  "txLogEnrichment.",
                  name);
    }
    if (!holder.get().is(value::Type::kString)) {
      return fail(ErrorCode::InvalidArguments, "The option '{}' must be a STRING.", name);
    }
    options.emplace(name, holder.get().as_string());
  }
  return options;
}

Result<> apply(CommandContext& context, const ast::Statement& statement) {
  const auto& command = ast::as<ast::CreateDatabase>(statement);
  TRELLIS_TRY_ASSIGN(const std::string name, context.arguments.graph_name(command.name));
  if (const DatabaseRecord* existing = context.system->database(name)) {
    if (command.if_exists == ast::IfExists::kIfNotExists) {
      notify_no_effect(context, fmt::format("Database '{}' already exists.", name));
      return {};
    }
    if (command.if_exists == ast::IfExists::kOrReplace) {
      TRELLIS_TRY(remove_database(context, *existing, AliasFate::kKeep));
    } else {
      return check_name_is_free(*context.system, name);
    }
  } else {
    TRELLIS_TRY(check_database_name(name));
    TRELLIS_TRY(check_name_is_free(*context.system, name));
    const auto limit = static_cast<size_t>(context.core.config().databases.max_databases);
    if (context.system->databases.size() >= limit) {
      return fail(ErrorCode::DatabaseLimitReached,
                  "There are {} databases, which is the limit (dbms.max_databases).",
                  context.system->databases.size());
    }
  }
  TRELLIS_TRY(check_topology(context, command.topology));
  DatabaseRecord database = new_database(context.core, name, DatabaseKind::kStandard);
  TRELLIS_TRY_ASSIGN(database.options, read_options(context, command.options));
  TRELLIS_TRY(create_database(*context.writer, database));
  context.writer->count_update();
  return {};
}

Result<Command::Waiting> waits_for(CommandContext& context, const ast::Statement& statement) {
  const auto& command = ast::as<ast::CreateDatabase>(statement);
  TRELLIS_TRY_ASSIGN(std::string name, context.arguments.graph_name(command.name));
  return Command::Waiting{command.wait, std::move(name)};
}

}  // namespace

const Command kCreateDatabase = {.kind = ast::StatementKind::kCreateDatabase,
                                 .authorize = authorize,
                                 .apply = apply,
                                 .waits_for = waits_for};

}  // namespace trellis::dbms
