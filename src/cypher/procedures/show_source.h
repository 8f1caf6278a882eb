// SPDX-License-Identifier: Apache-2.0
//
// The rows of SHOW INDEXES, CONSTRAINTS, FUNCTIONS and PROCEDURES, every column of
// semantics/show_columns.h in its order. Indexes and constraints need a database in the
// environment, and the right to see them (Forbidden).
#pragma once

#include <memory>

#include "cypher/functions/registry.h"
#include "cypher/row_source.h"
#include "cypher/syntax/ast_statement.h"

namespace trellis::cypher {

Result<std::unique_ptr<RowSource>> open_show_source(const ast::ShowCommand& command,
                                                    const CallEnvironment& environment,
                                                    const FunctionRegistry& functions,
                                                    const ProcedureTable& procedures);

}  // namespace trellis::cypher
