// SPDX-License-Identifier: Apache-2.0
//
// The walk behind analyze(): one class, its methods spread over analyze_*.cpp. Internal to
// cypher/semantics.
//
// How scopes are kept
//   - `scope_` is what the clause at hand sees; clauses change it as they go.
//   - `globals_` are variables that a subquery sees throughout, behind any WITH: the imports of
//     CALL (x) { .. } and everything around EXISTS, COUNT and COLLECT.
//   - Every subquery and pattern in an expression opens a Capture: a use of a symbol that is older
//     than the capture is recorded there, so captured() needs no second walk.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "cypher/semantics/analyze.h"
#include "cypher/semantics/scope.h"
#include "cypher/semantics/semantic_info.h"

namespace trellis::cypher {

// Fills a SemanticInfo.
class SemanticInfoBuilder {
 public:
  explicit SemanticInfoBuilder(ast::NodeId node_count) : info_(std::make_shared<SemanticInfo>()) {
    info_->nodes_.resize(node_count);
  }
  SymbolId new_symbol(std::string_view name, SymbolKind kind, StaticType type) {
    info_->symbols_.push_back({std::string(name), kind, type});
    return static_cast<SymbolId>(info_->symbols_.size() - 1);
  }
  Symbol& symbol(SymbolId id) { return info_->symbols_[id]; }
  SymbolId symbol_count() const { return static_cast<SymbolId>(info_->symbols_.size()); }
  SemanticInfo::NodeInfo& node(ast::NodeId id) { return info_->nodes_[id]; }
  ProjectionInfo& projection(ast::NodeId id) { return info_->projections_[id]; }
  QueryInfo& query(ast::NodeId id) { return info_->queries_[id]; }
  std::vector<SymbolId>& captured(ast::NodeId id) { return info_->captured_[id]; }
  std::vector<GroupVariable>& groups(ast::NodeId id) { return info_->groups_[id]; }
  const FunctionSignature*& function(ast::NodeId id) { return info_->functions_[id]; }
  const ProcedureSignature*& procedure(ast::NodeId id) { return info_->procedures_[id]; }
  std::vector<QueryColumn>& columns() { return info_->columns_; }
  QueryType& query_type() { return info_->query_type_; }
  const ast::Use*& use() { return info_->use_; }
  bool& in_transactions() { return info_->in_transactions_; }
  std::shared_ptr<const SemanticInfo> finish() { return std::move(info_); }

 private:
  std::shared_ptr<SemanticInfo> info_;
};

class Analyzer {
 public:
  Analyzer(const ast::Statement& statement, const AnalyzeOptions& options)
      : statement_(statement), options_(options), info_(statement.node_count) {}
  Result<std::shared_ptr<const SemanticInfo>> run();

 private:
  enum class Aggregates : uint8_t {
    kForbidden,  // InvalidAggregation
    kAllowed,
    kInside,  // NestedAggregation
  };
  // A projection whose columns ORDER BY or WHERE behind it may use.
  struct Projected {
    const ProjectionInfo* info;
    const Scope* before;  // what the projected expressions saw
    // Only the columns are left: of an aggregating or DISTINCT projection.
    bool columns_only;
    // WHERE cannot repeat an aggregate, as ORDER BY can.
    bool in_where = false;
  };
  struct Context {
    Aggregates aggregates = Aggregates::kForbidden;
    bool predicate = false;  // a boolean is wanted: a path pattern may stand here
    const Projected* projected = nullptr;
    // This place is beside an aggregate in a sort key: composed grouping keys are ambiguous here.
    bool beside_aggregate = false;
  };
  struct QueryResult {
    std::vector<QueryColumn> columns;
    bool writes = false;
    bool returns = false;  // ends in RETURN (or, stand-alone, in CALL p)
  };
  enum class QueryPlace : uint8_t { kTop, kCall, kExpression };

  // -- analyze.cpp --
  Result<> query_statement(const ast::QueryStatement& statement);
  Result<> show_statement(const ast::Show& statement);
  Result<> show_command(const ast::ShowCommand& command);
  Result<> command_expressions();

  // -- analyze_query.cpp --
  Result<QueryResult> query(const ast::Query& query, QueryPlace place,
                            const ast::CallSubquery* call);
  Result<QueryResult> part(const ast::SingleQuery& part, QueryPlace place,
                           const ast::CallSubquery* call);
  Result<> composition(const ast::SingleQuery& part, QueryPlace place) const;
  Result<> union_columns(const ast::Query& query, std::vector<QueryResult>& parts, QueryInfo& info);
  Result<> clause(const ast::Clause& clause, QueryPlace place);
  Result<> importing_with(const ast::With& with, const Scope& outer);

  // -- analyze_clause.cpp --
  Result<> match(const ast::Match& match);
  Result<> hints(const ast::Match& match);
  Result<> unwind(const ast::Unwind& unwind);
  Result<> load_csv(const ast::LoadCsv& load);
  Result<> create(const ast::Create& create);
  Result<> merge(const ast::Merge& merge);
  Result<> set_items(const std::vector<ast::SetItem>& items);
  Result<> remove(const ast::Remove& remove);
  Result<> delete_clause(const ast::Delete& clause);
  Result<> foreach (const ast::Foreach& foreach);
  Result<> use(const ast::Use& use, size_t index);
  Result<> call_procedure(const ast::CallProcedure& call, bool standalone);
  Result<> procedure_arguments(const ast::CallProcedure& call, const ProcedureSignature& signature,
                               bool standalone);
  Result<> call_subquery(const ast::CallSubquery& call);
  Result<> in_transactions(const ast::InTransactions& batches);
  Result<> label_references(const std::vector<ast::LabelReference>& labels);
  Result<> where(const ast::ExpressionPtr& where, const Projected* projected = nullptr);

  // -- analyze_projection.cpp --
  Result<> projection(const ast::Projection& projection, ast::NodeId clause, bool is_return,
                      const ast::ExpressionPtr* where);
  Result<> projection_columns(const ast::Projection& projection, bool is_return,
                              ProjectionInfo& info);
  Result<> grouping(const ProjectionInfo& info, SymbolId first_local);
  Result<> grouped(const ast::Expression& expression, const ProjectionInfo& info,
                   SymbolId first_local);
  Result<> order_by(const std::vector<ast::SortItem>& items, const Projected& projected);
  Result<> page(const ast::ExpressionPtr& count, std::string_view what);
  std::optional<StaticType> replaced(const ast::Expression& expression, const Context& context);
  Error out_of_projection(const ast::Variable& variable, const Context& context);

  // -- analyze_pattern.cpp --
  enum class PatternUse : uint8_t { kMatch, kCreate, kMerge, kPredicate, kComprehension };
  Result<> pattern(const ast::PathPattern& pattern, PatternUse use);
  Result<> pattern_properties(const ast::PathPattern& pattern, PatternUse use);
  Result<> elements(const std::vector<ast::PatternElement>& elements, PatternUse use);
  Result<> element_properties(const std::vector<ast::PatternElement>& elements, PatternUse use);
  Result<> node(const ast::NodePattern& node, PatternUse use, bool alone);
  Result<> relationship(const ast::RelationshipPattern& relationship, PatternUse use);
  Result<> parenthesized(const ast::ParenthesizedPath& path, PatternUse use);
  Result<> properties(const ast::ExpressionPtr& properties, PatternUse use);
  Result<> labels(const ast::LabelExpression* labels);
  Result<> path_variable(const ast::VariableName& variable);
  Result<> written_relationship(const ast::RelationshipPattern& relationship, PatternUse use);

  // -- analyze_expression.cpp, analyze_operator.cpp, analyze_call.cpp --
  using Typed = Result<StaticType>;
  Typed expression(const ast::Expression& expression, const Context& context);
  Typed expression_by_kind(const ast::Expression& expression, const Context& context);
  Typed literal(const ast::Literal& literal);
  Typed variable(const ast::Variable& variable, const Context& context);
  Typed property_access(const ast::PropertyAccess& access, const Context& context);
  Typed index_access(const ast::IndexAccess& access, const Context& context);
  Typed slice(const ast::Slice& slice, const Context& context);
  Typed case_expression(const ast::Case& node, const Context& context);
  Typed list_literal(const ast::ListLiteral& list, const Context& context);
  Typed list_comprehension(const ast::ListComprehension& node, const Context& context);
  Typed list_predicate(const ast::ListPredicate& node, const Context& context);
  Typed reduce(const ast::Reduce& node, const Context& context);
  Typed map_projection(const ast::MapProjection& node, const Context& context);
  Typed pattern_expression(const ast::PatternExpression& node, const Context& context);
  Typed pattern_comprehension(const ast::PatternComprehension& node, const Context& context);
  Typed subquery(const ast::SubqueryExpression& node);
  Typed unary(const ast::Unary& node, const Context& context);
  Typed binary(const ast::Binary& node, const Context& context);
  Typed in_list(const ast::Binary& node, const Context& context);
  Typed logical_chain(const ast::LogicalChain& node, const Context& context);
  Typed type_predicate(const ast::TypePredicate& node, const Context& context);
  Typed label_predicate(const ast::LabelPredicate& node, const Context& context);
  Typed function_call(const ast::FunctionCall& call, const Context& context);
  Typed exists_call(const ast::FunctionCall& call, const Context& context);
  Typed aggregate_arguments(const ast::FunctionCall& call, const Context& context);
  Result<> check_constant(const ast::Expression& expression);
  Result<> boolean_operand(const ast::Expression& operand, const Context& context);
  Typed arithmetic_type(const ast::Binary& node, StaticType left, StaticType right);
  // The element type of what must be a list.
  Result<StaticType> list_operand(const ast::Expression& list, const Context& context);

  // -- analyze.cpp: scopes, symbols, errors --
  SymbolId declare(const ast::VariableName& variable, SymbolKind kind, StaticType type);
  void bind(ast::NodeId id, SymbolId symbol, bool bound_before);
  void use_symbol(SymbolId symbol);
  Result<> undeclared(const ast::VariableName& variable);  // VariableAlreadyBound if it is known
  template <class... Args>
  tl::unexpected<Error> fail_at(SourcePosition position, ErrorCode code,
                                fmt::format_string<Args...> text, Args&&... args) const {
    return fail(make_error(code, text, std::forward<Args>(args)...).at(position));
  }
  tl::unexpected<Error> undefined(std::string_view name, SourcePosition position) const;
  tl::unexpected<Error> type_mismatch(SourcePosition position, std::string_view expected,
                                      StaticType actual) const;

  // Restores the scope when it goes.
  class ScopeGuard {
   public:
    explicit ScopeGuard(Analyzer& analyzer) : analyzer_(analyzer), saved_(analyzer.scope_) {}
    ~ScopeGuard() { analyzer_.scope_ = std::move(saved_); }
    ScopeGuard(const ScopeGuard&) = delete;
    ScopeGuard& operator=(const ScopeGuard&) = delete;

   private:
    Analyzer& analyzer_;
    Scope saved_;
  };
  // Records the outer symbols that are used while it lives.
  class Capture {
   public:
    Capture(Analyzer& analyzer, ast::NodeId node);
    ~Capture();
    Capture(const Capture&) = delete;
    Capture& operator=(const Capture&) = delete;

   private:
    Analyzer& analyzer_;
    ast::NodeId node_;
  };
  struct OpenCapture {
    SymbolId first_inner;
    std::set<SymbolId> symbols;
  };

  const ast::Statement& statement_;
  const AnalyzeOptions& options_;
  SemanticInfoBuilder info_;
  Scope scope_;
  Scope globals_;
  std::vector<OpenCapture> captures_;
  size_t aggregate_count_ = 0;  // met so far in the projection at hand
  StaticType case_subject_;
  bool writes_ = false;
  bool reads_ = false;
  const ast::Use* enclosing_use_ = nullptr;
  // Relationships of the MATCH at hand, to tell those used twice.
  std::set<SymbolId> match_relationships_;
};

}  // namespace trellis::cypher
