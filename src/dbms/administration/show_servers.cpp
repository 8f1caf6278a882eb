// SPDX-License-Identifier: Apache-2.0
//
// SHOW SERVERS: this one.
#include "dbms/administration/show.h"

namespace trellis::dbms {
namespace {

using value::Value;

Result<std::unique_ptr<TableSource>> rows(ShowContext& context, const ast::ShowCommand& command) {
  TRELLIS_TRY(context.principal.require(security::Action::kShowServer));
  auto table = std::make_unique<TableSource>(column_count(command));
  std::vector<std::string> hosting;
  for (const auto& [name, database] : context.system.databases) {
    if (database.kind != DatabaseKind::kComposite) hosting.push_back(name);
  }
  const Value null;
  const Value none = table->texts({});
  table->add_row({table->text(context.system.dbms_id),
                  table->text(context.core.options.bolt_address), table->text("Enabled"),
                  table->text("Available"), table->texts(hosting),
                  table->text(context.system.dbms_id), null, null, table->texts(hosting), none,
                  none, none, table->text("NONE"), table->text("5.26.0")});
  return table;
}

}  // namespace

const ShowTable kShowServers = {rows};

}  // namespace trellis::dbms
