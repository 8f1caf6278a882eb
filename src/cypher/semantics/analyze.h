// SPDX-License-Identifier: Apache-2.0
//
// Semantic analysis: scopes, static types, and every error that openCypher raises at compile time.
// Pure function, thread-safe. The result points into the statement and the catalogs.
#pragma once

#include "base/result.h"
#include "cypher/semantics/catalog.h"
#include "cypher/semantics/semantic_info.h"
#include "cypher/syntax/ast_statement.h"

namespace trellis::cypher {

struct AnalyzeOptions {
  const FunctionCatalog* functions = nullptr;    // must be given
  const ProcedureCatalog* procedures = nullptr;  // must be given
};

// Errors carry ErrorCodes of the table's first group ("found before execution") and positions.
// Parameters that a statement names but its caller did not give are found before execution, from
// Statement::parameters (ParameterMissing); only CALL p (without parentheses) checks the
// names of its implicit parameters there too: they are in implicit_parameters().
Result<std::shared_ptr<const SemanticInfo>> analyze(const ast::Statement& statement,
                                                    const AnalyzeOptions& options);

// A CALL p without parentheses takes each input from the parameter of that name; those names, in
// addition to Statement::parameters.
std::vector<std::string> implicit_parameters(const ast::Statement& statement,
                                             const SemanticInfo& info);

}  // namespace trellis::cypher
