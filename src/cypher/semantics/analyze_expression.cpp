// SPDX-License-Identifier: Apache-2.0
//
// Expressions that are no operator and no call.
#include "cypher/semantics/analyzer.h"

namespace trellis::cypher {

using ast::as;
using ast::ExpressionKind;

Analyzer::Typed Analyzer::expression(const ast::Expression& expression, const Context& context) {
  if (const auto type = replaced(expression, context)) return *type;
  const size_t aggregates_before = aggregate_count_;
  TRELLIS_TRY_ASSIGN(const StaticType type, expression_by_kind(expression, context));
  auto& node = info_.node(expression.id);
  node.type = type;
  node.aggregates = aggregate_count_ != aggregates_before;
  return type;
}

Analyzer::Typed Analyzer::expression_by_kind(const ast::Expression& node, const Context& context) {
  // Most kinds want a value of their children, whatever was wanted of them.
  Context inner = context;
  inner.predicate = false;
  switch (node.kind) {
    case ExpressionKind::kLiteral:
      return literal(as<ast::Literal>(node));
    case ExpressionKind::kParameter:
      return StaticType();
    case ExpressionKind::kAutoParameter:
      switch (as<ast::AutoParameter>(node).type) {
        case ast::AutoParameterType::kInteger:
          return StaticType::of(kIntegerType);
        case ast::AutoParameterType::kFloat:
          return StaticType::of(kFloatType);
        case ast::AutoParameterType::kString:
          return StaticType::of(kStringType);
      }
      TRELLIS_UNREACHABLE();
    case ExpressionKind::kVariable:
      return variable(as<ast::Variable>(node), inner);
    case ExpressionKind::kPropertyAccess:
      return property_access(as<ast::PropertyAccess>(node), inner);
    case ExpressionKind::kIndexAccess:
      return index_access(as<ast::IndexAccess>(node), inner);
    case ExpressionKind::kSlice:
      return slice(as<ast::Slice>(node), inner);
    case ExpressionKind::kUnary:
      return unary(as<ast::Unary>(node), inner);
    case ExpressionKind::kBinary:
      return binary(as<ast::Binary>(node), inner);
    case ExpressionKind::kComparisonChain:
      for (const auto& operand : as<ast::ComparisonChain>(node).operands) {
        TRELLIS_TRY(expression(*operand, inner));
      }
      return StaticType::of(kBooleanType);
    case ExpressionKind::kLogicalChain:
      return logical_chain(as<ast::LogicalChain>(node), context);
    case ExpressionKind::kNullCheck:
      TRELLIS_TRY(expression(*as<ast::NullCheck>(node).operand, inner));
      return StaticType::of(kBooleanType);
    case ExpressionKind::kTypePredicate:
      return type_predicate(as<ast::TypePredicate>(node), inner);
    case ExpressionKind::kNormalizedPredicate:
      TRELLIS_TRY(expression(*as<ast::NormalizedPredicate>(node).operand, inner));
      return StaticType::of(kBooleanType);
    case ExpressionKind::kLabelPredicate:
      return label_predicate(as<ast::LabelPredicate>(node), inner);
    case ExpressionKind::kFunctionCall:
    case ExpressionKind::kCountStar:
      break;
    case ExpressionKind::kCase:
      return case_expression(as<ast::Case>(node), inner);
    case ExpressionKind::kCaseSubject:
      return case_subject_;
    case ExpressionKind::kListLiteral:
      return list_literal(as<ast::ListLiteral>(node), inner);
    case ExpressionKind::kMapLiteral:
      for (const auto& entry : as<ast::MapLiteral>(node).entries) {
        TRELLIS_TRY(expression(*entry.value, inner));
      }
      return StaticType::of(kMapType);
    case ExpressionKind::kListComprehension:
      return list_comprehension(as<ast::ListComprehension>(node), inner);
    case ExpressionKind::kListPredicate:
      return list_predicate(as<ast::ListPredicate>(node), inner);
    case ExpressionKind::kReduce:
      return reduce(as<ast::Reduce>(node), inner);
    case ExpressionKind::kMapProjection:
      return map_projection(as<ast::MapProjection>(node), inner);
    case ExpressionKind::kPatternExpression:
      return pattern_expression(as<ast::PatternExpression>(node), context);
    case ExpressionKind::kPatternComprehension:
      return pattern_comprehension(as<ast::PatternComprehension>(node), inner);
    case ExpressionKind::kSubqueryExpression:
      return subquery(as<ast::SubqueryExpression>(node));
  }
  if (node.kind == ExpressionKind::kFunctionCall) {
    return function_call(as<ast::FunctionCall>(node), inner);
  }
  // count(*)
  if (inner.aggregates != Aggregates::kAllowed) {
    const bool nested = inner.aggregates == Aggregates::kInside;
    return fail_at(node.position,
                   nested ? ErrorCode::NestedAggregation : ErrorCode::InvalidAggregation,
                   "Invalid use of aggregating function count(*) in this context");
  }
  ++aggregate_count_;
  return StaticType::of(kIntegerType);
}

Analyzer::Typed Analyzer::literal(const ast::Literal& literal) {
  switch (literal.value.index()) {
    case 0:
      return StaticType::of(kNullType);
    case 1:
      return StaticType::of(kBooleanType);
    case 2:
      return StaticType::of(kIntegerType);
    case 3:
      return StaticType::of(kFloatType);
    default:
      return StaticType::of(kStringType);
  }
}

Analyzer::Typed Analyzer::variable(const ast::Variable& variable, const Context& context) {
  const SymbolId symbol = scope_.find(variable.name);
  if (symbol == kNoSymbol) {
    const Projected* projected = context.projected;
    if (projected && projected->columns_only &&
        projected->before->find(variable.name) != kNoSymbol) {
      return fail(out_of_projection(variable, context));
    }
    return undefined(variable.name, variable.position);
  }
  bind(variable.id, symbol, true);
  return info_.symbol(symbol).type;
}

Analyzer::Typed Analyzer::property_access(const ast::PropertyAccess& access,
                                          const Context& context) {
  TRELLIS_TRY_ASSIGN(const StaticType subject, expression(*access.subject, context));
  if (subject.is_only(kPathType)) {
    return type_mismatch(access.subject->position, "Map, Node or Relationship", subject);
  }
  if (!subject.may_be(kPropertyBearingType)) {
    return fail_at(access.subject->position, ErrorCode::TypeError,
                   "Type mismatch: expected Map, Node, Relationship, Point, Duration, Date, Time, "
                   "LocalTime, LocalDateTime or DateTime but was {}",
                   to_string(subject));
  }
  return StaticType();
}

Analyzer::Typed Analyzer::index_access(const ast::IndexAccess& access, const Context& context) {
  TRELLIS_TRY_ASSIGN(const StaticType subject, expression(*access.subject, context));
  TRELLIS_TRY(expression(*access.index, context));
  if (!subject.may_be(kListType | kMapType | kEntityType)) {
    return fail_at(access.subject->position, ErrorCode::TypeError,
                   "Type mismatch: expected Map, Node, Relationship or List but was {}",
                   to_string(subject));
  }
  return subject.is_only(kListType) ? StaticType::of(subject.element) : StaticType();
}

Analyzer::Typed Analyzer::slice(const ast::Slice& slice, const Context& context) {
  TRELLIS_TRY_ASSIGN(const StaticType subject, expression(*slice.subject, context));
  if (slice.from) TRELLIS_TRY(expression(*slice.from, context));
  if (slice.to) TRELLIS_TRY(expression(*slice.to, context));
  if (!subject.may_be(kListType)) {
    return type_mismatch(slice.subject->position, "List", subject);
  }
  return StaticType::list_of(subject.element);
}

Analyzer::Typed Analyzer::case_expression(const ast::Case& node, const Context& context) {
  const StaticType outer_subject = case_subject_;
  StaticType subject;
  if (node.subject) {
    TRELLIS_TRY_ASSIGN(subject, expression(*node.subject, context));
  }
  StaticType result = StaticType::of(kNullType);
  for (const ast::CaseBranch& branch : node.branches) {
    Context condition = context;
    condition.predicate = true;
    case_subject_ = subject;
    TRELLIS_TRY_ASSIGN(const StaticType when, expression(*branch.when, condition));
    case_subject_ = outer_subject;
    if (!when.may_be(kBooleanType | kListType)) {
      return type_mismatch(branch.when->position, "Boolean", when);
    }
    TRELLIS_TRY_ASSIGN(const StaticType then, expression(*branch.then, context));
    result = result.united(then);
  }
  if (node.otherwise) {
    TRELLIS_TRY_ASSIGN(const StaticType otherwise, expression(*node.otherwise, context));
    result = result.united(otherwise);
  }
  return result;
}

Analyzer::Typed Analyzer::list_literal(const ast::ListLiteral& list, const Context& context) {
  TypeMask element = kNullType;
  for (const auto& item : list.items) {
    TRELLIS_TRY_ASSIGN(const StaticType type, expression(*item, context));
    element |= type.mask;
  }
  return StaticType::list_of(element);
}

Result<StaticType> Analyzer::list_operand(const ast::Expression& list, const Context& context) {
  TRELLIS_TRY_ASSIGN(const StaticType type, expression(list, context));
  if (!type.may_be(kListType)) return type_mismatch(list.position, "List", type);
  return type.is_only(kListType) ? StaticType::of(type.element) : StaticType();
}

Analyzer::Typed Analyzer::list_comprehension(const ast::ListComprehension& node,
                                             const Context& context) {
  TRELLIS_TRY_ASSIGN(const StaticType element, list_operand(*node.list, context));
  const ScopeGuard guard(*this);
  declare(node.variable, SymbolKind::kValue, element);
  // The list is one value per row; what is done per element cannot aggregate over rows.
  Context inner = context;
  if (inner.aggregates == Aggregates::kAllowed) inner.aggregates = Aggregates::kForbidden;
  if (node.where) {
    Context filter = inner;
    filter.predicate = true;
    TRELLIS_TRY(boolean_operand(*node.where, filter));
  }
  if (!node.projection) return StaticType::list_of(element.mask);
  TRELLIS_TRY_ASSIGN(const StaticType projected, expression(*node.projection, inner));
  return StaticType::list_of(projected.mask);
}

Analyzer::Typed Analyzer::list_predicate(const ast::ListPredicate& node, const Context& context) {
  TRELLIS_TRY_ASSIGN(const StaticType element, list_operand(*node.list, context));
  const ScopeGuard guard(*this);
  declare(node.variable, SymbolKind::kValue, element);
  Context filter = context;
  if (filter.aggregates == Aggregates::kAllowed) filter.aggregates = Aggregates::kForbidden;
  filter.predicate = true;
  TRELLIS_TRY(boolean_operand(*node.where, filter));
  return StaticType::of(kBooleanType);
}

Analyzer::Typed Analyzer::reduce(const ast::Reduce& node, const Context& context) {
  TRELLIS_TRY(expression(*node.initial, context));
  TRELLIS_TRY_ASSIGN(const StaticType element, list_operand(*node.list, context));
  const ScopeGuard guard(*this);
  declare(node.accumulator, SymbolKind::kValue, StaticType());
  declare(node.variable, SymbolKind::kValue, element);
  Context inner = context;
  if (inner.aggregates == Aggregates::kAllowed) inner.aggregates = Aggregates::kForbidden;
  TRELLIS_TRY(expression(*node.step, inner));
  return StaticType();
}

Analyzer::Typed Analyzer::map_projection(const ast::MapProjection& node, const Context& context) {
  TRELLIS_TRY_ASSIGN(const StaticType subject, expression(*node.subject, context));
  if (!subject.may_be(kEntityType | kMapType)) {
    return type_mismatch(node.subject->position, "Map, Node or Relationship", subject);
  }
  for (const auto& item : node.items) {
    if (item.value) TRELLIS_TRY(expression(*item.value, context));
  }
  return StaticType::of(kMapType);
}

Analyzer::Typed Analyzer::pattern_expression(const ast::PatternExpression& node,
                                             const Context& context) {
  const bool shortest = node.pattern.shortest != ast::ShortestPathKind::kNone;
  if (!shortest && !context.predicate) {
    return fail_at(node.position, ErrorCode::SyntaxError,
                   "A pattern expression should only be used in order to test the existence of a "
                   "pattern. It can no longer be used for other purposes; use a pattern "
                   "comprehension, COUNT {{}} or EXISTS {{}}.");
  }
  const Capture capture(*this, node.id);
  const ScopeGuard guard(*this);
  const auto outer_relationships = std::move(match_relationships_);
  match_relationships_.clear();
  // A relationship variable of shortestPath() may be new: it is only seen inside.
  const PatternUse use = shortest ? PatternUse::kComprehension : PatternUse::kPredicate;
  TRELLIS_TRY(pattern(node.pattern, use));
  TRELLIS_TRY(pattern_properties(node.pattern, use));
  match_relationships_ = outer_relationships;
  if (!shortest) return StaticType::of(kBooleanType);
  return node.pattern.shortest == ast::ShortestPathKind::kSingle ? StaticType::of(kPathType)
                                                                 : StaticType::list_of(kPathType);
}

Analyzer::Typed Analyzer::pattern_comprehension(const ast::PatternComprehension& node,
                                                const Context& context) {
  const Capture capture(*this, node.id);
  const ScopeGuard guard(*this);
  const auto outer_relationships = std::move(match_relationships_);
  match_relationships_.clear();
  TRELLIS_TRY(pattern(node.pattern, PatternUse::kComprehension));
  TRELLIS_TRY(pattern_properties(node.pattern, PatternUse::kComprehension));
  match_relationships_ = outer_relationships;
  TRELLIS_TRY(where(node.where));
  Context inner = context;
  if (inner.aggregates == Aggregates::kAllowed) inner.aggregates = Aggregates::kForbidden;
  inner.projected = nullptr;
  TRELLIS_TRY_ASSIGN(const StaticType projected, expression(*node.projection, inner));
  return StaticType::list_of(projected.mask);
}

Analyzer::Typed Analyzer::subquery(const ast::SubqueryExpression& node) {
  const Capture capture(*this, node.id);
  const ScopeGuard guard(*this);
  const auto outer_relationships = std::move(match_relationships_);
  const size_t aggregates = aggregate_count_;
  const bool wrote = writes_;
  TRELLIS_TRY_ASSIGN(const QueryResult result,
                     query(*node.query, QueryPlace::kExpression, nullptr));
  match_relationships_ = outer_relationships;
  aggregate_count_ = aggregates;
  if (result.writes) {  // a writing procedure
    return fail_at(node.position, ErrorCode::InvalidClauseComposition,
                   "EXISTS, COUNT and COLLECT can only read.");
  }
  writes_ = wrote;
  switch (node.subquery) {
    case ast::SubqueryKind::kExists:
      return StaticType::of(kBooleanType);
    case ast::SubqueryKind::kCount:
      return StaticType::of(kIntegerType);
    case ast::SubqueryKind::kCollect:
      break;
  }
  if (result.columns.size() != 1) {
    return fail_at(node.position, ErrorCode::SyntaxError,
                   "A Collect Expression must end with a single return column.");
  }
  return StaticType::list_of(info_.symbol(result.columns[0].symbol).type.mask);
}

}  // namespace trellis::cypher
