// SPDX-License-Identifier: Apache-2.0
//
// Walks over expressions of the syntax tree, for questions that the planner asks of them.
#pragma once

#include <functional>
#include <set>

#include "cypher/semantics/semantic_info.h"
#include "cypher/syntax/ast_clause.h"

namespace trellis::cypher::plan {

// Calls visit for each direct sub-expression. Patterns and queries inside are not entered.
void for_each_child(const ast::Expression& expression,
                    const std::function<void(const ast::Expression&)>& visit);

// The symbols whose values the expression reads, those of enclosed patterns and queries included.
// Symbols bound inside it (comprehension variables) may be among them.
std::set<SymbolId> symbols_used(const ast::Expression& expression, const SemanticInfo& info);

// Whether it, or something inside, needs a sub-plan: a pattern or a query as a value.
bool needs_subplan(const ast::Expression& expression);

// a AND b AND (c AND d) -> a, b, c, d.
void split_conjunction(const ast::Expression& expression,
                       std::vector<const ast::Expression*>& conjuncts);

}  // namespace trellis::cypher::plan
