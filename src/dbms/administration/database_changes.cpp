// SPDX-License-Identifier: Apache-2.0
#include "dbms/administration/database_changes.h"

#include "dbms/names.h"

namespace trellis::dbms {

DatabaseRecord new_database(const Core& core, std::string name, DatabaseKind kind) {
  DatabaseRecord database;
  // The suffix keeps a dropped database's files apart from those of a later one of the same name.
  if (kind == DatabaseKind::kStandard) database.directory = name + "-" + random_uuid().substr(0, 8);
  database.name = std::move(name);
  database.kind = kind;
  database.created_at_ms = database.started_at_ms = core.now_ms();
  return database;
}

Result<> check_name_is_free(const SystemSnapshot& system, std::string_view name) {
  if (system.database(name) != nullptr) {
    return fail(ErrorCode::ExistingDatabaseFound, "Database '{}' already exists.", name);
  }
  if (system.alias(name) != nullptr) {
    return fail(ErrorCode::ExistingAliasFound, "An alias with the name '{}' already exists.", name);
  }
  return {};
}

Result<> remove_database(CommandContext& context, const DatabaseRecord& database, AliasFate fate) {
  TRELLIS_TRY(check_not_system(database, "drop"));
  if (fate != AliasFate::kKeep && database.name == context.system->default_database) {
    return fail(ErrorCode::InvalidArguments,
                "'{}' is the default database and cannot be dropped. Make another one the default "
                "first: CALL dbms.setDefaultDatabase(..).",
                database.name);
  }
  auto aliases = context.system->aliases_of(database.name);
  if (fate == AliasFate::kKeep) aliases.clear();
  if (!aliases.empty() && fate == AliasFate::kRestrict) {
    return fail(ErrorCode::AliasBlocksDrop,
                "Database '{}' cannot be dropped: the alias '{}' points to it. Drop it first, or "
                "use CASCADE ALIASES.",
                database.name, aliases.front()->name);
  }
  for (const AliasRecord* alias : aliases) {
    TRELLIS_TRY(context.writer->remove(alias->node));
    context.writer->count_update();
  }
  for (const AliasRecord* constituent : context.system->constituents_of(database.name)) {
    if (constituent->remote) context.branch->forget_remotes.push_back(constituent->name);
    TRELLIS_TRY(context.writer->remove(constituent->node));
    context.writer->count_update();
  }
  TRELLIS_TRY(remove_privileges_on(*context.writer, *context.system, database.name));
  TRELLIS_TRY(context.writer->remove(database.node));
  context.writer->count_update();
  return {};
}

Result<> check_topology(CommandContext& context, const std::optional<ast::Topology>& topology) {
  if (!topology) return {};
  int64_t primaries = 1;
  int64_t secondaries = 0;
  if (topology->primaries) {
    TRELLIS_TRY_ASSIGN(primaries, context.arguments.count(*topology->primaries));
  }
  if (topology->secondaries) {
    TRELLIS_TRY_ASSIGN(secondaries, context.arguments.count(*topology->secondaries));
  }
  if (primaries == 1 && secondaries == 0) return {};
  return fail(
      ErrorCode::UnsupportedAdministrationCommand,
      "This server stands alone: a database has 1 primary and 0 secondaries, not {} and {}.",
      primaries, secondaries);
}

Result<> check_not_system(const DatabaseRecord& database, std::string_view verb) {
  if (database.kind != DatabaseKind::kSystem) return {};
  return fail(ErrorCode::UnsupportedAdministrationCommand,
              "Not allowed to {} the database 'system'.", verb);
}

}  // namespace trellis::dbms
