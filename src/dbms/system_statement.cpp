// SPDX-License-Identifier: Apache-2.0
#include "dbms/system_statement.h"

namespace trellis::dbms {
namespace {

namespace ast = cypher::ast;

Result<> check_query(const ast::Query& query, std::string_view database);

Result<> check_clause(const ast::Clause& clause, std::string_view database) {
  switch (clause.kind) {
    case ast::ClauseKind::kUse:
    case ast::ClauseKind::kUnwind:
    case ast::ClauseKind::kWith:
    case ast::ClauseKind::kReturn:
    case ast::ClauseKind::kFinish:
    case ast::ClauseKind::kCallProcedure:
      return {};
    case ast::ClauseKind::kCallSubquery:
      return check_query(*ast::as<ast::CallSubquery>(clause).query, database);
    default:
      return fail(make_error(ErrorCode::UnsupportedOnSystem,
                             "The database '{}' has no data that a query could read or write. "
                             "Choose another database.",
                             database)
                      .at(clause.position));
  }
}

Result<> check_query(const ast::Query& query, std::string_view database) {
  for (const ast::SingleQuery& part : query.parts) {
    for (const auto& clause : part.clauses) TRELLIS_TRY(check_clause(*clause, database));
  }
  return {};
}

}  // namespace

Result<> check_without_graph(const ast::Statement& statement, std::string_view database) {
  if (const auto* query = ast::try_as<ast::QueryStatement>(&statement)) {
    return check_query(query->query, database);
  }
  switch (statement.kind) {
    case ast::StatementKind::kCreateIndex:
    case ast::StatementKind::kDropIndex:
    case ast::StatementKind::kCreateConstraint:
    case ast::StatementKind::kDropConstraint:
      return fail(ErrorCode::UnsupportedOnSystem,
                  "The database '{}' takes no indexes or constraints. Choose another database.",
                  database);
    default:
      return {};
  }
}

cypher::Summary copy_summary(const cypher::Summary& summary) {
  cypher::Summary copy;
  copy.type = summary.type;
  copy.counters = summary.counters;
  copy.notifications = summary.notifications;
  copy.plan = summary.plan;
  copy.database = summary.database;
  return copy;
}

}  // namespace trellis::dbms
