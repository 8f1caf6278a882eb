// SPDX-License-Identifier: Apache-2.0
//
// The direct sub-expressions of an expression, in the order in which they are written. Of patterns
// and subqueries inside only what the kind itself owns is visited (the projection and WHERE of a
// pattern comprehension), not the pattern or query.
#pragma once

#include <functional>

#include "cypher/syntax/ast_clause.h"

namespace trellis::cypher {

using ExpressionVisitor = std::function<void(const ast::Expression&)>;
void visit_children(const ast::Expression& expression, const ExpressionVisitor& visit);

// Whether two expressions are written the same, but for blanks, case of keywords, and parentheses.
// Patterns and subqueries are never the same.
bool same_expression(const ast::Expression& a, const ast::Expression& b);

}  // namespace trellis::cypher
