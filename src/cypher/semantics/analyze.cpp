// SPDX-License-Identifier: Apache-2.0
#include "cypher/semantics/analyze.h"

#include <algorithm>

#include "cypher/semantics/analyzer.h"
#include "cypher/semantics/show_columns.h"
#include "cypher/syntax/ast.h"

namespace trellis::cypher {

using ast::as;
using ast::StatementKind;

Result<std::shared_ptr<const SemanticInfo>> analyze(const ast::Statement& statement,
                                                    const AnalyzeOptions& options) {
  TRELLIS_ASSERT(options.functions && options.procedures);
  return Analyzer(statement, options).run();
}

std::vector<std::string> implicit_parameters(const ast::Statement& statement,
                                             const SemanticInfo& info) {
  std::vector<std::string> names;
  const auto* query = ast::try_as<ast::QueryStatement>(&statement);
  if (!query || query->query.parts.size() != 1) return names;
  for (const auto& clause : query->query.parts[0].clauses) {
    const auto* call = ast::try_as<ast::CallProcedure>(clause.get());
    if (!call || call->has_arguments) continue;
    for (const ProcedureField& input : info.procedure(call->id)->inputs) {
      if (!input.has_default) names.emplace_back(input.name);
    }
  }
  return names;
}

std::vector<Scope::Entry> Scope::sorted() const {
  std::vector<Entry> result;
  for (const Entry& entry : entries_) {
    if (find(entry.name) == entry.symbol &&
        std::none_of(result.begin(), result.end(),
                     [&](const Entry& other) { return other.name == entry.name; })) {
      result.push_back(entry);
    }
  }
  std::sort(result.begin(), result.end(),
            [](const Entry& a, const Entry& b) { return a.name < b.name; });
  return result;
}

Result<std::shared_ptr<const SemanticInfo>> Analyzer::run() {
  info_.use() = statement_.use.get();
  switch (statement_.kind) {
    case StatementKind::kQuery:
      TRELLIS_TRY(query_statement(as<ast::QueryStatement>(statement_)));
      break;
    case StatementKind::kShow:
      TRELLIS_TRY(show_statement(as<ast::Show>(statement_)));
      break;
    default:
      info_.query_type() = QueryType::kSchema;
      TRELLIS_TRY(command_expressions());
      break;
  }
  return info_.finish();
}

Result<> Analyzer::query_statement(const ast::QueryStatement& statement) {
  const auto& first = *statement.query.parts[0].clauses[0];
  info_.use() = ast::try_as<ast::Use>(&first);
  TRELLIS_TRY_ASSIGN(QueryResult result, query(statement.query, QueryPlace::kTop, nullptr));
  info_.columns() = result.columns;
  if (!writes_) {
    info_.query_type() = QueryType::kRead;
  } else {
    info_.query_type() = result.columns.empty() && !reads_ ? QueryType::kWrite
                         : result.columns.empty()          ? QueryType::kWrite
                                                           : QueryType::kReadWrite;
  }
  return {};
}

Result<> Analyzer::show_statement(const ast::Show& statement) {
  for (const ast::ShowCommand& command : statement.commands) {
    TRELLIS_TRY(show_command(command));
  }
  info_.query_type() = QueryType::kRead;
  ast::NodeId last = statement.commands.back().id;
  if (statement.result) {
    last = statement.result->id;
    TRELLIS_TRY(projection(statement.result->projection, last, true, nullptr));
  }
  for (const ProjectionColumn& column : info_.projection(last).columns) {
    info_.columns().push_back({column.name, column.symbol});
  }
  return {};
}

Result<> Analyzer::show_command(const ast::ShowCommand& command) {
  for (const auto& selected : command.selection) {
    TRELLIS_TRY(expression(*selected, {}));
  }
  const std::vector<ShowColumn> columns = show_columns(command);
  ProjectionInfo shown;
  // Combined commands see the columns of those before, so names may not clash.
  const Scope before = scope_;
  for (const ShowColumn& column : columns) {
    if (command.has_yield && !command.yields.empty()) break;
    if (!command.has_yield && !column.shown_by_default) continue;
    const SymbolId symbol = info_.new_symbol(column.name, SymbolKind::kValue, column.type);
    scope_.add(column.name, symbol);
    shown.columns.push_back({std::string(column.name), symbol, nullptr, false});
  }
  for (const ast::YieldItem& item : command.yields) {
    const auto column = std::find_if(columns.begin(), columns.end(),
                                     [&](const ShowColumn& c) { return c.name == item.column; });
    if (column == columns.end()) {
      return fail_at(item.alias.position, ErrorCode::UndefinedVariable,
                     "Variable `{}` not defined: the command has no such column.", item.column);
    }
    TRELLIS_TRY(undeclared(item.alias));
    const SymbolId symbol = declare(item.alias, SymbolKind::kValue, column->type);
    shown.columns.push_back({item.alias.name, symbol, nullptr, false});
  }
  info_.projection(command.id) = shown;
  const Projected projected{&info_.projection(command.id), &before, false};
  TRELLIS_TRY(order_by(command.order_by, projected));
  TRELLIS_TRY(page(command.skip, "SKIP"));
  TRELLIS_TRY(page(command.limit, "LIMIT"));
  return where(command.where);
}

// Options and properties of commands: constant expressions.
Result<> Analyzer::command_expressions() {
  std::vector<const ast::Expression*> expressions;
  const auto add = [&](const ast::ExpressionPtr& expression) {
    if (expression) expressions.push_back(expression.get());
  };
  switch (statement_.kind) {
    case StatementKind::kCreateIndex:
      add(as<ast::CreateIndex>(statement_).options);
      break;
    case StatementKind::kCreateConstraint:
      add(as<ast::CreateConstraint>(statement_).options);
      break;
    case StatementKind::kCreateDatabase:
      add(as<ast::CreateDatabase>(statement_).options);
      break;
    case StatementKind::kCreateCompositeDatabase:
      add(as<ast::CreateCompositeDatabase>(statement_).options);
      break;
    case StatementKind::kAlterDatabase:
      for (const auto& option : as<ast::AlterDatabase>(statement_).set_options) add(option.value);
      break;
    case StatementKind::kCreateAlias:
      add(as<ast::CreateAlias>(statement_).properties);
      if (as<ast::CreateAlias>(statement_).remote) {
        add(as<ast::CreateAlias>(statement_).remote->driver);
      }
      break;
    case StatementKind::kAlterAlias:
      add(as<ast::AlterAlias>(statement_).driver);
      add(as<ast::AlterAlias>(statement_).properties);
      break;
    case StatementKind::kEnableServer:
      add(as<ast::EnableServer>(statement_).options);
      break;
    case StatementKind::kAlterServer:
      add(as<ast::AlterServer>(statement_).options);
      break;
    case StatementKind::kAlterUser:
      for (const auto& provider : as<ast::AlterUser>(statement_).remove_auth) add(provider);
      break;
    case StatementKind::kPrivilege: {
      const auto& pattern = as<ast::PrivilegeStatement>(statement_).privilege.pattern;
      if (!pattern) break;
      if (!pattern->variable.empty()) {
        const bool node = pattern->entity == ast::EntityType::kNode;
        scope_.add(pattern->variable,
                   info_.new_symbol(pattern->variable,
                                    node ? SymbolKind::kNode : SymbolKind::kRelationship,
                                    StaticType::of(node ? kNodeType : kRelationshipType)));
      }
      add(pattern->properties);
      add(pattern->where);
      break;
    }
    default:
      break;
  }
  for (const ast::Expression* each : expressions) TRELLIS_TRY(expression(*each, {}));
  return {};
}

// -- Scopes, symbols, errors --

SymbolId Analyzer::declare(const ast::VariableName& variable, SymbolKind kind, StaticType type) {
  const SymbolId symbol = info_.new_symbol(variable.name, kind, type);
  bind(variable.id, symbol, false);
  if (!variable.anonymous()) scope_.add(variable.name, symbol);
  return symbol;
}

void Analyzer::bind(ast::NodeId id, SymbolId symbol, bool bound_before) {
  auto& node = info_.node(id);
  node.symbol = symbol;
  node.bound_before = bound_before;
  node.type = info_.symbol(symbol).type;
  if (bound_before) use_symbol(symbol);
}

void Analyzer::use_symbol(SymbolId symbol) {
  for (OpenCapture& capture : captures_) {
    if (symbol < capture.first_inner) capture.symbols.insert(symbol);
  }
}

Result<> Analyzer::undeclared(const ast::VariableName& variable) {
  if (variable.anonymous() || scope_.find(variable.name) == kNoSymbol) return {};
  return fail_at(variable.position, ErrorCode::VariableAlreadyBound,
                 "Variable `{}` already declared", variable.name);
}

tl::unexpected<Error> Analyzer::undefined(std::string_view name, SourcePosition position) const {
  return fail_at(position, ErrorCode::UndefinedVariable, "Variable `{}` not defined", name);
}

tl::unexpected<Error> Analyzer::type_mismatch(SourcePosition position, std::string_view expected,
                                              StaticType actual) const {
  return fail_at(position, ErrorCode::SyntaxInvalidArgumentType,
                 "Type mismatch: expected {} but was {}", expected, to_string(actual));
}

Analyzer::Capture::Capture(Analyzer& analyzer, ast::NodeId node)
    : analyzer_(analyzer), node_(node) {
  analyzer_.captures_.push_back({analyzer_.info_.symbol_count(), {}});
}

Analyzer::Capture::~Capture() {
  const auto& symbols = analyzer_.captures_.back().symbols;
  analyzer_.info_.captured(node_).assign(symbols.begin(), symbols.end());
  analyzer_.captures_.pop_back();
}

}  // namespace trellis::cypher
