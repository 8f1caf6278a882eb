// SPDX-License-Identifier: Apache-2.0
//
// The columns of every SHOW and TERMINATE command, in the order in which their row sources must
// yield them. Source: Neo4j operations manual.
#pragma once

#include <string_view>
#include <vector>

#include "cypher/semantics/static_type.h"
#include "cypher/syntax/ast_statement.h"

namespace trellis::cypher {

struct ShowColumn {
  std::string_view name;
  StaticType type;
  bool shown_by_default = true;  // without YIELD only these come back
};

std::vector<ShowColumn> show_columns(const ast::ShowCommand& command);

}  // namespace trellis::cypher
