// SPDX-License-Identifier: Apache-2.0
//
// What semantic analysis knows of a statement: a side table beside the AST, so that planning does
// no scope analysis of its own. Immutable after analyze(); lives no longer than the AST, which its
// pointers go into.
//
// How to read it
//   - Every variable has a Symbol. Two variables of one name in different scopes are two symbols;
//     what a WITH passes on under its own name (WITH a, WITH a AS a, WITH *) stays one symbol, and
//     WITH a AS b makes a new one.
//   - symbol_of(id) takes the id of a Variable expression or of a VariableName (a pattern element,
//     named or anonymous; a path; an alias; a YIELD item; the variable of a comprehension,
//     quantifier, reduce, FOREACH, UNWIND or LOAD CSV).
//     A pattern element whose variable was bound before has the earlier symbol: bound_before(id).
//   - Inside a quantified path, an element's symbol is the single element of one repetition;
//     outside the group it is another symbol, a list: GroupVariable links the two.
//   - projection(id) of a With, a Return (or of a ShowCommand) gives the columns with `*` expanded.
//     In an aggregating projection, columns that do not aggregate are the grouping keys.
//   - replaced_by(id): an expression in ORDER BY, in the WHERE of a WITH, or beside an aggregate,
//     which is the same as a projected expression: its value is that column's symbol. Planning must
//     use the symbol instead of descending.
//   - captured(id) of a CallSubquery, SubqueryExpression, PatternExpression or
//     PatternComprehension: the outer symbols that are used inside, ascending.
//   - query(id) of a Query: its columns. In a union each part has its own symbols; part_columns[i]
//     gives them in the order of `columns`, whose symbols are the union's own.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "cypher/semantics/catalog.h"
#include "cypher/semantics/static_type.h"
#include "cypher/statement_traits.h"
#include "cypher/syntax/ast_statement.h"

namespace trellis::cypher {

using SymbolId = uint32_t;
inline constexpr SymbolId kNoSymbol = UINT32_MAX;

enum class SymbolKind : uint8_t {
  kNode,
  kRelationship,
  kRelationshipList,  // of a variable-length relationship
  kNodeList,          // a node of a quantified path, seen from outside
  kPath,
  kValue,
};
struct Symbol {
  std::string name;  // empty: anonymous
  SymbolKind kind = SymbolKind::kValue;
  StaticType type;
};

struct ProjectionColumn {
  std::string name;
  SymbolId symbol = kNoSymbol;                  // what later clauses see
  const ast::Expression* expression = nullptr;  // null: passed on by `*`, the value is `symbol`
  bool aggregates = false;
};
struct ProjectionInfo {
  std::vector<ProjectionColumn> columns;
  bool aggregates = false;  // any column does
};

struct GroupVariable {
  SymbolId single = kNoSymbol;
  SymbolId list = kNoSymbol;
};

struct QueryColumn {
  std::string name;
  SymbolId symbol = kNoSymbol;
};
struct QueryInfo {
  std::vector<QueryColumn> columns;                 // empty: returns nothing
  std::vector<std::vector<SymbolId>> part_columns;  // one per part
  bool writes = false;  // itself, or anything inside, a writing procedure included
};

class SemanticInfo {
 public:
  SymbolId symbol_of(ast::NodeId id) const { return nodes_[id].symbol; }
  bool bound_before(ast::NodeId id) const { return nodes_[id].bound_before; }
  SymbolId replaced_by(ast::NodeId id) const { return nodes_[id].replaced_by; }
  // Whether the expression holds an aggregate that belongs to the projection around it.
  bool aggregates(ast::NodeId id) const { return nodes_[id].aggregates; }
  StaticType type_of(ast::NodeId expression) const { return nodes_[expression].type; }

  const Symbol& symbol(SymbolId id) const { return symbols_[id]; }
  size_t symbol_count() const { return symbols_.size(); }

  const ProjectionInfo& projection(ast::NodeId clause) const { return projections_.at(clause); }
  const QueryInfo& query(ast::NodeId query) const { return queries_.at(query); }
  const std::vector<SymbolId>& captured(ast::NodeId node) const { return captured_.at(node); }
  // Of a ParenthesizedPath.
  const std::vector<GroupVariable>& group_variables(ast::NodeId path) const {
    return groups_.at(path);
  }
  // Of a FunctionCall (never null) and of a CallProcedure (never null).
  const FunctionSignature* function(ast::NodeId call) const { return functions_.at(call); }
  const ProcedureSignature* procedure(ast::NodeId call) const { return procedures_.at(call); }

  // The statement's result columns; empty: it returns nothing.
  const std::vector<QueryColumn>& columns() const { return columns_; }
  QueryType query_type() const { return query_type_; }
  bool writes() const { return query_type_ != QueryType::kRead; }
  // The USE clause that opens the statement (its first part's): what the router needs before
  // anything else. Null: none.
  const ast::Use* use() const { return use_; }
  // Whether CALL {} IN TRANSACTIONS occurs: only in an implicit transaction.
  bool in_transactions() const { return in_transactions_; }

 private:
  friend class SemanticInfoBuilder;
  struct NodeInfo {
    SymbolId symbol = kNoSymbol;
    SymbolId replaced_by = kNoSymbol;
    StaticType type;
    bool bound_before = false;
    bool aggregates = false;
  };
  std::vector<NodeInfo> nodes_;
  std::vector<Symbol> symbols_;
  std::unordered_map<ast::NodeId, ProjectionInfo> projections_;
  std::unordered_map<ast::NodeId, QueryInfo> queries_;
  std::unordered_map<ast::NodeId, std::vector<SymbolId>> captured_;
  std::unordered_map<ast::NodeId, std::vector<GroupVariable>> groups_;
  std::unordered_map<ast::NodeId, const FunctionSignature*> functions_;
  std::unordered_map<ast::NodeId, const ProcedureSignature*> procedures_;
  std::vector<QueryColumn> columns_;
  QueryType query_type_ = QueryType::kRead;
  const ast::Use* use_ = nullptr;
  bool in_transactions_ = false;
};

}  // namespace trellis::cypher
