// SPDX-License-Identifier: Apache-2.0
//
// SHOW SERVERS: this one.
#include "dbms/administration/show.h"

namespace trellis::dbms {
namespace {

using value::Value;

std::vector<cypher::SourceColumn> columns(const ast::ShowCommand&) {
  return {{"name", "STRING"},          {"address", "STRING"},       {"state", "STRING"},
          {"health", "STRING"},        {"hosting", "LIST<STRING>"}, {"serverId", "STRING", false},
          {"version", "STRING", false}};
}

Result<std::unique_ptr<TableSource>> rows(ShowContext& context, const ast::ShowCommand&) {
  TRELLIS_TRY(context.principal.require(security::Action::kShowServer));
  auto table = std::make_unique<TableSource>(7);
  std::vector<std::string> hosting;
  for (const auto& [name, database] : context.system.databases) {
    if (database.kind != DatabaseKind::kComposite) hosting.push_back(name);
  }
  table->add_row({table->text(context.system.dbms_id),
                  table->text(context.core.options.bolt_address), table->text("Enabled"),
                  table->text("Available"), table->texts(hosting),
                  table->text(context.system.dbms_id), table->text("5.26.0")});
  return table;
}

}  // namespace

const ShowTable kShowServers = {columns, rows};

}  // namespace trellis::dbms
