// SPDX-License-Identifier: Apache-2.0
#include "dbms/administration/show.h"

namespace trellis::dbms {

const ShowTable* find_show(ast::ShowKind kind) {
  using Kind = ast::ShowKind;
  struct Row {
    Kind kind;
    const ShowTable* table;
  };
  static const Row kRows[] = {
      {Kind::kDatabases, &kShowDatabases},
      {Kind::kDatabase, &kShowDatabases},
      {Kind::kDefaultDatabase, &kShowDatabases},
      {Kind::kHomeDatabase, &kShowDatabases},
      {Kind::kAliases, &kShowAliases},
      {Kind::kUsers, &kShowUsers},
      {Kind::kCurrentUser, &kShowUsers},
      {Kind::kRoles, &kShowRoles},
      {Kind::kPrivileges, &kShowPrivileges},
      {Kind::kRolePrivileges, &kShowPrivileges},
      {Kind::kUserPrivileges, &kShowPrivileges},
      {Kind::kSupportedPrivileges, &kShowSupportedPrivileges},
      {Kind::kTransactions, &kShowTransactions},
      {Kind::kTerminateTransactions, &kTerminateTransactions},
      {Kind::kSettings, &kShowSettings},
      {Kind::kServers, &kShowServers},
  };
  for (const Row& row : kRows) {
    if (row.kind == kind) return row.table;
  }
  return nullptr;
}

}  // namespace trellis::dbms
