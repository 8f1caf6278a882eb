// SPDX-License-Identifier: Apache-2.0
//
// SHOW PRIVILEGES, SHOW ROLE r PRIVILEGES, SHOW USER u PRIVILEGES; as rows or as commands.
#include <set>

#include "dbms/administration/show.h"

namespace trellis::dbms {
namespace {

using security::Action;
using value::Value;

bool as_commands(const ast::ShowCommand& command) {
  return command.output != ast::PrivilegeOutput::kRows;
}
bool of_user(const ast::ShowCommand& command) {
  return command.kind == ast::ShowKind::kUserPrivileges;
}

class PrivilegeRows {
 public:
  explicit PrivilegeRows(const ast::ShowCommand& command)
      : command_(command), table_(std::make_unique<TableSource>(column_count(command))) {}

  void add(const RoleRecord& role, const std::string& user) {
    for (const PrivilegeRecord& record : role.privileges) {
      if (as_commands(command_)) {
        add_command(record.privilege, role.name);
      } else {
        add_row(record.privilege, role.name, user);
      }
    }
  }
  std::unique_ptr<TableSource> take() { return std::move(table_); }

 private:
  void add_command(const security::Privilege& privilege, const std::string& role) {
    const bool revoke = command_.output == ast::PrivilegeOutput::kRevokeCommands;
    const std::string target = of_user(command_) ? "$role" : security::quote_name(role);
    const std::string text = security::command_text(privilege, target, revoke);
    if (!seen_.insert(text).second) return;  // two roles of one user give the same text
    table_->add_row({table_->text(text), Value::boolean(privilege.immutable)});
  }
  void add_row(const security::Privilege& p, const std::string& role, const std::string& user) {
    TableSource& t = *table_;
    std::vector<Value> row = {
        t.text(security::access_column(p)),   t.text(security::traits_of(p.action).stored),
        t.text(security::resource_column(p)), t.text(security::graph_column(p)),
        t.text(security::segment_column(p)),  t.text(role),
        Value::boolean(p.immutable)};
    if (of_user(command_)) row.push_back(t.text(user));
    t.add_row(row);
  }

  const ast::ShowCommand& command_;
  std::unique_ptr<TableSource> table_;
  std::set<std::string> seen_;
};

Result<> add_users(ShowContext& context, const ast::ShowCommand& command, PrivilegeRows& result) {
  TRELLIS_TRY_ASSIGN(auto names, context.arguments.names(command.names));
  if (names.empty()) names.push_back(context.principal.username);
  for (const std::string& name : names) {
    if (name != context.principal.username) {  // one's own are always shown
      TRELLIS_TRY(context.principal.require(Action::kShowPrivilege));
      TRELLIS_TRY(context.principal.require(Action::kShowUser));
    }
    const UserRecord* user = context.system.user(name);
    if (user == nullptr) continue;
    for (const std::string& role : context.system.effective_roles(*user)) {
      if (const RoleRecord* record = context.system.role(role)) result.add(*record, name);
    }
  }
  return {};
}

Result<std::unique_ptr<TableSource>> rows(ShowContext& context, const ast::ShowCommand& command) {
  PrivilegeRows result(command);
  if (of_user(command)) {
    TRELLIS_TRY(add_users(context, command, result));
    return result.take();
  }
  TRELLIS_TRY(context.principal.require(Action::kShowPrivilege));
  TRELLIS_TRY_ASSIGN(const auto names, context.arguments.names(command.names));
  if (command.kind == ast::ShowKind::kRolePrivileges) {
    for (const std::string& name : names) {
      if (const RoleRecord* role = context.system.role(name)) result.add(*role, "");
    }
    return result.take();
  }
  for (const auto& [name, role] : context.system.roles) result.add(role, "");
  return result.take();
}

}  // namespace

const ShowTable kShowPrivileges = {rows};

}  // namespace trellis::dbms
