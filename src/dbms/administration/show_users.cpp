// SPDX-License-Identifier: Apache-2.0
//
// SHOW USERS, SHOW USERS WITH AUTH, SHOW CURRENT USER.
#include "dbms/administration/show.h"

namespace trellis::dbms {
namespace {

using value::Value;

Value native_auth(TableSource& table, const UserRecord& user) {
  const value::MapEntry entries[] = {{"password", Value::string("***")},
                                     {"changeRequired", Value::boolean(user.change_required)}};
  return value::copy_into(table.arena(), Value::map(entries));
}

Value external_auth(TableSource& table, const AuthRecord& auth) {
  const value::MapEntry entries[] = {{"id", Value::string(auth.external_id)}};
  return value::copy_into(table.arena(), Value::map(entries));
}

void add(TableSource& table, const SystemSnapshot& system, const UserRecord& user, bool with_auth) {
  const bool native = !user.credential.empty();
  const std::vector<Value> base = {table.text(user.name), table.texts(system.effective_roles(user)),
                                   native ? Value::boolean(user.change_required) : Value::null(),
                                   Value::boolean(user.suspended),
                                   table.text_or_null(user.home_database)};
  if (!with_auth) {
    table.add_row(base);
    return;
  }
  if (native) {
    std::vector<Value> row = base;
    row.push_back(table.text("native"));
    row.push_back(native_auth(table, user));
    table.add_row(row);
  }
  for (const AuthRecord& auth : user.external_auth) {
    std::vector<Value> row = base;
    row.push_back(table.text(auth.provider));
    row.push_back(external_auth(table, auth));
    table.add_row(row);
  }
}

Result<std::unique_ptr<TableSource>> rows(ShowContext& context, const ast::ShowCommand& command) {
  auto table = std::make_unique<TableSource>(column_count(command));
  if (command.kind == ast::ShowKind::kCurrentUser) {
    const UserRecord* user = context.system.user(context.principal.username);
    if (user != nullptr) add(*table, context.system, *user, command.with_auth);
    return table;
  }
  TRELLIS_TRY(context.principal.require(security::Action::kShowUser));
  for (const auto& [name, user] : context.system.users) {
    add(*table, context.system, user, command.with_auth);
  }
  return table;
}

}  // namespace

const ShowTable kShowUsers = {rows};

}  // namespace trellis::dbms
