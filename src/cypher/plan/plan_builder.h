// SPDX-License-Identifier: Apache-2.0
//
// The planner's inside: one PlanBuilder per statement, its parts in one file each.
//   expression_builder.cpp   syntax tree -> plan::Expression; sub-plans into the chain
//   match_planner.cpp        patterns
//   projection_planner.cpp   WITH, RETURN, aggregation, ORDER BY
//   update_planner.cpp       CREATE, MERGE, SET, REMOVE, DELETE, FOREACH
//   query_planner.cpp        clauses, unions, subqueries, CALL
//   schema_planner.cpp       index and constraint commands
//   show_planner.cpp         tails of SHOW commands
//
// A Chain is the plan so far, with what is bound in it. Slots are symbols: slot s of a row is the
// value of symbol s; slots beyond the symbols are temporaries.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "cypher/plan/planner.h"

namespace trellis::cypher::plan {

struct Chain {
  OperatorPtr top;
  std::set<SymbolId> bound;
  bool read = false;     // the graph was read since the last Eager
  bool written = false;  // or written, other than by CREATE
  bool created = false;  // or created in

  Chain();  // an Argument
  template <class T>
  void append(std::unique_ptr<T> op) {
    op->estimated_rows = op->estimated_rows == 1 ? top->estimated_rows : op->estimated_rows;
    op->input = std::move(top);
    top = std::move(op);
  }
};

class PlanBuilder {
 public:
  PlanBuilder(const SemanticInfo& info, const PlannerContext& context)
      : info_(info), context_(context), next_slot_(static_cast<SlotId>(info.symbol_count())) {}

  Result<Plan> statement(const ast::Statement& statement);
  Result<Plan> show(const ast::Show& show, std::span<const SourceColumn> columns);

 private:
  // -- query_planner.cpp --
  Result<> query(const ast::Query& query, Chain& chain);
  Result<> single_query(const ast::SingleQuery& query, Chain& chain);
  Result<> clause(const ast::Clause& clause, Chain& chain);
  Result<> call_procedure(const ast::CallProcedure& call, Chain& chain);
  Result<> call_subquery(const ast::CallSubquery& call, Chain& chain);
  Result<> unwind(const ast::Unwind& unwind, Chain& chain);
  Result<> load_csv(const ast::LoadCsv& load, Chain& chain);
  // A chain fed by the rows of another: the start of a sub-plan.
  Chain subchain(const Chain& outer) const;
  void before_read(Chain& chain);
  void before_write(Chain& chain);
  void after_write(Chain& chain);

  void finish(Plan& plan) const;  // slot counts and names

  // -- schema_planner.cpp --
  Result<OperatorPtr> schema_command(const ast::Statement& statement);

  // -- expression_builder.cpp --
  Result<ExpressionPtr> expression(const ast::Expression& expression, Chain& chain);
  Result<ExpressionPtr> expression_of_kind(const ast::Expression& expression, Chain& chain);
  Result<ExpressionPtr> collection(const ast::Expression& expression, Chain& chain);
  Result<ExpressionPtr> lambda_by_subplan(const ast::Expression& expression, Chain& chain);
  Result<ExpressionPtr> binary(const ast::Binary& binary, Chain& chain);
  Result<ExpressionPtr> comparison_chain(const ast::ComparisonChain& chain_expression, Chain& chain);
  Result<ExpressionPtr> logical_chain(const ast::LogicalChain& logical, Chain& chain);
  Result<ExpressionPtr> call(const ast::FunctionCall& call, Chain& chain);
  Result<ExpressionPtr> case_expression(const ast::Case& c, Chain& chain);
  Result<ExpressionPtr> map_projection(const ast::MapProjection& projection, Chain& chain);
  Result<ExpressionPtr> subplan_value(const ast::Expression& expression, Chain& chain);
  Result<ExpressionPtr> shortest_path_value(const ast::PatternExpression& pattern, Chain& chain);
  Result<ExpressionPtr> label_test(const ast::LabelExpression& labels, SlotId subject,
                                   const ast::Expression* subject_expression, Chain& chain);
  Result<> arguments(const ast::ExpressionList& list, Expression& into, Chain& chain);
  // Filters by a predicate, conjunct by conjunct; patterns become semi-applies without a value.
  Result<> filter(const ast::Expression& predicate, Chain& chain);
  Result<> filter_conjunct(const ast::Expression& predicate, Chain& chain);
  void filter_by(ExpressionPtr predicate, Chain& chain, double selectivity);

  // -- projection_planner.cpp --
  Result<> projection(const ast::Projection& projection, const ProjectionInfo& info,
                      const ast::Expression* where, Chain& chain);
  Result<> aggregate(const ProjectionInfo& info, Chain& chain);
  Result<> collect_aggregates(const ast::Expression& expression, std::vector<AggregateItem>& items,
                              Chain& chain);
  Result<> sort_skip_limit(const std::vector<ast::SortItem>& order_by,
                           const ast::ExpressionPtr& skip, const ast::ExpressionPtr& limit,
                           Chain& chain);

  // -- update_planner.cpp --
  Result<> create(const ast::Create& create, Chain& chain);
  Result<> merge(const ast::Merge& merge, Chain& chain);
  Result<> set_items(const std::vector<ast::SetItem>& items, Chain& chain);
  Result<> set_item(const ast::SetItem& item, Chain& chain);
  Result<> remove(const ast::Remove& remove, Chain& chain);
  Result<> delete_clause(const ast::Delete& del, Chain& chain);
  Result<> foreach_clause(const ast::Foreach& foreach, Chain& chain);
  struct Creations {
    std::vector<NodeCreation> nodes;
    std::vector<RelationshipCreation> relationships;
  };
  Result<> creations(const ast::PathPattern& path, Creations& out, Chain& chain);
  Result<std::vector<TokenRef>> label_tokens(const ast::LabelExpression* labels,
                                             storage::TokenKind kind);
  Result<std::vector<TokenRef>> label_tokens(const std::vector<ast::LabelReference>& labels);

  // -- match_planner.cpp --
  friend class MatchPlanner;
  Result<> match(const ast::Match& match, Chain& chain);
  Result<> patterns(const std::vector<const ast::PathPattern*>& patterns,
                    const ast::Expression* where, Chain& chain);
  ExpressionPtr path_expression(const ast::PathPattern& path);

  // -- small things --
  TokenRef token(storage::TokenKind kind, const std::string& name);
  SlotId slot_of(ast::NodeId id) const { return info_.symbol_of(id); }
  SlotId temporary() { return next_slot_++; }

  const SemanticInfo& info_;
  const PlannerContext& context_;
  SlotId next_slot_;
  std::map<std::pair<storage::TokenKind, std::string>, TokenRef> tokens_;
  std::unordered_map<ast::NodeId, SlotId> aggregate_slots_;  // aggregate call -> its value
  std::vector<const ast::Expression*> case_subjects_;        // innermost last
};

// -- expressions made by the planner itself --
std::unique_ptr<Expression> make_expression(ExpressionKind kind, SourcePosition position = {});
ExpressionPtr slot_expression(SlotId slot, SourcePosition position = {});
ExpressionPtr unary_expression(ExpressionKind kind, ExpressionPtr argument);
ExpressionPtr binary_expression(ExpressionKind kind, ExpressionPtr left, ExpressionPtr right);
ExpressionPtr literal_expression(const value::Value& value);
ExpressionPtr property_expression(ExpressionPtr subject, TokenRef key);
std::string lower_case(std::string_view name);

}  // namespace trellis::cypher::plan
