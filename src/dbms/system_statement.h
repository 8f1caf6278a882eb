// SPDX-License-Identifier: Apache-2.0
//
// What may run where there is no graph to be seen: on `system`, and on a composite database itself.
#pragma once

#include <string_view>

#include "base/result.h"
#include "cypher/result_stream.h"
#include "cypher/syntax/ast.h"

namespace trellis::dbms {

// Procedure calls and computing are allowed; clauses that read or write a graph are not
// (UnsupportedOnSystem).
Result<> check_without_graph(const cypher::ast::Statement& statement, std::string_view database);

// Summaries hold move-only parts.
cypher::Summary copy_summary(const cypher::Summary& summary);

}  // namespace trellis::dbms
