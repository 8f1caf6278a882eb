// SPDX-License-Identifier: Apache-2.0
//
// SHOW and TERMINATE commands of this room: each makes a table; its YIELD, WHERE and RETURN tail is
// an ordinary plan over it (cypher::Engine::project). Found through a table by kind; one file each.
#pragma once

#include <memory>
#include <vector>

#include "base/result.h"
#include "cypher/row_source.h"
#include "cypher/syntax/ast.h"
#include "dbms/arguments.h"
#include "dbms/core.h"
#include "dbms/principal.h"
#include "dbms/table_source.h"

namespace trellis::dbms {

struct ShowContext {
  Core& core;
  const Principal& principal;
  Arguments& arguments;
  const SystemSnapshot& system;  // what the transaction sees, its own changes included
};

struct ShowTable {
  // The rows, with all columns of cypher::show_columns(command). Forbidden where a privilege is
  // missing altogether.
  Result<std::unique_ptr<TableSource>> (*rows)(ShowContext& context,
                                               const ast::ShowCommand& command);
};

std::vector<cypher::SourceColumn> source_columns(const ast::ShowCommand& command);
uint32_t column_count(const ast::ShowCommand& command);

// Null when the command is not one of this room (SHOW INDEXES and the like are planned on a graph).
const ShowTable* find_show(ast::ShowKind kind);

extern const ShowTable kShowDatabases, kShowAliases, kShowUsers, kShowRoles, kShowPrivileges;
extern const ShowTable kShowSupportedPrivileges, kShowTransactions, kTerminateTransactions;
extern const ShowTable kShowSettings, kShowCertificates, kShowServers;

}  // namespace trellis::dbms
