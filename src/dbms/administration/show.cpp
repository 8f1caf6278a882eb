// SPDX-License-Identifier: Apache-2.0
#include "dbms/administration/show.h"

#include "cypher/semantics/show_columns.h"

namespace trellis::dbms {

std::vector<cypher::SourceColumn> source_columns(const ast::ShowCommand& command) {
  std::vector<cypher::SourceColumn> result;
  for (const cypher::ShowColumn& column : cypher::show_columns(command)) {
    result.push_back(
        {std::string(column.name), cypher::to_string(column.type), column.shown_by_default});
  }
  return result;
}

uint32_t column_count(const ast::ShowCommand& command) {
  return static_cast<uint32_t>(cypher::show_columns(command).size());
}

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
      {Kind::kCertificates, &kShowCertificates},
      {Kind::kServers, &kShowServers},
  };
  for (const Row& row : kRows) {
    if (row.kind == kind) return row.table;
  }
  return nullptr;
}

}  // namespace trellis::dbms
