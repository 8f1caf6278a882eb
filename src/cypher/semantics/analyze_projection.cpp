// SPDX-License-Identifier: Apache-2.0
//
// WITH and RETURN: columns, implicit grouping, and what ORDER BY and WHERE behind them may use.
#include <algorithm>

#include "cypher/semantics/analyzer.h"
#include "cypher/syntax/children.h"

namespace trellis::cypher {

using ast::ExpressionKind;

namespace {

// v.a.b: a chain of keys on a variable.
bool is_property_of_variable(const ast::Expression& expression) {
  const ast::Expression* at = &expression;
  while (const auto* access = ast::try_as<ast::PropertyAccess>(at)) at = access->subject.get();
  return at->kind == ExpressionKind::kVariable;
}

bool mentions(const ast::Expression& expression, std::string_view name) {
  if (const auto* variable = ast::try_as<ast::Variable>(&expression)) {
    return variable->name == name;
  }
  bool found = false;
  visit_children(expression,
                 [&](const ast::Expression& child) { found = found || mentions(child, name); });
  return found;
}

}  // namespace

Result<> Analyzer::projection(const ast::Projection& projection, ast::NodeId clause, bool is_return,
                              const ast::ExpressionPtr* where) {
  ProjectionInfo info;
  const size_t aggregates_around = aggregate_count_;
  TRELLIS_TRY(projection_columns(projection, is_return, info));
  aggregate_count_ = aggregates_around;

  const Scope before = scope_;
  const bool columns_only = info.aggregates || projection.distinct;
  if (columns_only) scope_ = globals_;
  for (const ProjectionColumn& column : info.columns) scope_.add(column.name, column.symbol);
  info_.projection(clause) = std::move(info);
  const ProjectionInfo& kept = info_.projection(clause);

  const Projected projected{&kept, &before, columns_only};
  TRELLIS_TRY(order_by(projection.order_by, projected));
  TRELLIS_TRY(page(projection.skip, "SKIP"));
  TRELLIS_TRY(page(projection.limit, "LIMIT"));
  const Projected filtered{&kept, &before, columns_only, true};
  if (where) TRELLIS_TRY(this->where(*where, &filtered));

  for (const ast::ProjectionItem& item : projection.items) {
    if (is_return || item.aliased || item.expression->kind == ExpressionKind::kVariable) continue;
    return fail_at(item.expression->position, ErrorCode::NoExpressionAlias,
                   "Expression in WITH must be aliased (use AS)");
  }
  scope_ = globals_;
  for (const ProjectionColumn& column : kept.columns) scope_.add(column.name, column.symbol);
  return {};
}

Result<> Analyzer::projection_columns(const ast::Projection& projection, bool is_return,
                                      ProjectionInfo& info) {
  const SymbolId first_local = info_.symbol_count();
  if (projection.star) {
    const auto visible = scope_.sorted();
    if (visible.empty() && is_return) {
      return fail_at(projection.position, ErrorCode::NoVariablesInScope,
                     "RETURN * is not allowed when there are no variables in scope");
    }
    for (const Scope::Entry& entry : visible) {
      use_symbol(entry.symbol);
      info.columns.push_back({entry.name, entry.symbol, nullptr, false});
    }
  }
  for (const ast::ProjectionItem& item : projection.items) {
    const auto* variable = ast::try_as<ast::Variable>(item.expression.get());
    Context context;
    context.aggregates = Aggregates::kAllowed;
    const size_t aggregates_before = aggregate_count_;
    TRELLIS_TRY_ASSIGN(const StaticType type, expression(*item.expression, context));
    ProjectionColumn column;
    column.name = item.alias.name;
    column.expression = item.expression.get();
    column.aggregates = aggregate_count_ != aggregates_before;
    info.aggregates = info.aggregates || column.aggregates;
    if (variable && variable->name == item.alias.name) {
      column.symbol = info_.node(variable->id).symbol;
    } else {
      SymbolKind kind = SymbolKind::kValue;
      if (variable) kind = info_.symbol(info_.node(variable->id).symbol).kind;
      column.symbol = info_.new_symbol(column.name, kind, type);
    }
    bind(item.alias.id, column.symbol, false);
    for (const ProjectionColumn& other : info.columns) {
      if (other.name != column.name) continue;
      return fail_at(item.alias.position, ErrorCode::ColumnNameConflict,
                     "Multiple result columns with the same name `{}` are not supported",
                     column.name);
    }
    info.columns.push_back(std::move(column));
  }
  return info.aggregates ? grouping(info, first_local) : Result<>();
}

// What stands beside an aggregate may be made only of grouping keys.
Result<> Analyzer::grouping(const ProjectionInfo& info, SymbolId first_local) {
  for (const ProjectionColumn& column : info.columns) {
    if (column.aggregates) TRELLIS_TRY(grouped(*column.expression, info, first_local));
  }
  return {};
}

Result<> Analyzer::grouped(const ast::Expression& expression, const ProjectionInfo& info,
                           SymbolId first_local) {
  const bool is_aggregate =
      expression.kind == ExpressionKind::kCountStar ||
      (expression.kind == ExpressionKind::kFunctionCall && info_.function(expression.id) &&
       info_.function(expression.id)->aggregating);
  if (is_aggregate) return {};
  if (is_property_of_variable(expression)) {
    for (const ProjectionColumn& key : info.columns) {
      if (key.aggregates) continue;
      const bool same = key.expression ? same_expression(*key.expression, expression)
                                       : expression.kind == ExpressionKind::kVariable &&
                                             info_.node(expression.id).symbol == key.symbol;
      if (!same) continue;
      info_.node(expression.id).replaced_by = key.symbol;
      return {};
    }
  }
  const auto ambiguous = [&](std::string_view what) {
    return fail_at(expression.position, ErrorCode::AmbiguousAggregationExpression,
                   "Aggregation column contains implicit grouping expressions: {} is neither "
                   "aggregated nor a column by itself. Name it in a WITH before.",
                   what);
  };
  if (const auto* variable = ast::try_as<ast::Variable>(&expression)) {
    // A variable of a comprehension inside the item is not the projection's business, nor is one
    // that a subquery sees from outside.
    const SymbolId symbol = info_.node(expression.id).symbol;
    if (symbol >= first_local || globals_.find(variable->name) == symbol) return {};
    return ambiguous(variable->name);
  }
  if (expression.kind == ExpressionKind::kSubqueryExpression ||
      expression.kind == ExpressionKind::kPatternExpression ||
      expression.kind == ExpressionKind::kPatternComprehension) {
    for (const SymbolId symbol : info_.captured(expression.id)) {
      const bool key = std::any_of(info.columns.begin(), info.columns.end(),
                                   [&](const ProjectionColumn& column) {
                                     return !column.aggregates && column.symbol == symbol;
                                   });
      if (!key && symbol < first_local) return ambiguous(info_.symbol(symbol).name);
    }
    return {};
  }
  Result<> result;
  visit_children(expression, [&](const ast::Expression& child) {
    if (result) result = grouped(child, info, first_local);
  });
  return result;
}

Result<> Analyzer::order_by(const std::vector<ast::SortItem>& items, const Projected& projected) {
  for (const ast::SortItem& item : items) {
    Context context;
    // An aggregate may stand here only as the repetition of a column, or of a part of one.
    context.projected = &projected;
    TRELLIS_TRY(expression(*item.expression, context));
  }
  return {};
}

// When the expression repeats a projected one, its value is that column's: records it.
std::optional<StaticType> Analyzer::replaced(const ast::Expression& expression,
                                             const Context& context) {
  const Projected* projected = context.projected;
  if (!projected) return std::nullopt;
  switch (expression.kind) {
    case ExpressionKind::kLiteral:
    case ExpressionKind::kParameter:
    case ExpressionKind::kAutoParameter:
      return std::nullopt;
    case ExpressionKind::kVariable:
      // A column's own name goes first.
      for (const ProjectionColumn& column : projected->info->columns) {
        if (column.name == static_cast<const ast::Variable&>(expression).name) return std::nullopt;
      }
      break;
    default:
      break;
  }
  if (context.beside_aggregate && expression.kind != ExpressionKind::kFunctionCall &&
      expression.kind != ExpressionKind::kCountStar && !is_property_of_variable(expression)) {
    return std::nullopt;
  }
  for (const ProjectionColumn& column : projected->info->columns) {
    if (projected->in_where && column.aggregates) continue;
    if (!column.expression || !same_expression(*column.expression, expression)) continue;
    auto& node = info_.node(expression.id);
    node.replaced_by = column.symbol;
    node.type = info_.symbol(column.symbol).type;
    use_symbol(column.symbol);
    return node.type;
  }
  return std::nullopt;
}

// A variable that only the projected expressions could see.
Error Analyzer::out_of_projection(const ast::Variable& variable, const Context& context) {
  const Projected& projected = *context.projected;
  bool in_key = false;
  for (const ProjectionColumn& column : projected.info->columns) {
    in_key = in_key || (column.expression && !column.aggregates &&
                        mentions(*column.expression, variable.name));
  }
  if (projected.info->aggregates && context.beside_aggregate && in_key) {
    return make_error(ErrorCode::AmbiguousAggregationExpression,
                      "ORDER BY mixes an aggregate with `{}`, which is only a part of a grouping "
                      "key. Name it in a WITH before.",
                      variable.name)
        .at(variable.position);
  }
  return make_error(
             ErrorCode::UndefinedVariable,
             "In a WITH/RETURN with DISTINCT or an aggregation, it is not possible to access "
             "variables declared before the WITH/RETURN: {}",
             variable.name)
      .at(variable.position);
}

// SKIP, LIMIT, batch sizes: a constant, whole, not negative.
Result<> Analyzer::page(const ast::ExpressionPtr& count, std::string_view what) {
  if (!count) return {};
  const Scope nothing;
  const ScopeGuard guard(*this);
  scope_ = nothing;
  const auto type = expression(*count, {});
  if (!type) {
    if (type.error().code() != ErrorCode::UndefinedVariable) return fail(type.error().clone());
    return fail_at(count->position, ErrorCode::NonConstantExpression,
                   "It is not allowed to refer to variables in {}", what);
  }
  if (!type->may_be(kIntegerType)) return type_mismatch(count->position, "Integer", *type);
  bool negative = false;
  if (const auto* literal = ast::try_as<ast::Literal>(count.get())) {
    const auto* value = std::get_if<int64_t>(&literal->value);
    negative = value && *value < 0;
  } else if (const auto* sign = ast::try_as<ast::Unary>(count.get())) {
    negative = sign->op == ast::UnaryOperator::kMinus &&
               sign->operand->kind == ExpressionKind::kAutoParameter;
  }
  if (negative) {
    return fail_at(count->position, ErrorCode::SyntaxNegativeIntegerArgument,
                   "Invalid input: {} must be a non-negative INTEGER", what);
  }
  return {};
}

}  // namespace trellis::cypher
