// SPDX-License-Identifier: Apache-2.0
#include "cypher/plan/ast_walk.h"

namespace trellis::cypher::plan {
namespace {

using Syntax = ast::ExpressionKind;
using Visit = std::function<void(const ast::Expression&)>;

void each(const ast::ExpressionPtr& child, const Visit& visit) {
  if (child) visit(*child);
}
void each(const ast::ExpressionList& children, const Visit& visit) {
  for (const auto& child : children) each(child, visit);
}
void each(const ast::LabelExpression& labels, const Visit& visit) {
  each(labels.expression, visit);
  for (const auto& child : labels.children) each(*child, visit);
}

void visit_case(const ast::Case& c, const Visit& visit) {
  each(c.subject, visit);
  for (const auto& branch : c.branches) {
    each(branch.when, visit);
    each(branch.then, visit);
  }
  each(c.otherwise, visit);
}

void visit_collection(const ast::Expression& expression, const Visit& visit) {
  switch (expression.kind) {
    case Syntax::kListLiteral:
      return each(ast::as<ast::ListLiteral>(expression).items, visit);
    case Syntax::kMapLiteral:
      for (const auto& entry : ast::as<ast::MapLiteral>(expression).entries) {
        each(entry.value, visit);
      }
      return;
    case Syntax::kListComprehension: {
      const auto& c = ast::as<ast::ListComprehension>(expression);
      each(c.list, visit);
      each(c.where, visit);
      return each(c.projection, visit);
    }
    case Syntax::kListPredicate: {
      const auto& p = ast::as<ast::ListPredicate>(expression);
      each(p.list, visit);
      return each(p.where, visit);
    }
    case Syntax::kReduce: {
      const auto& r = ast::as<ast::Reduce>(expression);
      each(r.initial, visit);
      each(r.list, visit);
      return each(r.step, visit);
    }
    case Syntax::kMapProjection: {
      const auto& p = ast::as<ast::MapProjection>(expression);
      each(p.subject, visit);
      for (const auto& item : p.items) each(item.value, visit);
      return;
    }
    default:
      return;
  }
}

}  // namespace

void for_each_child(const ast::Expression& expression, const Visit& visit) {
  switch (expression.kind) {
    case Syntax::kLiteral:
    case Syntax::kParameter:
    case Syntax::kAutoParameter:
    case Syntax::kVariable:
    case Syntax::kCountStar:
    case Syntax::kCaseSubject:
    case Syntax::kPatternExpression:
    case Syntax::kPatternComprehension:
    case Syntax::kSubqueryExpression:
      return;
    case Syntax::kPropertyAccess:
      return each(ast::as<ast::PropertyAccess>(expression).subject, visit);
    case Syntax::kIndexAccess: {
      const auto& access = ast::as<ast::IndexAccess>(expression);
      each(access.subject, visit);
      return each(access.index, visit);
    }
    case Syntax::kSlice: {
      const auto& slice = ast::as<ast::Slice>(expression);
      each(slice.subject, visit);
      each(slice.from, visit);
      return each(slice.to, visit);
    }
    case Syntax::kUnary:
      return each(ast::as<ast::Unary>(expression).operand, visit);
    case Syntax::kBinary: {
      const auto& binary = ast::as<ast::Binary>(expression);
      each(binary.left, visit);
      return each(binary.right, visit);
    }
    case Syntax::kComparisonChain:
      return each(ast::as<ast::ComparisonChain>(expression).operands, visit);
    case Syntax::kLogicalChain:
      return each(ast::as<ast::LogicalChain>(expression).operands, visit);
    case Syntax::kNullCheck:
      return each(ast::as<ast::NullCheck>(expression).operand, visit);
    case Syntax::kTypePredicate:
      return each(ast::as<ast::TypePredicate>(expression).operand, visit);
    case Syntax::kNormalizedPredicate:
      return each(ast::as<ast::NormalizedPredicate>(expression).operand, visit);
    case Syntax::kLabelPredicate: {
      const auto& predicate = ast::as<ast::LabelPredicate>(expression);
      each(predicate.subject, visit);
      return each(*predicate.labels, visit);
    }
    case Syntax::kFunctionCall:
      return each(ast::as<ast::FunctionCall>(expression).arguments, visit);
    case Syntax::kCase:
      return visit_case(ast::as<ast::Case>(expression), visit);
    default:
      return visit_collection(expression, visit);
  }
}

std::set<SymbolId> symbols_used(const ast::Expression& expression, const SemanticInfo& info) {
  std::set<SymbolId> used;
  const Visit visit = [&](const ast::Expression& e) {
    if (const SymbolId replaced = info.replaced_by(e.id); replaced != kNoSymbol) {
      used.insert(replaced);
      return;
    }
    switch (e.kind) {
      case Syntax::kVariable:
        used.insert(info.symbol_of(e.id));
        return;
      case Syntax::kPatternExpression:
      case Syntax::kPatternComprehension:
      case Syntax::kSubqueryExpression:
        for (const SymbolId symbol : info.captured(e.id)) used.insert(symbol);
        return;
      default:
        for_each_child(e, visit);
    }
  };
  visit(expression);
  return used;
}

bool needs_subplan(const ast::Expression& expression) {
  switch (expression.kind) {
    case Syntax::kPatternExpression:
    case Syntax::kPatternComprehension:
    case Syntax::kSubqueryExpression:
      return true;
    default: {
      bool found = false;
      for_each_child(expression, [&](const ast::Expression& e) { found |= needs_subplan(e); });
      return found;
    }
  }
}

void split_conjunction(const ast::Expression& expression,
                       std::vector<const ast::Expression*>& conjuncts) {
  const auto* chain = ast::try_as<ast::LogicalChain>(&expression);
  if (chain && chain->op == ast::LogicalOperator::kAnd) {
    for (const auto& operand : chain->operands) split_conjunction(*operand, conjuncts);
  } else {
    conjuncts.push_back(&expression);
  }
}

}  // namespace trellis::cypher::plan
