// SPDX-License-Identifier: Apache-2.0
//
// The whole AST of Cypher 5. Include the part that you need instead where that is enough:
//   ast_expression.h      literals to map projections
//   ast_pattern.h         nodes, relationships, paths
//   ast_clause.h          clauses and queries
//   ast_statement.h       statements, schema commands, SHOW
//   ast_privilege.h       GRANT, DENY, REVOKE
//   ast_administration.h  users, roles, databases, aliases, servers
#pragma once

#include "cypher/syntax/ast_administration.h"
#include "cypher/syntax/ast_clause.h"
#include "cypher/syntax/ast_expression.h"
#include "cypher/syntax/ast_pattern.h"
#include "cypher/syntax/ast_privilege.h"
#include "cypher/syntax/ast_statement.h"
