// SPDX-License-Identifier: Apache-2.0
//
// WITH and RETURN: projection, aggregation, DISTINCT, ORDER BY, SKIP, LIMIT, WHERE.
//
// Columns are computed beside the old slots, so that ORDER BY and WHERE may read both; a last
// Project lets only the columns live on.
#include "cypher/plan/ast_walk.h"
#include "cypher/plan/plan_builder.h"

namespace trellis::cypher::plan {

// Gives every aggregate call inside the expression a slot and an item that fills it.
Result<> PlanBuilder::collect_aggregates(const ast::Expression& e,
                                         std::vector<AggregateItem>& items, Chain& chain) {
  if (e.kind == ast::ExpressionKind::kCountStar) {
    AggregateItem item;
    item.slot = temporary();
    aggregate_slots_[e.id] = item.slot;
    items.push_back(std::move(item));
    return {};
  }
  if (const auto* call = ast::try_as<ast::FunctionCall>(&e)) {
    const std::string name = lower_case(call->name);
    if (const AggregateFunction* function = context_.functions.find_aggregate(name)) {
      AggregateItem item;
      item.slot = temporary();
      item.function = function;
      item.distinct = call->distinct;
      for (const auto& argument : call->arguments) {
        TRELLIS_TRY_ASSIGN(auto built, expression(*argument, chain));
        item.arguments.push_back(std::move(built));
      }
      aggregate_slots_[e.id] = item.slot;
      items.push_back(std::move(item));
      return {};
    }
  }
  Result<> result;
  for_each_child(e, [&](const ast::Expression& child) {
    if (result) result = collect_aggregates(child, items, chain);
  });
  return result;
}

Result<> PlanBuilder::aggregate(const ProjectionInfo& info, Chain& chain) {
  auto made = std::make_unique<Aggregate>();
  for (const ProjectionColumn& column : info.columns) {
    if (column.aggregates) {
      TRELLIS_TRY(collect_aggregates(*column.expression, made->items, chain));
    } else {
      ProjectItem key;
      key.slot = column.symbol;
      if (column.expression) {
        TRELLIS_TRY_ASSIGN(key.expression, expression(*column.expression, chain));
      } else {
        key.expression = slot_expression(column.symbol);
      }
      made->keys.push_back(std::move(key));
    }
  }
  chain.bound.clear();
  for (const ProjectItem& key : made->keys) chain.bound.insert(key.slot);
  made->estimated_rows = made->keys.empty() ? 1 : chain.top->estimated_rows * 0.3;
  chain.append(std::move(made));

  // What stands around the aggregates: 1 + count(*), {n: collect(x)}, ...
  auto around = std::make_unique<Project>();
  for (const ProjectionColumn& column : info.columns) {
    if (!column.aggregates) continue;
    ProjectItem item;
    item.slot = column.symbol;
    TRELLIS_TRY_ASSIGN(item.expression, expression(*column.expression, chain));
    around->items.push_back(std::move(item));
  }
  for (const ProjectItem& item : around->items) chain.bound.insert(item.slot);
  chain.append(std::move(around));
  return {};
}

Result<> PlanBuilder::sort_skip_limit(const std::vector<ast::SortItem>& order_by,
                                      const ast::ExpressionPtr& skip_count,
                                      const ast::ExpressionPtr& limit_count, Chain& chain) {
  if (!order_by.empty()) {
    std::vector<SortKey> keys;
    for (const auto& item : order_by) {
      TRELLIS_TRY_ASSIGN(auto built, expression(*item.expression, chain));
      keys.push_back({std::move(built), item.descending});
    }
    auto sort = std::make_unique<Sort>();
    sort->keys = std::move(keys);
    if (limit_count && !needs_subplan(*limit_count)) {
      TRELLIS_TRY_ASSIGN(sort->limit, expression(*limit_count, chain));
      if (skip_count) {
        TRELLIS_TRY_ASSIGN(auto skip, expression(*skip_count, chain));
        auto sum = make_expression(ExpressionKind::kArithmetic);
        sum->arithmetic = Arithmetic::kAdd;
        sum->args.push_back(std::move(sort->limit));
        sum->args.push_back(std::move(skip));
        sort->limit = std::move(sum);
      }
    }
    chain.append(std::move(sort));
  }
  if (skip_count) {
    TRELLIS_TRY_ASSIGN(auto count, expression(*skip_count, chain));
    auto skip = std::make_unique<Skip>();
    skip->count = std::move(count);
    chain.append(std::move(skip));
  }
  if (limit_count) {
    TRELLIS_TRY_ASSIGN(auto count, expression(*limit_count, chain));
    auto limit = std::make_unique<Limit>();
    limit->count = std::move(count);
    limit->exhaust_input = chain.created;
    chain.append(std::move(limit));
  }
  return {};
}

Result<> PlanBuilder::projection(const ast::Projection& projection, const ProjectionInfo& info,
                                 const ast::Expression* where, Chain& chain) {
  if (info.aggregates) {
    TRELLIS_TRY(aggregate(info, chain));
  } else {
    auto project = std::make_unique<Project>();
    for (const ProjectionColumn& column : info.columns) {
      if (!column.expression) continue;  // passed on
      const auto* variable = ast::try_as<ast::Variable>(column.expression);
      if (variable && slot_of(variable->id) == column.symbol) continue;
      ProjectItem item;
      item.slot = column.symbol;
      TRELLIS_TRY_ASSIGN(item.expression, expression(*column.expression, chain));
      project->items.push_back(std::move(item));
    }
    for (const ProjectItem& item : project->items) chain.bound.insert(item.slot);
    if (!project->items.empty()) chain.append(std::move(project));
  }
  if (projection.distinct) {
    auto distinct = std::make_unique<Distinct>();
    for (const ProjectionColumn& column : info.columns) distinct->slots.push_back(column.symbol);
    chain.append(std::move(distinct));
  }
  TRELLIS_TRY(sort_skip_limit(projection.order_by, projection.skip, projection.limit, chain));
  if (where) TRELLIS_TRY(filter(*where, chain));

  auto keep = std::make_unique<Project>();
  keep->replaces = true;
  std::set<SymbolId> bound;
  for (const ProjectionColumn& column : info.columns) {
    if (!bound.insert(column.symbol).second) continue;
    keep->items.push_back({column.symbol, slot_expression(column.symbol)});
  }
  chain.append(std::move(keep));
  chain.bound = std::move(bound);
  return {};
}

}  // namespace trellis::cypher::plan
