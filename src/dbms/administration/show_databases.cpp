// SPDX-License-Identifier: Apache-2.0
//
// SHOW DATABASES, SHOW DATABASE n, SHOW DEFAULT DATABASE, SHOW HOME DATABASE.
#include "dbms/administration/show.h"

namespace trellis::dbms {
namespace {

using security::Action;
using value::Value;

bool lists_many(const ast::ShowCommand& command) {
  return command.kind == ast::ShowKind::kDatabases || command.kind == ast::ShowKind::kDatabase;
}

// May the user see the database in the list?
bool visible(const Principal& principal, const DatabaseRecord& database) {
  if (database.kind == DatabaseKind::kSystem) return true;
  for (const Action action : {Action::kCreateDatabase, Action::kDropDatabase,
                              Action::kAlterDatabase, Action::kSetDatabaseAccess}) {
    if (principal.may(action)) return true;
  }
  return principal.may(Action::kAccess, database.name);
}

class DatabaseRows {
 public:
  DatabaseRows(ShowContext& context, const ast::ShowCommand& command)
      : context_(context),
        command_(command),
        table_(std::make_unique<TableSource>(column_count(command))) {}

  void add(const DatabaseRecord& database) {
    const bool standard = database.kind == DatabaseKind::kStandard;
    const DatabaseState state = standard ? context_.core.databases.state(database.name)
                                         : DatabaseState{DatabaseStatus::kOnline, "", true};
    std::vector<std::string> aliases, constituents;
    for (const AliasRecord* alias : context_.system.aliases_of(database.name)) {
      aliases.push_back(alias->name);
    }
    for (const AliasRecord* alias : context_.system.constituents_of(database.name)) {
      constituents.push_back(alias->name);
    }
    const bool composite = database.kind == DatabaseKind::kComposite;
    const bool read_only = database.read_only || composite;
    TableSource& t = *table_;
    const auto open = open_store(database);
    std::vector<Value> row = {t.text(database.name),
                              t.text(composite  ? "composite"
                                     : standard ? "standard"
                                                : "system"),
                              t.texts(aliases),
                              t.text(read_only ? "read-only" : "read-write"),
                              open ? t.text(open->store->uuid()) : Value::null(),
                              t.text(context_.system.dbms_id),
                              t.text(context_.core.options.bolt_address),
                              composite ? Value::null() : t.text("primary"),
                              Value::boolean(!composite),
                              t.text(database.requested_online ? "online" : "offline"),
                              t.text(to_string(state.status)),
                              t.text(state.message)};
    if (lists_many(command_)) {
      row.push_back(Value::boolean(database.name == context_.system.default_database));
      row.push_back(Value::boolean(context_.principal.is_home(database.name)));
    }
    for (const int64_t count : {1, 0, 1, 0}) {
      row.push_back(composite ? Value::null() : Value::integer(count));
    }
    row.push_back(t.date_time_ms(database.created_at_ms));
    row.push_back(t.date_time_ms(database.started_at_ms));
    row.push_back(t.date_time_ms(database.stopped_at_ms));
    row.push_back(composite ? Value::null() : t.text("trellis-1.0"));
    row.push_back(open ? Value::integer(static_cast<int64_t>(open->store->last_commit_index()))
                       : Value::null());
    row.push_back(Value::integer(0));
    row.push_back(t.texts(constituents));
    row.push_back(t.text("CYPHER 5"));
    row.push_back(options_cell(database));
    t.add_row(row);
  }

  std::unique_ptr<TableSource> take() { return std::move(table_); }

 private:
  std::shared_ptr<LocalDatabase> open_store(const DatabaseRecord& database) const {
    if (database.kind == DatabaseKind::kSystem) return context_.core.system_database;
    auto online = context_.core.databases.online(database.name);
    return online ? *online : nullptr;
  }

  Value options_cell(const DatabaseRecord& database) {
    std::vector<value::MapEntry> options;
    for (const auto& [name, text] : database.options) {
      options.push_back({name, Value::string(text)});
    }
    return value::copy_into(table_->arena(), Value::map(options));
  }

  ShowContext& context_;
  const ast::ShowCommand& command_;
  std::unique_ptr<TableSource> table_;
};

// The database that the command singles out, in lower case; empty: all.
Result<std::string> wanted_name(ShowContext& context, const ast::ShowCommand& command) {
  switch (command.kind) {
    case ast::ShowKind::kDefaultDatabase:
      return context.system.default_database;
    case ast::ShowKind::kHomeDatabase:
      return context.principal.home_database();
    default:
      break;
  }
  if (!command.graph) return std::string();
  return context.arguments.graph_name(*command.graph);
}

Result<std::unique_ptr<TableSource>> rows(ShowContext& context, const ast::ShowCommand& command) {
  TRELLIS_TRY_ASSIGN(std::string wanted, wanted_name(context, command));
  const AliasRecord* alias = context.system.alias(wanted);
  if (alias != nullptr && !alias->remote) wanted = alias->target;
  DatabaseRows result(context, command);
  for (const auto& [name, database] : context.system.databases) {
    if (!wanted.empty() && name != wanted) continue;
    if (visible(context.principal, database)) result.add(database);
  }
  return result.take();
}

}  // namespace

const ShowTable kShowDatabases = {rows};

}  // namespace trellis::dbms
