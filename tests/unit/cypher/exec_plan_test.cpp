// SPDX-License-Identifier: Apache-2.0
//
// Plans built by hand, for what text does not reach or reaches only by the planner's choice.
#include "cypher/exec/plan_run.h"
#include "unit/cypher/exec_fixture.h"

namespace trellis::cypher::test {
namespace {

using plan::SlotId;
using storage::Direction;
using value::Value;

plan::ExpressionPtr slot_expression(SlotId slot) {
  auto e = std::make_unique<plan::Expression>();
  e->kind = plan::ExpressionKind::kSlot;
  e->slot = slot;
  return e;
}

plan::ExpressionPtr literal(const Value& value) {
  auto e = std::make_unique<plan::Expression>();
  e->kind = plan::ExpressionKind::kLiteral;
  e->literal = value::ValueHolder(value);
  return e;
}

template <class T>
plan::OperatorPtr over(plan::OperatorPtr input, std::unique_ptr<T> op) {
  op->input = std::move(input);
  return op;
}

plan::OperatorPtr argument() { return std::make_unique<plan::Argument>(); }

plan::OperatorPtr unwind(plan::OperatorPtr input, SlotId slot, std::vector<int64_t> numbers) {
  std::vector<Value> values;
  for (const int64_t n : numbers) values.push_back(Value::integer(n));
  auto op = std::make_unique<plan::Unwind>();
  op->element = slot;
  op->list = literal(Value::list(values));
  return over(std::move(input), std::move(op));
}

struct Outcome {
  Rows rows;
  std::optional<ErrorCode> error;
};

// Runs the chain with these slots as its columns.
Outcome execute(Graph& g, plan::OperatorPtr top, std::vector<SlotId> columns, uint32_t batch_rows,
                std::shared_ptr<const security::AccessRules> access) {
  auto plan = std::make_shared<plan::Plan>();
  auto results = std::make_unique<plan::ProduceResults>();
  for (const SlotId slot : columns) results->columns.push_back({"c", slot});
  plan->columns = results->columns;
  plan->root = over(std::move(top), std::move(results));
  plan->slot_count = 10;
  auto transaction = g.database().begin();
  REQUIRE(transaction);
  exec::ExecutionInputs inputs;
  inputs.plan = plan;
  inputs.database = &g.database();
  inputs.transaction = transaction->get();
  inputs.access = std::move(access);
  inputs.rows_per_batch = batch_rows;
  auto run = exec::PlanRun::start(std::move(inputs));
  REQUIRE(run);
  Outcome outcome;
  while (true) {
    auto step = (*run)->next({});
    if (!step) {
      outcome.error = step.error().code();
      return outcome;
    }
    if (*step == exec::Step::kDone) return outcome;
    const RowBatch& rows = (*run)->rows();
    CHECK(rows.rows <= batch_rows);
    for (uint32_t r = 0; r < rows.rows; ++r) {
      std::string text;
      for (uint32_t c = 0; c < rows.columns; ++c) {
        text += (c > 0 ? " " : "") + cell_text(rows.at(r, c));
      }
      outcome.rows.push_back(text);
    }
  }
}

Rows rows_of_plan(Graph& g, plan::OperatorPtr top, std::vector<SlotId> columns,
                  uint32_t batch_rows) {
  Outcome outcome =
      execute(g, std::move(top), std::move(columns), batch_rows, security::AccessRules::full());
  CHECK_FALSE(outcome.error);
  return outcome.rows;
}

constexpr uint32_t kSizes[] = {value::kBatchRows, 3, 1};

}  // namespace

TEST_CASE("every relationship, once per direction; loops once") {
  Graph g;
  rows_of(g, "CREATE (a:A)-[:R]->(b:B), (b)-[:S]->(a), (a)-[:R]->(a)");
  for (const uint32_t size : kSizes) {
    const auto scan = [&](Direction direction, std::vector<std::string> types) {
      auto op = std::make_unique<plan::AllRelationshipsScan>();
      op->relationship = 0;
      op->start = 1;
      op->end = 2;
      op->direction = direction;
      for (const std::string& type : types) {
        op->types.push_back(std::make_shared<plan::Token>(storage::TokenKind::kType, type));
      }
      return sorted(rows_of_plan(g, over(argument(), std::move(op)), {1, 0, 2}, size));
    };
    CHECK(scan(Direction::kOutgoing, {}) ==
          Rows{"(:A) [:R] (:A)", "(:A) [:R] (:B)", "(:B) [:S] (:A)"});
    CHECK(scan(Direction::kIncoming, {"S"}) == Rows{"(:A) [:S] (:B)"});
    CHECK(scan(Direction::kBoth, {"R", "S"}) == Rows{"(:A) [:R] (:A)", "(:A) [:R] (:B)",
                                                     "(:A) [:S] (:B)", "(:B) [:R] (:A)",
                                                     "(:B) [:S] (:A)"});
    CHECK(scan(Direction::kBoth, {"None"}) == Rows{});
  }
}

TEST_CASE("state is kept per argument row in sub-plans") {
  Graph g;
  for (const uint32_t size : kSizes) {
    CAPTURE(size);
    // For each of 3, 1, 2: unwind 5, 4, 5 below skip 1, limit 2, distinct.
    const auto outer = [] { return unwind(argument(), 0, {3, 1, 2}); };
    const auto inner = [] { return unwind(argument(), 1, {5, 4, 5}); };
    const auto apply = [&](plan::OperatorPtr subplan) {
      auto op = std::make_unique<plan::Apply>();
      op->subplan = std::move(subplan);
      return rows_of_plan(g, over(outer(), std::move(op)), {0, 1}, size);
    };
    auto limit = std::make_unique<plan::Limit>();
    limit->count = literal(Value::integer(2));
    CHECK(apply(over(inner(), std::move(limit))) == Rows{"3 5", "3 4", "1 5", "1 4", "2 5", "2 4"});
    auto skip = std::make_unique<plan::Skip>();
    skip->count = literal(Value::integer(1));
    CHECK(apply(over(inner(), std::move(skip))) == Rows{"3 4", "3 5", "1 4", "1 5", "2 4", "2 5"});
    auto distinct = std::make_unique<plan::Distinct>();
    distinct->slots = {1};
    CHECK(apply(over(inner(), std::move(distinct))) ==
          Rows{"3 5", "3 4", "1 5", "1 4", "2 5", "2 4"});
    auto sort = std::make_unique<plan::Sort>();
    sort->keys.push_back({slot_expression(1), false});
    CHECK(apply(over(inner(), std::move(sort))) ==
          Rows{"3 4", "3 5", "3 5", "1 4", "1 5", "1 5", "2 4", "2 5", "2 5"});
    auto count = std::make_unique<plan::Aggregate>();
    count->items.emplace_back();
    count->items.back().slot = 1;
    CHECK(apply(over(inner(), std::move(count))) == Rows{"3 3", "1 3", "2 3"});
  }
}

TEST_CASE("an aggregate without keys yields a row for every argument row") {
  Graph g;
  for (const uint32_t size : kSizes) {
    auto count = std::make_unique<plan::Aggregate>();
    count->items.emplace_back();
    count->items.back().slot = 1;
    auto apply = std::make_unique<plan::Apply>();
    apply->subplan = over(unwind(argument(), 2, {}), std::move(count));
    CHECK(rows_of_plan(g, over(unwind(argument(), 0, {1, 2, 3, 4}), std::move(apply)), {0, 1},
                       size) == Rows{"1 0", "2 0", "3 0", "4 0"});
  }
}

TEST_CASE("a limit over what must run to its end drops rows but reads on") {
  Graph g;
  for (const uint32_t size : kSizes) {
    auto limit = std::make_unique<plan::Limit>();
    limit->count = literal(Value::integer(1));
    limit->exhaust_input = true;
    // The third row fails: it is reached although one row would do.
    auto project = std::make_unique<plan::Project>();
    auto divide = std::make_unique<plan::Expression>();
    divide->kind = plan::ExpressionKind::kArithmetic;
    divide->arithmetic = plan::Arithmetic::kDivide;
    divide->args.push_back(literal(Value::integer(1)));
    divide->args.push_back(slot_expression(0));
    project->items.push_back({1, std::move(divide)});
    auto chain = over(unwind(argument(), 0, {1, 2, 0}), std::move(project));
    const Outcome outcome = execute(g, over(std::move(chain), std::move(limit)), {1}, size,
                                    security::AccessRules::full());
    CHECK(outcome.error == ErrorCode::DivisionByZero);
  }
}

TEST_CASE("a token that the graph learns later is found by a plan made before") {
  Graph g;
  const auto label = std::make_shared<plan::Token>(storage::TokenKind::kLabel, "Late");
  const auto scan = [&] {
    auto op = std::make_unique<plan::NodeByLabelScan>();
    op->node = 0;
    op->label = label;
    return rows_of_plan(g, over(argument(), std::move(op)), {0}, value::kBatchRows);
  };
  CHECK(scan() == Rows{});
  rows_of(g, "CREATE (:Late)");
  CHECK(scan() == Rows{"(:Late)"});
}

}  // namespace trellis::cypher::test
