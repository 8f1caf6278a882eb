// SPDX-License-Identifier: Apache-2.0
#include "cypher/syntax/children.h"

namespace trellis::cypher {

using ast::as;
using ast::Expression;
using ast::ExpressionKind;

namespace {

void visit_labels(const ast::LabelExpression& labels, const ExpressionVisitor& visit) {
  if (labels.expression) visit(*labels.expression);
  for (const auto& child : labels.children) visit_labels(*child, visit);
}

}  // namespace

void visit_children(const Expression& expression, const ExpressionVisitor& visit) {
  const auto maybe = [&](const ast::ExpressionPtr& child) {
    if (child) visit(*child);
  };
  const auto all = [&](const ast::ExpressionList& children) {
    for (const auto& child : children) visit(*child);
  };
  switch (expression.kind) {
    case ExpressionKind::kLiteral:
    case ExpressionKind::kParameter:
    case ExpressionKind::kAutoParameter:
    case ExpressionKind::kVariable:
    case ExpressionKind::kCountStar:
    case ExpressionKind::kCaseSubject:
    case ExpressionKind::kPatternExpression:
    case ExpressionKind::kSubqueryExpression:
      return;
    case ExpressionKind::kPropertyAccess:
      return visit(*as<ast::PropertyAccess>(expression).subject);
    case ExpressionKind::kIndexAccess:
      visit(*as<ast::IndexAccess>(expression).subject);
      return visit(*as<ast::IndexAccess>(expression).index);
    case ExpressionKind::kSlice: {
      const auto& slice = as<ast::Slice>(expression);
      visit(*slice.subject);
      maybe(slice.from);
      return maybe(slice.to);
    }
    case ExpressionKind::kUnary:
      return visit(*as<ast::Unary>(expression).operand);
    case ExpressionKind::kBinary:
      visit(*as<ast::Binary>(expression).left);
      return visit(*as<ast::Binary>(expression).right);
    case ExpressionKind::kComparisonChain:
      return all(as<ast::ComparisonChain>(expression).operands);
    case ExpressionKind::kLogicalChain:
      return all(as<ast::LogicalChain>(expression).operands);
    case ExpressionKind::kNullCheck:
      return visit(*as<ast::NullCheck>(expression).operand);
    case ExpressionKind::kTypePredicate:
      return visit(*as<ast::TypePredicate>(expression).operand);
    case ExpressionKind::kNormalizedPredicate:
      return visit(*as<ast::NormalizedPredicate>(expression).operand);
    case ExpressionKind::kLabelPredicate:
      visit(*as<ast::LabelPredicate>(expression).subject);
      return visit_labels(*as<ast::LabelPredicate>(expression).labels, visit);
    case ExpressionKind::kFunctionCall:
      return all(as<ast::FunctionCall>(expression).arguments);
    case ExpressionKind::kCase: {
      const auto& node = as<ast::Case>(expression);
      maybe(node.subject);
      for (const auto& branch : node.branches) {
        visit(*branch.when);
        visit(*branch.then);
      }
      return maybe(node.otherwise);
    }
    case ExpressionKind::kListLiteral:
      return all(as<ast::ListLiteral>(expression).items);
    case ExpressionKind::kMapLiteral:
      for (const auto& entry : as<ast::MapLiteral>(expression).entries) visit(*entry.value);
      return;
    case ExpressionKind::kListComprehension: {
      const auto& node = as<ast::ListComprehension>(expression);
      visit(*node.list);
      maybe(node.where);
      return maybe(node.projection);
    }
    case ExpressionKind::kListPredicate:
      visit(*as<ast::ListPredicate>(expression).list);
      return visit(*as<ast::ListPredicate>(expression).where);
    case ExpressionKind::kReduce:
      visit(*as<ast::Reduce>(expression).initial);
      visit(*as<ast::Reduce>(expression).list);
      return visit(*as<ast::Reduce>(expression).step);
    case ExpressionKind::kMapProjection: {
      const auto& node = as<ast::MapProjection>(expression);
      visit(*node.subject);
      for (const auto& item : node.items) maybe(item.value);
      return;
    }
    case ExpressionKind::kPatternComprehension:
      maybe(as<ast::PatternComprehension>(expression).where);
      return visit(*as<ast::PatternComprehension>(expression).projection);
  }
  TRELLIS_UNREACHABLE();
}

namespace {

bool same_labels(const ast::LabelExpression& a, const ast::LabelExpression& b) {
  if (a.kind != b.kind || a.name != b.name || a.children.size() != b.children.size()) return false;
  for (size_t i = 0; i < a.children.size(); ++i) {
    if (!same_labels(*a.children[i], *b.children[i])) return false;
  }
  return true;  // dynamic labels are children, compared there
}

// What the kind has beside its children.
bool same_head(const Expression& a, const Expression& b) {
  switch (a.kind) {
    case ExpressionKind::kLiteral:
      return as<ast::Literal>(a).value == as<ast::Literal>(b).value;
    case ExpressionKind::kParameter:
      return as<ast::Parameter>(a).name == as<ast::Parameter>(b).name;
    case ExpressionKind::kAutoParameter:
      return as<ast::AutoParameter>(a).index == as<ast::AutoParameter>(b).index;
    case ExpressionKind::kVariable:
      return as<ast::Variable>(a).name == as<ast::Variable>(b).name;
    case ExpressionKind::kPropertyAccess:
      return as<ast::PropertyAccess>(a).key == as<ast::PropertyAccess>(b).key;
    case ExpressionKind::kSlice:
      return !as<ast::Slice>(a).from == !as<ast::Slice>(b).from;
    case ExpressionKind::kUnary:
      return as<ast::Unary>(a).op == as<ast::Unary>(b).op;
    case ExpressionKind::kBinary:
      return as<ast::Binary>(a).op == as<ast::Binary>(b).op;
    case ExpressionKind::kComparisonChain:
      return as<ast::ComparisonChain>(a).operators == as<ast::ComparisonChain>(b).operators;
    case ExpressionKind::kLogicalChain:
      return as<ast::LogicalChain>(a).op == as<ast::LogicalChain>(b).op;
    case ExpressionKind::kNullCheck:
      return as<ast::NullCheck>(a).negated == as<ast::NullCheck>(b).negated;
    case ExpressionKind::kLabelPredicate:
      return same_labels(*as<ast::LabelPredicate>(a).labels, *as<ast::LabelPredicate>(b).labels);
    case ExpressionKind::kFunctionCall:
      return as<ast::FunctionCall>(a).name == as<ast::FunctionCall>(b).name &&
             as<ast::FunctionCall>(a).distinct == as<ast::FunctionCall>(b).distinct;
    case ExpressionKind::kCase:
      return !as<ast::Case>(a).subject == !as<ast::Case>(b).subject &&
             !as<ast::Case>(a).otherwise == !as<ast::Case>(b).otherwise;
    case ExpressionKind::kMapLiteral: {
      const auto& x = as<ast::MapLiteral>(a).entries;
      const auto& y = as<ast::MapLiteral>(b).entries;
      if (x.size() != y.size()) return false;
      for (size_t i = 0; i < x.size(); ++i) {
        if (x[i].key != y[i].key) return false;
      }
      return true;
    }
    case ExpressionKind::kListComprehension: {
      const auto& x = as<ast::ListComprehension>(a);
      const auto& y = as<ast::ListComprehension>(b);
      return x.variable.name == y.variable.name && !x.where == !y.where &&
             !x.projection == !y.projection;
    }
    case ExpressionKind::kListPredicate:
      return as<ast::ListPredicate>(a).quantifier == as<ast::ListPredicate>(b).quantifier &&
             as<ast::ListPredicate>(a).variable.name == as<ast::ListPredicate>(b).variable.name;
    case ExpressionKind::kReduce:
      return as<ast::Reduce>(a).accumulator.name == as<ast::Reduce>(b).accumulator.name &&
             as<ast::Reduce>(a).variable.name == as<ast::Reduce>(b).variable.name;
    case ExpressionKind::kIndexAccess:
    case ExpressionKind::kCountStar:
    case ExpressionKind::kCaseSubject:
    case ExpressionKind::kListLiteral:
      return true;
    case ExpressionKind::kTypePredicate:
    case ExpressionKind::kNormalizedPredicate:
    case ExpressionKind::kMapProjection:
    case ExpressionKind::kPatternExpression:
    case ExpressionKind::kPatternComprehension:
    case ExpressionKind::kSubqueryExpression:
      return false;
  }
  TRELLIS_UNREACHABLE();
}

}  // namespace

bool same_expression(const Expression& a, const Expression& b) {
  if (a.kind != b.kind || !same_head(a, b)) return false;
  std::vector<const Expression*> left;
  std::vector<const Expression*> right;
  visit_children(a, [&](const Expression& child) { left.push_back(&child); });
  visit_children(b, [&](const Expression& child) { right.push_back(&child); });
  if (left.size() != right.size()) return false;
  for (size_t i = 0; i < left.size(); ++i) {
    if (!same_expression(*left[i], *right[i])) return false;
  }
  return true;
}

}  // namespace trellis::cypher
