// SPDX-License-Identifier: Apache-2.0
//
// The tail of a SHOW command: its source's rows, then WHERE, ORDER BY, SKIP, LIMIT and RETURN as in any
// query. There is no graph here, so nothing that needs one is let in.
#include "cypher/plan/ast_walk.h"
#include "cypher/plan/plan_builder.h"

namespace trellis::cypher::plan {
namespace {

class NoTokens final : public storage::TokenCatalog {
 public:
  std::optional<uint32_t> find(storage::TokenKind, std::string_view) const override {
    return std::nullopt;
  }
  std::string_view name(storage::TokenKind, uint32_t) const override { return {}; }
  uint32_t size(storage::TokenKind) const override { return 0; }
};

class NoStatistics final : public storage::Statistics {
 public:
  uint64_t node_count(std::optional<storage::LabelId>) const override { return 0; }
  uint64_t relationship_count(std::optional<storage::TypeId>) const override { return 0; }
};

class NoProcedures final : public ProcedureTable {
 public:
  const Procedure* find(std::string_view) const override { return nullptr; }
  std::span<const Procedure> all() const override { return {}; }
};

Result<> without_graph(const ast::ExpressionPtr& expression) {
  if (!expression || !needs_subplan(*expression)) return {};
  return fail(make_error(ErrorCode::NotSupportedHere,
                         "Patterns and subqueries cannot be used in a SHOW command.")
                  .at(expression->position));
}

Result<> without_graph(const ast::Projection& projection) {
  for (const auto& item : projection.items) TRELLIS_TRY(without_graph(item.expression));
  for (const auto& item : projection.order_by) TRELLIS_TRY(without_graph(item.expression));
  TRELLIS_TRY(without_graph(projection.skip));
  return without_graph(projection.limit);
}

}  // namespace

Result<Plan> PlanBuilder::show(const ast::Show& show, std::span<const SourceColumn> columns) {
  if (show.commands.size() != 1) {
    return fail(make_error(ErrorCode::NotSupportedHere,
                           "Several SHOW or TERMINATE commands in one statement are not supported "
                           "yet. Run them one after the other.")
                    .at(show.commands[1].position));
  }
  const ast::ShowCommand& command = show.commands[0];
  const ProjectionInfo& shown = info_.projection(command.id);
  Chain chain;
  auto scan = std::make_unique<RowSourceScan>();
  for (const SourceColumn& column : columns) {
    SlotId slot = kNoSlot;
    if (command.yields.empty()) {
      for (const ProjectionColumn& candidate : shown.columns) {
        if (candidate.name == column.name) slot = candidate.symbol;
      }
    }
    for (const auto& yield : command.yields) {
      if (yield.column == column.name) slot = slot_of(yield.alias.id);
    }
    scan->columns.push_back(slot);
    if (slot != kNoSlot) chain.bound.insert(slot);
  }
  chain.append(std::move(scan));

  TRELLIS_TRY(without_graph(command.where));
  TRELLIS_TRY(without_graph(command.skip));
  TRELLIS_TRY(without_graph(command.limit));
  TRELLIS_TRY(sort_skip_limit(command.order_by, command.skip, command.limit, chain));
  if (command.where) TRELLIS_TRY(filter(*command.where, chain));
  auto results = std::make_unique<ProduceResults>();
  if (show.result) {
    TRELLIS_TRY(without_graph(show.result->projection));
    TRELLIS_TRY(projection(show.result->projection, info_.projection(show.result->id), nullptr,
                           chain));
    for (const QueryColumn& column : info_.columns()) {
      results->columns.push_back({column.name, column.symbol});
    }
  } else {
    for (const ProjectionColumn& column : shown.columns) {
      results->columns.push_back({column.name, column.symbol});
    }
  }
  Plan plan;
  plan.type = QueryType::kRead;
  plan.columns = results->columns;
  chain.append(std::move(results));
  plan.root = std::move(chain.top);
  finish(plan);
  return plan;
}

Result<Plan> make_show_plan(const ast::Show& show, const SemanticInfo& info,
                            std::span<const SourceColumn> columns,
                            const FunctionRegistry& functions) {
  const NoProcedures procedures;
  const storage::Schema schema;
  const NoTokens tokens;
  const NoStatistics statistics;
  const PlannerContext context{functions, procedures, schema, tokens, statistics};
  PlanBuilder builder(info, context);
  return builder.show(show, columns);
}

}  // namespace trellis::cypher::plan
