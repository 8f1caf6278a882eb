// SPDX-License-Identifier: Apache-2.0
//
// SHOW [ALL|POPULATED] ROLES [WITH USERS].
#include <algorithm>

#include "dbms/administration/show.h"

namespace trellis::dbms {
namespace {

using value::Value;

std::vector<std::string> members(const SystemSnapshot& system, const std::string& role) {
  std::vector<std::string> result;
  for (const auto& [name, user] : system.users) {
    if (role == security::kPublicRole ||
        std::binary_search(user.roles.begin(), user.roles.end(), role)) {
      result.push_back(name);
    }
  }
  return result;
}

Result<std::unique_ptr<TableSource>> rows(ShowContext& context, const ast::ShowCommand& command) {
  TRELLIS_TRY(context.principal.require(security::Action::kShowRole));
  if (command.with_users) TRELLIS_TRY(context.principal.require(security::Action::kShowUser));
  auto table = std::make_unique<TableSource>(column_count(command));
  for (const auto& [name, role] : context.system.roles) {
    const auto users = members(context.system, name);
    if (command.populated_roles && users.empty()) continue;
    const Value immutable = Value::boolean(role.immutable);
    if (!command.with_users) {
      table->add_row({table->text(name), immutable});
      continue;
    }
    if (users.empty()) table->add_row({table->text(name), Value::null(), immutable});
    for (const std::string& user : users) {
      table->add_row({table->text(name), table->text(user), immutable});
    }
  }
  return table;
}

}  // namespace

const ShowTable kShowRoles = {rows};

}  // namespace trellis::dbms
