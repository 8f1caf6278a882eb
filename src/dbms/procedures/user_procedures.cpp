// SPDX-License-Identifier: Apache-2.0
//
// dbms.showCurrentUser, dbms.security.clearAuthCache.
#include "dbms/core.h"
#include "dbms/procedures/dbms_procedures.h"
#include "dbms/table_source.h"

namespace trellis::dbms {
namespace {

using value::Value;
using Opened = Result<std::unique_ptr<cypher::RowSource>>;

cypher::Procedure show_current_user(Dbms* const* dbms) {
  cypher::Procedure p;
  p.name = "dbms.showCurrentUser";
  p.description = "Show the current user.";
  p.mode = cypher::ProcedureMode::kDbms;
  p.works_on_system = true;
  p.columns = {{"username", "STRING"}, {"roles", "LIST<STRING>"}, {"flags", "LIST<STRING>"}};
  p.open = [dbms](const cypher::CallEnvironment& environment, std::span<const Value>) -> Opened {
    const auto system = (*dbms)->core().system.current();
    auto table = std::make_unique<TableSource>(3);
    std::vector<std::string> roles, flags;
    if (const UserRecord* user = system->user(environment.username)) {
      roles = system->effective_roles(*user);
      if (user->change_required) flags.emplace_back("password_change_required");
      if (user->suspended) flags.emplace_back("is_suspended");
    }
    table->add_row({table->text(environment.username), table->texts(roles), table->texts(flags)});
    return table;
  };
  return p;
}

cypher::Procedure clear_auth_cache(Dbms* const* dbms) {
  cypher::Procedure p;
  p.name = "dbms.security.clearAuthCache";
  p.description = "Clears authentication and authorization cache.";
  p.mode = cypher::ProcedureMode::kDbms;
  p.admin_only = true;
  p.works_on_system = true;
  p.open = [dbms](const cypher::CallEnvironment&, std::span<const Value>) -> Opened {
    (*dbms)->core().auth_cache.clear();
    return std::make_unique<TableSource>(0);
  };
  return p;
}

}  // namespace

void add_user_procedures(std::vector<cypher::Procedure>& table, Dbms* const* dbms) {
  table.push_back(show_current_user(dbms));
  table.push_back(clear_auth_cache(dbms));
}

std::vector<cypher::Procedure> Dbms::procedures(Dbms* const* dbms) {
  std::vector<cypher::Procedure> table;
  add_user_procedures(table, dbms);
  add_configuration_procedures(table, dbms);
  add_certificate_procedures(table, dbms);
  add_default_database_procedure(table, dbms);
  return table;
}

}  // namespace trellis::dbms
