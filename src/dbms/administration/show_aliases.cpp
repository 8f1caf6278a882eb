// SPDX-License-Identifier: Apache-2.0
//
// SHOW ALIASES FOR DATABASE. Passwords never appear.
#include "dbms/administration/show.h"

namespace trellis::dbms {
namespace {

using security::Action;
using value::Value;

Value map_cell(TableSource& table, const ValueMap& map) {
  std::vector<value::MapEntry> entries;
  for (const auto& [name, holder] : map) entries.push_back({name, holder.get()});
  return value::copy_into(table.arena(), Value::map(entries));
}

Value text_or_null(TableSource& table, const std::string& text) {
  return text.empty() ? Value::null() : table.text(text);
}

Result<std::unique_ptr<TableSource>> rows(ShowContext& context, const ast::ShowCommand& command) {
  TRELLIS_TRY(context.principal.require(Action::kShowAlias));
  std::string wanted;
  if (command.graph) {
    TRELLIS_TRY_ASSIGN(wanted, context.arguments.graph_name(*command.graph));
  }
  auto table = std::make_unique<TableSource>(column_count(command));
  for (const auto& [name, alias] : context.system.aliases) {
    if (!wanted.empty() && name != wanted) continue;
    const bool target_visible = alias.remote ||
                                context.principal.may(Action::kDatabaseManagement) ||
                                context.principal.may(Action::kAccess, alias.target);
    table->add_row({table->text(name), text_or_null(*table, alias.composite),
                    target_visible ? table->text(alias.target) : Value::null(),
                    table->text(alias.remote ? "remote" : "local"), text_or_null(*table, alias.url),
                    text_or_null(*table, alias.username),
                    alias.remote ? map_cell(*table, alias.driver) : Value::null(), Value::null(),
                    map_cell(*table, alias.properties)});
  }
  return table;
}

}  // namespace

const ShowTable kShowAliases = {rows};

}  // namespace trellis::dbms
