// SPDX-License-Identifier: Apache-2.0
//
// Queries and their parts: which clauses may follow which, unions, subqueries' own scopes.
#include <algorithm>

#include "cypher/semantics/analyzer.h"

namespace trellis::cypher {

using ast::as;
using ast::ClauseKind;

namespace {

bool is_writing(const ast::Clause& clause) {
  switch (clause.kind) {
    case ClauseKind::kCreate:
    case ClauseKind::kMerge:
    case ClauseKind::kSet:
    case ClauseKind::kRemove:
    case ClauseKind::kDelete:
    case ClauseKind::kForeach:
      return true;
    default:
      return false;
  }
}

std::string_view clause_name(ClauseKind kind) {
  switch (kind) {
    case ClauseKind::kUse:
      return "USE";
    case ClauseKind::kMatch:
      return "MATCH";
    case ClauseKind::kUnwind:
      return "UNWIND";
    case ClauseKind::kWith:
      return "WITH";
    case ClauseKind::kReturn:
      return "RETURN";
    case ClauseKind::kFinish:
      return "FINISH";
    case ClauseKind::kCreate:
      return "CREATE";
    case ClauseKind::kMerge:
      return "MERGE";
    case ClauseKind::kSet:
      return "SET";
    case ClauseKind::kRemove:
      return "REMOVE";
    case ClauseKind::kDelete:
      return "DELETE";
    case ClauseKind::kForeach:
      return "FOREACH";
    case ClauseKind::kCallProcedure:
    case ClauseKind::kCallSubquery:
      return "CALL";
    case ClauseKind::kLoadCsv:
      return "LOAD CSV";
  }
  TRELLIS_UNREACHABLE();
}

}  // namespace

Result<Analyzer::QueryResult> Analyzer::query(const ast::Query& query, QueryPlace place,
                                              const ast::CallSubquery* call) {
  for (size_t i = 1; i < query.union_all.size(); ++i) {
    if (query.union_all[i] != query.union_all[0]) {
      return fail_at(query.union_positions[i], ErrorCode::InvalidClauseComposition,
                     "UNION and UNION ALL cannot be mixed in one query.");
    }
  }
  const Scope outer = scope_;
  std::vector<QueryResult> parts;
  for (const ast::SingleQuery& each : query.parts) {
    scope_ = outer;
    TRELLIS_TRY_ASSIGN(QueryResult part, this->part(each, place, call));
    parts.push_back(std::move(part));
  }
  scope_ = outer;
  QueryInfo& info = info_.query(query.id);
  for (const QueryResult& part : parts) info.writes = info.writes || part.writes;
  if (parts.size() == 1) {
    info.columns = parts[0].columns;
    info.part_columns.emplace_back();
    for (const QueryColumn& column : info.columns) info.part_columns[0].push_back(column.symbol);
  } else {
    TRELLIS_TRY(union_columns(query, parts, info));
  }
  return QueryResult{info.columns, info.writes, parts[0].returns};
}

// Every part of a union has the same columns; the union's own symbols stand for all of them.
Result<> Analyzer::union_columns(const ast::Query& query, std::vector<QueryResult>& parts,
                                 QueryInfo& info) {
  const auto conflict = [&](size_t part) {
    return fail_at(query.parts[part].position, ErrorCode::DifferentColumnsInUnion,
                   "All parts of a UNION must return the same columns.");
  };
  for (const QueryColumn& column : parts[0].columns) {
    const Symbol first = info_.symbol(column.symbol);
    info.columns.push_back({column.name, info_.new_symbol(column.name, first.kind, first.type)});
  }
  for (size_t i = 0; i < parts.size(); ++i) {
    const auto& columns = parts[i].columns;
    if (columns.size() != info.columns.size() || parts[i].returns != parts[0].returns) {
      return conflict(i);
    }
    std::vector<SymbolId> symbols;
    for (const QueryColumn& wanted : info.columns) {
      const auto found = std::find_if(columns.begin(), columns.end(),
                                      [&](const QueryColumn& c) { return c.name == wanted.name; });
      if (found == columns.end()) return conflict(i);
      symbols.push_back(found->symbol);
      const Symbol other = info_.symbol(found->symbol);
      Symbol& own = info_.symbol(wanted.symbol);
      if (own.kind != other.kind) own.kind = SymbolKind::kValue;
      own.type = own.type.united(other.type);
    }
    info.part_columns.push_back(std::move(symbols));
  }
  return {};
}

// Which clause may follow which, and how a part may end.
Result<> Analyzer::composition(const ast::SingleQuery& part, QueryPlace place) const {
  const auto wrong = [&](const ast::Clause& clause, std::string_view why) {
    return fail_at(clause.position, ErrorCode::InvalidClauseComposition, "{}: {}",
                   clause_name(clause.kind), why);
  };
  const ast::Clause* last_write = nullptr;
  for (size_t i = 0; i < part.clauses.size(); ++i) {
    const ast::Clause& clause = *part.clauses[i];
    const bool last = i + 1 == part.clauses.size();
    if (clause.kind == ClauseKind::kReturn && !last) {
      return wrong(clause, "RETURN can only be the last clause; use WITH here.");
    }
    if (clause.kind == ClauseKind::kFinish && !last) {
      return wrong(clause, "FINISH can only be the last clause.");
    }
    if (clause.kind == ClauseKind::kUse && i > 0) {
      return fail_at(clause.position, ErrorCode::InvalidUse,
                     "USE must be the first clause of a query or of a part of a UNION.");
    }
    if (is_writing(clause)) {
      if (place == QueryPlace::kExpression) {
        return wrong(clause, "EXISTS, COUNT and COLLECT can only read.");
      }
      last_write = &clause;
    }
    if (clause.kind == ClauseKind::kWith) last_write = nullptr;
    const bool reads = clause.kind == ClauseKind::kMatch || clause.kind == ClauseKind::kUnwind ||
                       clause.kind == ClauseKind::kCallProcedure ||
                       clause.kind == ClauseKind::kCallSubquery ||
                       clause.kind == ClauseKind::kLoadCsv;
    if (reads && last_write) {
      return fail_at(clause.position, ErrorCode::InvalidClauseComposition,
                     "WITH is required between {} and {}", clause_name(last_write->kind),
                     clause_name(clause.kind));
    }
    if (!last || place == QueryPlace::kExpression) continue;
    const bool may_end = clause.kind == ClauseKind::kReturn || clause.kind == ClauseKind::kFinish ||
                         clause.kind == ClauseKind::kCallProcedure ||
                         clause.kind == ClauseKind::kCallSubquery || is_writing(clause);
    if (!may_end) {
      return wrong(clause, "a query cannot end with this clause; end it with RETURN or a write.");
    }
  }
  return {};
}

Result<Analyzer::QueryResult> Analyzer::part(const ast::SingleQuery& part, QueryPlace place,
                                             const ast::CallSubquery* call) {
  TRELLIS_TRY(composition(part, place));
  const bool wrote_before = writes_;
  const Scope outer = scope_;
  const Scope outer_globals = globals_;
  const ast::Use* outer_use = enclosing_use_;
  writes_ = false;

  size_t first = 0;
  if (const auto* use = ast::try_as<ast::Use>(part.clauses[0].get())) {
    TRELLIS_TRY(this->use(*use, 0));
    first = 1;
  }
  if (place == QueryPlace::kExpression) {
    globals_ = scope_;
  } else if (call && call->scope == ast::SubqueryScope::kImportingWith) {
    // CALL { WITH a, b .. }: nothing but what the first WITH names comes in.
    globals_ = Scope();
    scope_ = Scope();
    const auto* with =
        first < part.clauses.size() ? ast::try_as<ast::With>(part.clauses[first].get()) : nullptr;
    if (with && !with->implicit) {
      TRELLIS_TRY(importing_with(*with, outer));
      ++first;
    }
  } else if (call) {
    globals_ = scope_;
  }

  QueryResult result;
  // CALL p alone in its query yields its columns, and may take its arguments from parameters.
  const bool standalone = place == QueryPlace::kTop && part.clauses.size() == first + 1 &&
                          part.clauses[first]->kind == ClauseKind::kCallProcedure;
  for (size_t i = first; i < part.clauses.size(); ++i) {
    const ast::Clause& each = *part.clauses[i];
    if (each.kind == ClauseKind::kCallProcedure) {
      TRELLIS_TRY(call_procedure(as<ast::CallProcedure>(each), standalone));
    } else {
      TRELLIS_TRY(clause(each, place));
    }
  }
  const ast::Clause& last = *part.clauses.back();
  if (last.kind == ClauseKind::kReturn || (standalone && first < part.clauses.size())) {
    result.returns = true;
    for (const ProjectionColumn& column : info_.projection(last.id).columns) {
      result.columns.push_back({column.name, column.symbol});
    }
    if (last.kind != ClauseKind::kReturn && result.columns.empty()) result.returns = false;
  }
  result.writes = writes_;
  writes_ = writes_ || wrote_before;
  globals_ = outer_globals;
  enclosing_use_ = outer_use;
  return result;
}

// The WITH that opens CALL { .. }: variables alone, as they are.
Result<> Analyzer::importing_with(const ast::With& with, const Scope& outer) {
  const ast::Projection& projection = with.projection;
  bool plain = !projection.distinct && projection.order_by.empty() && !projection.skip &&
               !projection.limit && !with.where;
  bool imports = projection.star;
  for (const auto& item : projection.items) {
    const auto* variable = ast::try_as<ast::Variable>(item.expression.get());
    if (variable && outer.find(variable->name) != kNoSymbol) imports = true;
    if (!variable || (item.aliased && item.alias.name != variable->name)) plain = false;
  }
  if (!imports) {  // an ordinary WITH that mentions nothing from outside
    return this->projection(projection, with.id, false, &with.where);
  }
  if (!plain) {
    return fail_at(with.position, ErrorCode::InvalidClauseComposition,
                   "The importing WITH of a CALL subquery may only name outer variables: no "
                   "expressions, aliases, DISTINCT, ORDER BY, WHERE, SKIP or LIMIT.");
  }
  scope_ = outer;
  return this->projection(projection, with.id, false, &with.where);
}

Result<> Analyzer::clause(const ast::Clause& clause, QueryPlace) {
  switch (clause.kind) {
    case ClauseKind::kUse:
      return use(as<ast::Use>(clause), 1);
    case ClauseKind::kMatch:
      reads_ = true;
      return match(as<ast::Match>(clause));
    case ClauseKind::kUnwind:
      return unwind(as<ast::Unwind>(clause));
    case ClauseKind::kWith: {
      const auto& with = as<ast::With>(clause);
      return projection(with.projection, with.id, false, &with.where);
    }
    case ClauseKind::kReturn:
      return projection(as<ast::Return>(clause).projection, clause.id, true, nullptr);
    case ClauseKind::kFinish:
      return {};
    case ClauseKind::kCreate:
      writes_ = true;
      return create(as<ast::Create>(clause));
    case ClauseKind::kMerge:
      writes_ = true;
      return merge(as<ast::Merge>(clause));
    case ClauseKind::kSet:
      writes_ = true;
      return set_items(as<ast::Set>(clause).items);
    case ClauseKind::kRemove:
      writes_ = true;
      return remove(as<ast::Remove>(clause));
    case ClauseKind::kDelete:
      writes_ = true;
      return delete_clause(as<ast::Delete>(clause));
    case ClauseKind::kForeach:
      writes_ = true;
      return foreach (as<ast::Foreach>(clause));
    case ClauseKind::kCallProcedure:
      return call_procedure(as<ast::CallProcedure>(clause), false);
    case ClauseKind::kCallSubquery:
      return call_subquery(as<ast::CallSubquery>(clause));
    case ClauseKind::kLoadCsv:
      return load_csv(as<ast::LoadCsv>(clause));
  }
  TRELLIS_UNREACHABLE();
}

}  // namespace trellis::cypher
