// SPDX-License-Identifier: Apache-2.0
//
// From an analysed statement to a plan. A pure function of its arguments, thread-safe.
//
// Choices are by rule and by counts:
//   - a MATCH starts at what is bound already, else at the cheapest of id seek, unique index seek,
//     index seek, label scan, all nodes; the rest follows by expanding from what is bound, bound
//     ends first; predicates stand as early as their variables allow;
//   - writes are kept apart from reads by Eager operators (plan.h, invariant 3).
#pragma once

#include <span>

#include "base/result.h"
#include "cypher/functions/registry.h"
#include "cypher/plan/plan.h"
#include "cypher/row_source.h"
#include "cypher/semantics/semantic_info.h"
#include "cypher/syntax/ast_statement.h"
#include "storage/storage.h"

namespace trellis::cypher::plan {

struct PlannerContext {
  const FunctionRegistry& functions;
  const ProcedureTable& procedures;
  const storage::Schema& schema;
  const storage::TokenCatalog& tokens;
  const storage::Statistics& statistics;
};

Result<Plan> make_plan(const ast::Statement& statement, const SemanticInfo& info,
                       const PlannerContext& context);

// The tail of a SHOW command over rows with these columns. Needs no graph.
Result<Plan> make_show_plan(const ast::Show& show, const SemanticInfo& info,
                            std::span<const SourceColumn> columns,
                            const FunctionRegistry& functions);

}  // namespace trellis::cypher::plan
