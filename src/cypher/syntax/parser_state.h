// SPDX-License-Identifier: Apache-2.0
//
// The recursive descent parser behind parse(): one class, its methods spread over parse_*.cpp by
// what they parse. Internal to cypher/syntax.
//
// Conventions
//   - A method named after a construct expects to stand on its first token, consumes it whole and
//     returns it, or fails. accept_*() consume on a match and say so; at_*() only look.
//   - Lookahead is free (all tokens are in a vector, brackets are matched beforehand); save() and
//     rewind() serve the few places where Cypher needs more than that.
//   - Every recursion goes through Nesting, and every loop that builds a left-deep tree through
//     grow(), so that neither parsing nor walking nor freeing a tree exhausts the stack.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/result.h"
#include "cypher/syntax/ast.h"
#include "cypher/syntax/lexer.h"
#include "cypher/syntax/parser.h"

namespace trellis::cypher {

class Parser {
 public:
  Parser(std::string_view text, const ParseOptions& options);
  Result<ast::StatementPtr> statement();

 private:
  // Type names, for short signatures.
  using Expr = Result<ast::ExpressionPtr>;
  using StatementResult = Result<std::unique_ptr<ast::Statement>>;
  using ClauseResult = Result<ast::ClausePtr>;

  // -- parser_cursor.cpp: tokens --
  const Token& peek(size_t ahead = 0) const {
    const size_t i = cursor_ + ahead;
    return i < tokens_.size() ? tokens_[i] : tokens_.back();
  }
  bool at(TokenKind kind, size_t ahead = 0) const { return peek(ahead).kind == kind; }
  std::string_view text_of(const Token& token) const {
    return text_.substr(token.begin, token.end - token.begin);
  }
  SourcePosition here() const { return peek().position; }
  void advance() {
    if (cursor_ + 1 < tokens_.size()) ++cursor_;
  }
  bool at_keyword(std::string_view keyword, size_t ahead = 0) const;
  bool at_any_keyword(std::initializer_list<std::string_view> keywords, size_t ahead = 0) const;
  bool accept(TokenKind kind);
  bool accept_keyword(std::string_view keyword);
  // Words in upper case; "A|B" alternatives, "[A]" optional: all or nothing.
  bool accept_phrase(std::string_view phrase);
  // How many tokens from here the phrase takes; 0: no match.
  size_t match_phrase(std::string_view phrase) const;
  Result<> expect(TokenKind kind, std::string_view what);
  Result<> expect_keyword(std::string_view keyword);
  Result<> expect_phrase(std::string_view phrase);
  bool at_name(size_t ahead = 0) const;  // a plain or quoted identifier
  // Of an opening bracket, how many tokens ahead of here its partner is; 0: it has none.
  size_t partner(size_t ahead) const;

  // Reports what stands here; `expected` completes "expected ...".
  tl::unexpected<Error> unexpected(std::string_view expected) const;
  template <class... Args>
  tl::unexpected<Error> fail_at(SourcePosition position, ErrorCode code,
                                fmt::format_string<Args...> text, Args&&... args) const {
    return fail(make_error(code, text, std::forward<Args>(args)...).at(position));
  }

  // -- parser_cursor.cpp: nodes, nesting --
  ast::NodeId new_id() { return node_count_++; }
  template <class T>
  std::unique_ptr<T> make(SourcePosition position) {
    auto node = std::make_unique<T>();
    node->id = new_id();
    node->position = position;
    return node;
  }
  class Nesting {
   public:
    explicit Nesting(Parser& parser) : parser_(parser) { ++parser_.depth_; }
    ~Nesting() { --parser_.depth_; }
    Nesting(const Nesting&) = delete;
    Nesting& operator=(const Nesting&) = delete;
    bool too_deep() const { return parser_.depth_ > parser_.max_depth_; }

   private:
    Parser& parser_;
  };
  tl::unexpected<Error> too_deep() const;
  // Counts one more level on the tallest tree of the expression at hand.
  Result<> grow();
  // Whether `|` may end a label expression (inside [x IN l WHERE x:A | e]); restored at scope end.
  class BarScope {
   public:
    BarScope(Parser& parser, bool bar_ends) : parser_(parser), saved_(parser.bar_ends_labels_) {
      parser_.bar_ends_labels_ = bar_ends;
    }
    ~BarScope() { parser_.bar_ends_labels_ = saved_; }
    BarScope(const BarScope&) = delete;
    BarScope& operator=(const BarScope&) = delete;

   private:
    Parser& parser_;
    bool saved_;
  };
  size_t save() const { return cursor_; }
  void rewind(size_t cursor) { cursor_ = cursor; }

  // -- parser_cursor.cpp: names and plain values --
  Result<std::string> symbol(std::string_view what);  // an identifier, quoted or not
  Result<ast::VariableName> variable_name();
  ast::VariableName anonymous_variable();
  Result<std::string> string_literal(std::string_view what);
  Result<int64_t> integer_literal(std::string_view what);
  Result<std::string> dotted_name(std::string_view what);  // a.b.c, parts joined
  void mention_parameter(const std::string& name);
  void mark_exact(const Token& literal) {
    if (literal.literal != Token::kNotExtracted) needs_exact_text_ = true;
  }

  // -- parse_expression.cpp --
  Expr expression();
  Expr logical(ast::LogicalOperator op);
  Expr negation();
  Expr comparison();
  Expr predicate();
  Expr is_predicate(ast::ExpressionPtr operand);
  Expr arithmetic(int min_precedence);
  Expr unary();
  Expr postfix(bool labels);
  Result<ast::ExpressionList> expressions();  // one or more, comma between

  // -- parse_atom.cpp --
  Expr atom();
  Expr named_atom();
  Expr number();
  Expr string();
  Expr parameter();
  Expr parenthesized();
  Expr list();
  Expr list_comprehension();
  Expr pattern_comprehension();
  bool bar_starts_projection() const;
  Expr map_literal();
  Expr map_projection(ast::ExpressionPtr subject);
  Expr variable();
  bool at_pattern_expression(size_t ahead = 0) const;
  Expr pattern_expression();

  // -- parse_call_expression.cpp --
  bool at_function_call() const;
  Expr function_call();
  Expr case_expression();
  Expr case_test(SourcePosition position);
  Expr list_predicate(ast::ListPredicateKind kind);
  Expr reduce();
  Expr trim();
  Expr normalize_call();
  Expr shortest_path();
  Expr subquery_expression(ast::SubqueryKind kind);

  // -- parse_label.cpp --
  Result<ast::LabelExpressionPtr> label_expression();  // behind `:` or IS
  Result<ast::LabelExpressionPtr> label_or();
  Result<ast::LabelExpressionPtr> label_and();
  Result<ast::LabelExpressionPtr> label_not();
  Result<ast::LabelExpressionPtr> label_atom();
  Result<std::vector<ast::LabelReference>> label_references();  // :A:B in SET and REMOVE

  // -- parse_type.cpp --
  Result<ast::TypeUnion> type_union();
  Result<ast::TypeSpec> type_spec();

  // -- parse_pattern.cpp --
  Result<std::vector<ast::PathPattern>> path_patterns();
  Result<ast::PathPattern> path_pattern();
  Result<ast::PathSelector> path_selector();
  Result<std::vector<ast::PatternElement>> pattern_elements();
  Result<ast::NodePattern> node_pattern();
  Result<ast::RelationshipPattern> relationship_pattern();
  Result<> relationship_detail(ast::RelationshipPattern& pattern);
  Result<ast::VariableLength> variable_length();
  Result<std::unique_ptr<const ast::ParenthesizedPath>> parenthesized_path();
  bool at_parenthesized_path() const;
  bool at_relationship(size_t ahead = 0) const;
  bool at_dash(size_t ahead = 0) const;
  bool at_quantifier() const;
  Result<ast::PathQuantifier> path_quantifier();
  Expr properties();  // a map literal or a parameter
  Expr map_or_parameter(std::string_view what);
  bool at_label_start() const;

  // -- parse_query.cpp --
  Result<ast::Query> query();
  Result<ast::SingleQuery> single_query();
  bool at_clause(size_t ahead = 0) const;
  ClauseResult clause();
  Expr optional_where();  // null when there is none
  Result<ast::Projection> projection();
  Result<ast::ProjectionItem> projection_item();
  Result<> projection_tail(ast::Projection& projection);
  Result<std::vector<ast::SortItem>> sort_items();  // behind ORDER BY

  // -- parse_reading.cpp --
  ClauseResult use_clause();
  ClauseResult match();
  Result<ast::Hint> hint();
  ClauseResult unwind();
  ClauseResult load_csv();
  ClauseResult with();
  ClauseResult return_clause();
  ClauseResult order_or_page();
  ClauseResult call(bool optional);
  ClauseResult call_procedure(bool optional);
  ClauseResult call_subquery(bool optional);
  Result<std::vector<ast::YieldItem>> yield_items();
  Result<ast::InTransactions> in_transactions();
  Result<ast::OnBatchError> on_batch_error();

  // -- parse_writing.cpp --
  ClauseResult create(bool insert);
  ClauseResult merge();
  ClauseResult set();
  ClauseResult remove();
  ClauseResult delete_clause();
  ClauseResult foreach ();
  Result<std::vector<ast::SetItem>> set_items();
  Result<ast::SetItem> set_item();

  // -- parse_statement.cpp --
  StatementResult command_or_query();
  Result<> prefix(bool& explain, bool& profile, std::string& version,
                  std::vector<ast::QueryOption>& options);
  bool at_command() const;
  StatementResult command();
  StatementResult create_command();
  StatementResult drop_command();
  StatementResult alter_command();
  StatementResult rename_command();

  // -- parse_schema.cpp --
  StatementResult create_index();
  StatementResult drop_index();
  StatementResult create_constraint();
  StatementResult drop_constraint();
  struct SchemaPattern {
    ast::EntityType entity = ast::EntityType::kNode;
    std::string variable;
    std::vector<std::string> labels_or_types;
  };
  Result<SchemaPattern> schema_pattern();
  Result<std::vector<std::string>> schema_properties(const std::string& variable);
  Result<std::optional<ast::Name>> schema_name();

  // -- parse_show.cpp --
  StatementResult show();
  Result<ast::ShowCommand> show_command();
  Result<> show_target(ast::ShowCommand& command);
  Result<bool> show_schema(ast::ShowCommand& command);
  Result<bool> show_security(ast::ShowCommand& command);
  Result<bool> show_privileges(ast::ShowCommand& command);
  Result<> show_executable(ast::ShowCommand& command);
  Result<> show_selection(ast::ShowCommand& command);
  Result<> show_tail(ast::ShowCommand& command);
  bool at_show_tail(size_t ahead = 0) const;

  // -- parse_user.cpp, parse_role.cpp --
  StatementResult create_user(ast::IfExists if_exists);
  StatementResult alter_user();
  StatementResult alter_current_user();
  StatementResult rename_user();
  StatementResult drop_user();
  Result<> user_settings(ast::UserSettings& settings);
  Result<bool> user_setting(ast::UserSettings& settings);
  Result<> password_setting(ast::AuthBlock& block);
  Result<ast::AuthBlock> auth_block();
  StatementResult create_role(ast::IfExists if_exists);
  StatementResult rename_role();
  StatementResult drop_role();
  StatementResult grant_roles();
  StatementResult revoke_roles();

  // -- parse_privilege.cpp --
  StatementResult grant_deny_revoke();
  Result<ast::PrivilegeSpec> privilege();
  Result<> privilege_resources(ast::PrivilegeSpec& spec, int syntax);
  Result<> privilege_scope(ast::PrivilegeSpec& spec, int scope);
  Result<> privilege_graphs(ast::PrivilegeSpec& spec);
  Result<> privilege_elements(ast::PrivilegeSpec& spec);
  Result<ast::PrivilegePattern> privilege_pattern();
  Result<ast::Name> glob();

  // -- parse_database.cpp, parse_alias.cpp, parse_server.cpp --
  StatementResult create_database(ast::IfExists if_exists);
  StatementResult create_composite_database(ast::IfExists if_exists);
  StatementResult alter_database();
  StatementResult drop_database();
  StatementResult start_or_stop_database(bool start);
  Result<ast::Wait> wait();
  Result<ast::Count> count(std::string_view what);
  Result<ast::Topology> topology();
  Result<std::string> language();  // behind DEFAULT LANGUAGE
  StatementResult create_alias(ast::IfExists if_exists);
  StatementResult alter_alias();
  StatementResult drop_alias();
  StatementResult enable_server();
  StatementResult alter_server();
  StatementResult rename_server();
  StatementResult drop_server();
  StatementResult deallocate_or_reallocate(bool dry_run);

  // -- parse_names.cpp: what the commands share --
  Result<ast::Name> name(std::string_view what);
  Result<std::vector<ast::Name>> names(std::string_view what);
  Result<ast::GraphName> graph_name();
  Result<ast::Name> string_or_parameter(std::string_view what);
  Result<ast::Password> password();
  Result<bool> accept_if_exists();
  Result<ast::IfExists> if_not_exists(ast::IfExists before);
  Result<bool> accept_options(ast::ExpressionPtr& options);

  std::string_view text_;
  std::vector<Token> tokens_;
  std::vector<uint32_t> partners_;  // by token; 0: none
  size_t cursor_ = 0;
  uint32_t depth_ = 0;
  uint32_t max_depth_;
  uint32_t height_ = 0;
  ast::NodeId node_count_ = 0;
  bool bar_ends_labels_ = false;
  bool needs_exact_text_ = false;
  bool in_command_ = false;  // errors show no text that may be a password
  uint32_t auto_parameters_ = 0;  // made so far
  std::span<const ExtractedLiteral> literals_;
  std::vector<std::string> parameters_;
  std::unordered_set<std::string> declared_;  // names of variables met so far
};

}  // namespace trellis::cypher
