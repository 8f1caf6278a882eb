// SPDX-License-Identifier: Apache-2.0
//
// Syntax tree -> plan::Expression. What needs rows of its own (patterns, subqueries) becomes an
// operator appended to the chain, and the expression reads the slot that it fills.
#include <algorithm>

#include "cypher/plan/ast_walk.h"
#include "cypher/plan/plan_builder.h"

namespace trellis::cypher::plan {

using Syntax = ast::ExpressionKind;
using Kind = plan::ExpressionKind;

std::unique_ptr<Expression> make_expression(Kind kind, SourcePosition position) {
  auto made = std::make_unique<Expression>();
  made->kind = kind;
  made->position = position;
  return made;
}

ExpressionPtr slot_expression(SlotId slot, SourcePosition position) {
  auto made = make_expression(Kind::kSlot, position);
  made->slot = slot;
  return made;
}

ExpressionPtr unary_expression(Kind kind, ExpressionPtr argument) {
  auto made = make_expression(kind, argument->position);
  made->args.push_back(std::move(argument));
  return made;
}

ExpressionPtr binary_expression(Kind kind, ExpressionPtr left, ExpressionPtr right) {
  auto made = make_expression(kind, left->position);
  made->args.push_back(std::move(left));
  made->args.push_back(std::move(right));
  return made;
}

ExpressionPtr literal_expression(const value::Value& value) {
  auto made = make_expression(Kind::kLiteral);
  made->literal = value::ValueHolder(value);
  return made;
}

ExpressionPtr property_expression(ExpressionPtr subject, TokenRef key) {
  auto made = make_expression(Kind::kProperty, subject->position);
  made->args.push_back(std::move(subject));
  made->token = std::move(key);
  return made;
}

std::string lower_case(std::string_view name) {
  std::string lower(name);
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) {
    return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  });
  return lower;
}

namespace {

value::Value literal_value(const ast::LiteralValue& literal) {
  if (const auto* b = std::get_if<bool>(&literal)) return value::Value::boolean(*b);
  if (const auto* i = std::get_if<int64_t>(&literal)) return value::Value::integer(*i);
  if (const auto* d = std::get_if<double>(&literal)) return value::Value::real(*d);
  if (const auto* s = std::get_if<std::string>(&literal)) return value::Value::string(*s);
  return value::Value();
}

TypeSpec::Name type_name(ast::TypeName name) {
  using N = TypeSpec::Name;
  switch (name) {
    case ast::TypeName::kNothing:
      return N::kNothing;
    case ast::TypeName::kNull:
      return N::kNull;
    case ast::TypeName::kBoolean:
      return N::kBoolean;
    case ast::TypeName::kString:
      return N::kString;
    case ast::TypeName::kInteger:
      return N::kInteger;
    case ast::TypeName::kFloat:
      return N::kFloat;
    case ast::TypeName::kDate:
      return N::kDate;
    case ast::TypeName::kLocalTime:
      return N::kLocalTime;
    case ast::TypeName::kZonedTime:
      return N::kTime;
    case ast::TypeName::kLocalDateTime:
      return N::kLocalDateTime;
    case ast::TypeName::kZonedDateTime:
      return N::kDateTime;
    case ast::TypeName::kDuration:
      return N::kDuration;
    case ast::TypeName::kPoint:
      return N::kPoint;
    case ast::TypeName::kNode:
      return N::kNode;
    case ast::TypeName::kRelationship:
      return N::kRelationship;
    case ast::TypeName::kMap:
      return N::kMap;
    case ast::TypeName::kList:
      return N::kList;
    case ast::TypeName::kPath:
      return N::kPath;
    case ast::TypeName::kPropertyValue:
      return N::kPropertyValue;
    case ast::TypeName::kAny:
    case ast::TypeName::kVector:
      return N::kAny;
  }
  TRELLIS_UNREACHABLE();
}

TypeSpec type_spec(const ast::TypeUnion& types);

TypeSpec type_spec(const ast::TypeSpec& type) {
  TypeSpec spec;
  spec.name = type_name(type.name);
  spec.not_null = type.not_null;
  if (!type.elements.empty()) {
    spec.element = std::make_shared<const TypeSpec>(type_spec(type.elements));
  }
  return spec;
}

TypeSpec type_spec(const ast::TypeUnion& types) {
  if (types.size() == 1) return type_spec(types[0]);
  TypeSpec spec;
  for (const auto& type : types) spec.alternatives.push_back(type_spec(type));
  return spec;
}

std::string_view form_name(ast::NormalForm form) {
  switch (form) {
    case ast::NormalForm::kNfc:
      return "NFC";
    case ast::NormalForm::kNfd:
      return "NFD";
    case ast::NormalForm::kNfkc:
      return "NFKC";
    case ast::NormalForm::kNfkd:
      return "NFKD";
  }
  TRELLIS_UNREACHABLE();
}

std::optional<Comparison> comparison_of(ast::BinaryOperator op) {
  switch (op) {
    case ast::BinaryOperator::kEqual:
      return Comparison::kEqual;
    case ast::BinaryOperator::kNotEqual:
      return Comparison::kNotEqual;
    case ast::BinaryOperator::kLess:
      return Comparison::kLess;
    case ast::BinaryOperator::kLessEqual:
      return Comparison::kLessOrEqual;
    case ast::BinaryOperator::kGreater:
      return Comparison::kGreater;
    case ast::BinaryOperator::kGreaterEqual:
      return Comparison::kGreaterOrEqual;
    default:
      return std::nullopt;
  }
}

std::optional<Arithmetic> arithmetic_of(ast::BinaryOperator op) {
  switch (op) {
    case ast::BinaryOperator::kAdd:
      return Arithmetic::kAdd;
    case ast::BinaryOperator::kSubtract:
      return Arithmetic::kSubtract;
    case ast::BinaryOperator::kMultiply:
      return Arithmetic::kMultiply;
    case ast::BinaryOperator::kDivide:
      return Arithmetic::kDivide;
    case ast::BinaryOperator::kModulo:
      return Arithmetic::kModulo;
    case ast::BinaryOperator::kPower:
      return Arithmetic::kPower;
    default:
      return std::nullopt;
  }
}

Kind other_binary(ast::BinaryOperator op) {
  switch (op) {
    case ast::BinaryOperator::kConcatenate:
      return Kind::kConcatenate;
    case ast::BinaryOperator::kRegexMatch:
      return Kind::kRegexMatch;
    case ast::BinaryOperator::kIn:
      return Kind::kIn;
    case ast::BinaryOperator::kStartsWith:
      return Kind::kStartsWith;
    case ast::BinaryOperator::kEndsWith:
      return Kind::kEndsWith;
    case ast::BinaryOperator::kContains:
      return Kind::kContains;
    default:
      TRELLIS_UNREACHABLE();
  }
}

ExpressionPtr compare(Comparison comparison, ExpressionPtr left, ExpressionPtr right) {
  auto made = make_expression(Kind::kCompare, left->position);
  made->comparison = comparison;
  made->args.push_back(std::move(left));
  made->args.push_back(std::move(right));
  return made;
}

}  // namespace

Result<ExpressionPtr> PlanBuilder::expression(const ast::Expression& expression, Chain& chain) {
  if (const auto it = aggregate_slots_.find(expression.id); it != aggregate_slots_.end()) {
    return slot_expression(it->second, expression.position);
  }
  if (const SymbolId replaced = info_.replaced_by(expression.id);
      replaced != kNoSymbol && chain.bound.contains(replaced)) {
    return slot_expression(replaced, expression.position);
  }
  return expression_of_kind(expression, chain);
}

Result<> PlanBuilder::arguments(const ast::ExpressionList& list, Expression& into, Chain& chain) {
  for (const auto& argument : list) {
    TRELLIS_TRY_ASSIGN(auto built, expression(*argument, chain));
    into.args.push_back(std::move(built));
  }
  return {};
}

Result<ExpressionPtr> PlanBuilder::expression_of_kind(const ast::Expression& e, Chain& chain) {
  auto made = make_expression(Kind::kLiteral, e.position);
  switch (e.kind) {
    case Syntax::kLiteral:
      made->literal = value::ValueHolder(literal_value(ast::as<ast::Literal>(e).value));
      return made;
    case Syntax::kParameter:
      made->kind = Kind::kParameter;
      made->name = ast::as<ast::Parameter>(e).name;
      return made;
    case Syntax::kAutoParameter:
      made->kind = Kind::kAutoParameter;
      made->index = ast::as<ast::AutoParameter>(e).index;
      return made;
    case Syntax::kVariable:
      return slot_expression(slot_of(e.id), e.position);
    case Syntax::kPropertyAccess: {
      const auto& access = ast::as<ast::PropertyAccess>(e);
      TRELLIS_TRY_ASSIGN(auto subject, expression(*access.subject, chain));
      made->kind = Kind::kProperty;
      made->args.push_back(std::move(subject));
      made->token = token(storage::TokenKind::kKey, access.key);
      return made;
    }
    case Syntax::kIndexAccess: {
      const auto& access = ast::as<ast::IndexAccess>(e);
      TRELLIS_TRY_ASSIGN(auto subject, expression(*access.subject, chain));
      TRELLIS_TRY_ASSIGN(auto index, expression(*access.index, chain));
      return binary_expression(Kind::kIndex, std::move(subject), std::move(index));
    }
    case Syntax::kUnary: {
      const auto& unary = ast::as<ast::Unary>(e);
      TRELLIS_TRY_ASSIGN(auto operand, expression(*unary.operand, chain));
      if (unary.op == ast::UnaryOperator::kPlus) return operand;
      return unary_expression(unary.op == ast::UnaryOperator::kNot ? Kind::kNot : Kind::kNegate,
                              std::move(operand));
    }
    case Syntax::kBinary:
      return binary(ast::as<ast::Binary>(e), chain);
    case Syntax::kComparisonChain:
      return comparison_chain(ast::as<ast::ComparisonChain>(e), chain);
    case Syntax::kLogicalChain:
      return logical_chain(ast::as<ast::LogicalChain>(e), chain);
    case Syntax::kNullCheck: {
      const auto& check = ast::as<ast::NullCheck>(e);
      TRELLIS_TRY_ASSIGN(auto operand, expression(*check.operand, chain));
      return unary_expression(check.negated ? Kind::kIsNotNull : Kind::kIsNull,
                              std::move(operand));
    }
    case Syntax::kTypePredicate: {
      const auto& predicate = ast::as<ast::TypePredicate>(e);
      TRELLIS_TRY_ASSIGN(auto operand, expression(*predicate.operand, chain));
      made->kind = Kind::kTypeTest;
      made->args.push_back(std::move(operand));
      made->type = type_spec(predicate.types);
      if (predicate.negated) return unary_expression(Kind::kNot, std::move(made));
      return made;
    }
    case Syntax::kNormalizedPredicate: {
      const auto& predicate = ast::as<ast::NormalizedPredicate>(e);
      TRELLIS_TRY_ASSIGN(auto operand, expression(*predicate.operand, chain));
      made->kind = Kind::kIsNormalized;
      made->name = form_name(predicate.form);
      made->args.push_back(std::move(operand));
      if (predicate.negated) return unary_expression(Kind::kNot, std::move(made));
      return made;
    }
    case Syntax::kLabelPredicate: {
      const auto& predicate = ast::as<ast::LabelPredicate>(e);
      return label_test(*predicate.labels, kNoSlot, predicate.subject.get(), chain);
    }
    case Syntax::kFunctionCall:
      return call(ast::as<ast::FunctionCall>(e), chain);
    case Syntax::kCase:
      return case_expression(ast::as<ast::Case>(e), chain);
    case Syntax::kCaseSubject:
      TRELLIS_ASSERT(!case_subjects_.empty());
      return expression(*case_subjects_.back(), chain);
    case Syntax::kPatternExpression:
    case Syntax::kPatternComprehension:
    case Syntax::kSubqueryExpression:
      return subplan_value(e, chain);
    case Syntax::kCountStar:
      TRELLIS_UNREACHABLE();  // an aggregate: found in aggregate_slots_
    default:
      return collection(e, chain);
  }
}

Result<ExpressionPtr> PlanBuilder::binary(const ast::Binary& e, Chain& chain) {
  TRELLIS_TRY_ASSIGN(auto left, expression(*e.left, chain));
  TRELLIS_TRY_ASSIGN(auto right, expression(*e.right, chain));
  if (const auto comparison = comparison_of(e.op)) {
    return compare(*comparison, std::move(left), std::move(right));
  }
  auto made = make_expression(Kind::kArithmetic, e.position);
  if (const auto arithmetic = arithmetic_of(e.op)) {
    made->arithmetic = *arithmetic;
  } else {
    made->kind = other_binary(e.op);
  }
  made->args.push_back(std::move(left));
  made->args.push_back(std::move(right));
  return made;
}

Result<ExpressionPtr> PlanBuilder::comparison_chain(const ast::ComparisonChain& e, Chain& chain) {
  auto all = make_expression(Kind::kAnd, e.position);
  for (size_t i = 0; i < e.operators.size(); ++i) {
    TRELLIS_TRY_ASSIGN(auto left, expression(*e.operands[i], chain));
    TRELLIS_TRY_ASSIGN(auto right, expression(*e.operands[i + 1], chain));
    all->args.push_back(compare(*comparison_of(e.operators[i]), std::move(left), std::move(right)));
  }
  return all;
}

Result<ExpressionPtr> PlanBuilder::logical_chain(const ast::LogicalChain& e, Chain& chain) {
  if (e.op == ast::LogicalOperator::kXor) {
    TRELLIS_TRY_ASSIGN(auto folded, expression(*e.operands[0], chain));
    for (size_t i = 1; i < e.operands.size(); ++i) {
      TRELLIS_TRY_ASSIGN(auto next, expression(*e.operands[i], chain));
      folded = binary_expression(Kind::kXor, std::move(folded), std::move(next));
    }
    return folded;
  }
  auto made = make_expression(e.op == ast::LogicalOperator::kAnd ? Kind::kAnd : Kind::kOr,
                              e.position);
  TRELLIS_TRY(arguments(e.operands, *made, chain));
  return made;
}

Result<ExpressionPtr> PlanBuilder::call(const ast::FunctionCall& e, Chain& chain) {
  const std::string name = lower_case(e.name);
  if (name == "exists" && e.arguments.size() == 1 &&
      e.arguments[0]->kind == Syntax::kPatternExpression) {
    return expression(*e.arguments[0], chain);
  }
  auto made = make_expression(name == "coalesce" ? Kind::kCoalesce : Kind::kCall, e.position);
  TRELLIS_TRY(arguments(e.arguments, *made, chain));
  if (made->kind == Kind::kCoalesce) return made;
  made->function = context_.functions.find_scalar(name);
  if (!made->function) {
    return fail(make_error(ErrorCode::UnknownFunction, "Unknown function '{}'", e.name)
                    .at(e.position));
  }
  return made;
}

Result<ExpressionPtr> PlanBuilder::case_expression(const ast::Case& e, Chain& chain) {
  auto made = make_expression(Kind::kCase, e.position);
  for (const auto& branch : e.branches) {
    if (e.subject) case_subjects_.push_back(e.subject.get());
    auto when = expression(*branch.when, chain);
    if (e.subject) case_subjects_.pop_back();
    if (!when) return when;
    made->args.push_back(std::move(*when));
    TRELLIS_TRY_ASSIGN(auto then, expression(*branch.then, chain));
    made->args.push_back(std::move(then));
  }
  if (e.otherwise) {
    TRELLIS_TRY_ASSIGN(auto otherwise, expression(*e.otherwise, chain));
    made->args.push_back(std::move(otherwise));
  } else {
    made->args.push_back(literal_expression(value::Value()));
  }
  return made;
}

Result<ExpressionPtr> PlanBuilder::collection(const ast::Expression& e, Chain& chain) {
  auto made = make_expression(Kind::kList, e.position);
  const auto optional = [&](const ast::ExpressionPtr& child) -> Result<> {
    if (!child) {
      made->args.push_back(nullptr);
      return {};
    }
    TRELLIS_TRY_ASSIGN(auto built, expression(*child, chain));
    made->args.push_back(std::move(built));
    return {};
  };
  switch (e.kind) {
    case Syntax::kListLiteral:
      TRELLIS_TRY(arguments(ast::as<ast::ListLiteral>(e).items, *made, chain));
      return made;
    case Syntax::kMapLiteral:
      made->kind = Kind::kMap;
      for (const auto& entry : ast::as<ast::MapLiteral>(e).entries) {
        made->keys.push_back(entry.key);
        TRELLIS_TRY(optional(entry.value));
      }
      return made;
    case Syntax::kSlice: {
      const auto& slice = ast::as<ast::Slice>(e);
      made->kind = Kind::kSlice;
      TRELLIS_TRY(optional(slice.subject));
      TRELLIS_TRY(optional(slice.from));
      TRELLIS_TRY(optional(slice.to));
      return made;
    }
    case Syntax::kMapProjection:
      return map_projection(ast::as<ast::MapProjection>(e), chain);
    case Syntax::kListComprehension: {
      const auto& c = ast::as<ast::ListComprehension>(e);
      if ((c.where && needs_subplan(*c.where)) || (c.projection && needs_subplan(*c.projection))) {
        return lambda_by_subplan(e, chain);
      }
      made->kind = Kind::kListComprehension;
      made->slot = slot_of(c.variable.id);
      TRELLIS_TRY(optional(c.list));
      TRELLIS_TRY(optional(c.where));
      TRELLIS_TRY(optional(c.projection));
      return made;
    }
    case Syntax::kListPredicate: {
      const auto& p = ast::as<ast::ListPredicate>(e);
      if (needs_subplan(*p.where)) return lambda_by_subplan(e, chain);
      made->kind = Kind::kQuantifier;
      made->quantifier = static_cast<Quantifier>(p.quantifier);
      made->slot = slot_of(p.variable.id);
      TRELLIS_TRY(optional(p.list));
      TRELLIS_TRY(optional(p.where));
      return made;
    }
    case Syntax::kReduce: {
      const auto& r = ast::as<ast::Reduce>(e);
      if (needs_subplan(*r.step)) {
        return fail(make_error(ErrorCode::NotSupportedHere,
                               "A pattern or subquery cannot be used in the body of reduce(). "
                               "Collect its results first.")
                        .at(r.step->position));
      }
      made->kind = Kind::kReduce;
      made->accumulator = slot_of(r.accumulator.id);
      made->slot = slot_of(r.variable.id);
      TRELLIS_TRY(optional(r.initial));
      TRELLIS_TRY(optional(r.list));
      TRELLIS_TRY(optional(r.step));
      return made;
    }
    default:
      TRELLIS_UNREACHABLE();
  }
}

// [x IN list WHERE p | e] and any(x IN list WHERE p) whose bodies need sub-plans: the list is
// unwound in a sub-plan, the body computed there row by row, and the results collected.
Result<ExpressionPtr> PlanBuilder::lambda_by_subplan(const ast::Expression& e, Chain& chain) {
  const auto* comprehension = ast::try_as<ast::ListComprehension>(&e);
  const auto* predicate = ast::try_as<ast::ListPredicate>(&e);
  const auto& variable = comprehension ? comprehension->variable : predicate->variable;
  TRELLIS_TRY_ASSIGN(auto list,
                     expression(comprehension ? *comprehension->list : *predicate->list, chain));
  Chain inner = subchain(chain);
  auto rows = std::make_unique<Unwind>();
  rows->element = slot_of(variable.id);
  rows->list = std::move(list);
  inner.append(std::move(rows));
  inner.bound.insert(slot_of(variable.id));
  ExpressionPtr body;
  if (comprehension) {
    if (comprehension->where) TRELLIS_TRY(filter(*comprehension->where, inner));
    if (comprehension->projection) {
      TRELLIS_TRY_ASSIGN(body, expression(*comprehension->projection, inner));
    } else {
      body = slot_expression(slot_of(variable.id));
    }
  } else {
    TRELLIS_TRY_ASSIGN(body, expression(*predicate->where, inner));
  }
  const SlotId element = temporary();
  auto project = std::make_unique<Project>();
  project->items.push_back({element, std::move(body)});
  inner.append(std::move(project));
  auto roll_up = std::make_unique<RollUpApply>();
  roll_up->subplan = std::move(inner.top);
  roll_up->collected = element;
  roll_up->result = temporary();
  const SlotId result = roll_up->result;
  chain.append(std::move(roll_up));
  if (comprehension) return slot_expression(result, e.position);
  auto made = make_expression(Kind::kQuantifier, e.position);
  made->quantifier = static_cast<Quantifier>(predicate->quantifier);
  made->slot = temporary();
  made->args.push_back(slot_expression(result));
  made->args.push_back(slot_expression(made->slot));
  return made;
}

Result<ExpressionPtr> PlanBuilder::map_projection(const ast::MapProjection& e, Chain& chain) {
  auto made = make_expression(Kind::kMapProjection, e.position);
  TRELLIS_TRY_ASSIGN(auto subject, expression(*e.subject, chain));
  made->args.push_back(std::move(subject));
  for (const auto& item : e.items) {
    MapProjectionItem built;
    built.key = item.key;
    switch (item.kind) {
      case ast::MapProjectionItemKind::kAllProperties:
        built.kind = MapProjectionItem::Kind::kAllProperties;
        break;
      case ast::MapProjectionItemKind::kProperty:
        built.kind = MapProjectionItem::Kind::kProperty;
        built.token = token(storage::TokenKind::kKey, item.key);
        break;
      case ast::MapProjectionItemKind::kEntry:
      case ast::MapProjectionItemKind::kVariable: {
        built.kind = MapProjectionItem::Kind::kEntry;
        built.arg = static_cast<uint32_t>(made->args.size());
        TRELLIS_TRY_ASSIGN(auto value, expression(*item.value, chain));
        made->args.push_back(std::move(value));
        break;
      }
    }
    made->projection.push_back(std::move(built));
  }
  return made;
}

// The subject is a slot, or an expression that is built anew for each label.
Result<ExpressionPtr> PlanBuilder::label_test(const ast::LabelExpression& labels, SlotId subject,
                                              const ast::Expression* subject_expression,
                                              Chain& chain) {
  switch (labels.kind) {
    case ast::LabelExpressionKind::kName: {
      ExpressionPtr entity;
      if (subject_expression) {
        TRELLIS_TRY_ASSIGN(entity, expression(*subject_expression, chain));
      } else {
        entity = slot_expression(subject, labels.position);
      }
      auto made = make_expression(Kind::kHasLabel, labels.position);
      made->args.push_back(std::move(entity));
      made->token = token(storage::TokenKind::kLabel, labels.name);
      return made;
    }
    case ast::LabelExpressionKind::kNot: {
      TRELLIS_TRY_ASSIGN(auto inner,
                         label_test(*labels.children[0], subject, subject_expression, chain));
      return unary_expression(Kind::kNot, std::move(inner));
    }
    case ast::LabelExpressionKind::kAnd:
    case ast::LabelExpressionKind::kOr: {
      auto made = make_expression(
          labels.kind == ast::LabelExpressionKind::kAnd ? Kind::kAnd : Kind::kOr, labels.position);
      for (const auto& child : labels.children) {
        TRELLIS_TRY_ASSIGN(auto built, label_test(*child, subject, subject_expression, chain));
        made->args.push_back(std::move(built));
      }
      return made;
    }
    case ast::LabelExpressionKind::kWildcard: {
      ExpressionPtr entity;
      if (subject_expression) {
        TRELLIS_TRY_ASSIGN(entity, expression(*subject_expression, chain));
      } else {
        entity = slot_expression(subject, labels.position);
      }
      auto names = make_expression(Kind::kCall, labels.position);
      names->function = context_.functions.find_scalar("labels");
      TRELLIS_ASSERT(names->function);
      names->args.push_back(std::move(entity));
      return compare(Comparison::kNotEqual, std::move(names),
                     literal_expression(value::Value::list({})));
    }
    case ast::LabelExpressionKind::kDynamicAll:
    case ast::LabelExpressionKind::kDynamicAny:
      return fail(make_error(ErrorCode::NotSupportedHere,
                             "Dynamic labels are not supported in predicates yet. "
                             "Use `expr IN labels(n)`.")
                      .at(labels.position));
  }
  TRELLIS_UNREACHABLE();
}

// -- values that need rows of their own --

Result<ExpressionPtr> PlanBuilder::subplan_value(const ast::Expression& e, Chain& chain) {
  Chain inner = subchain(chain);
  const SlotId result = temporary();
  if (const auto* pattern = ast::try_as<ast::PatternExpression>(&e)) {
    if (pattern->pattern.shortest != ast::ShortestPathKind::kNone) {
      return shortest_path_value(*pattern, chain);
    }
    TRELLIS_TRY(patterns({&pattern->pattern}, nullptr, inner));
    auto semi = std::make_unique<SemiApply>();
    semi->subplan = std::move(inner.top);
    semi->result = result;
    chain.append(std::move(semi));
    return slot_expression(result, e.position);
  }
  auto roll_up = std::make_unique<RollUpApply>();
  roll_up->result = result;
  if (const auto* comprehension = ast::try_as<ast::PatternComprehension>(&e)) {
    TRELLIS_TRY(patterns({&comprehension->pattern}, comprehension->where.get(), inner));
    TRELLIS_TRY_ASSIGN(auto element, expression(*comprehension->projection, inner));
    roll_up->collected = temporary();
    auto project = std::make_unique<Project>();
    project->items.push_back({roll_up->collected, std::move(element)});
    inner.append(std::move(project));
  } else {
    const auto& subquery = ast::as<ast::SubqueryExpression>(e);
    TRELLIS_TRY(query(*subquery.query, inner));
    if (subquery.subquery == ast::SubqueryKind::kExists) {
      auto semi = std::make_unique<SemiApply>();
      semi->subplan = std::move(inner.top);
      semi->result = result;
      chain.read = true;
      chain.append(std::move(semi));
      return slot_expression(result, e.position);
    }
    roll_up->count_only = subquery.subquery == ast::SubqueryKind::kCount;
    if (!roll_up->count_only) {
      roll_up->collected = info_.query(subquery.query->id).columns.at(0).symbol;
    }
  }
  roll_up->subplan = std::move(inner.top);
  chain.read = true;
  chain.append(std::move(roll_up));
  return slot_expression(result, e.position);
}

// shortestPath(..) as a value is a path or null, allShortestPaths(..) a list of paths.
Result<ExpressionPtr> PlanBuilder::shortest_path_value(const ast::PatternExpression& e,
                                                       Chain& chain) {
  Chain inner = subchain(chain);
  TRELLIS_TRY(patterns({&e.pattern}, nullptr, inner));
  const SlotId path = temporary();
  auto project = std::make_unique<Project>();
  project->items.push_back({path, path_expression(e.pattern)});
  inner.append(std::move(project));
  auto roll_up = std::make_unique<RollUpApply>();
  roll_up->subplan = std::move(inner.top);
  roll_up->collected = path;
  roll_up->result = temporary();
  ExpressionPtr paths = slot_expression(roll_up->result, e.position);
  chain.read = true;
  chain.append(std::move(roll_up));
  if (e.pattern.shortest == ast::ShortestPathKind::kAll) return paths;
  return binary_expression(Kind::kIndex, std::move(paths),
                           literal_expression(value::Value::integer(0)));
}

// -- predicates --

void PlanBuilder::filter_by(ExpressionPtr predicate, Chain& chain, double selectivity) {
  auto made = std::make_unique<Filter>();
  made->predicate = std::move(predicate);
  made->estimated_rows = chain.top->estimated_rows * selectivity;
  chain.append(std::move(made));
}

Result<> PlanBuilder::filter(const ast::Expression& predicate, Chain& chain) {
  std::vector<const ast::Expression*> conjuncts;
  split_conjunction(predicate, conjuncts);
  // What needs no sub-plan first: fewer rows reach the sub-plans.
  for (const bool subplans : {false, true}) {
    for (const ast::Expression* conjunct : conjuncts) {
      if (needs_subplan(*conjunct) == subplans) TRELLIS_TRY(filter_conjunct(*conjunct, chain));
    }
  }
  return {};
}

Result<> PlanBuilder::filter_conjunct(const ast::Expression& predicate, Chain& chain) {
  const ast::Expression* test = &predicate;
  bool anti = false;
  if (const auto* unary = ast::try_as<ast::Unary>(test);
      unary && unary->op == ast::UnaryOperator::kNot) {
    test = unary->operand.get();
    anti = true;
  }
  const auto* exists = ast::try_as<ast::SubqueryExpression>(test);
  const auto* pattern = ast::try_as<ast::PatternExpression>(test);
  const bool semi_join =
      (exists && exists->subquery == ast::SubqueryKind::kExists) ||
      (pattern && pattern->pattern.shortest == ast::ShortestPathKind::kNone);
  if (!semi_join) {
    TRELLIS_TRY_ASSIGN(auto built, expression(predicate, chain));
    filter_by(std::move(built), chain, 0.25);
    return {};
  }
  Chain inner = subchain(chain);
  if (exists) {
    TRELLIS_TRY(query(*exists->query, inner));
  } else {
    TRELLIS_TRY(patterns({&pattern->pattern}, nullptr, inner));
  }
  auto semi = std::make_unique<SemiApply>();
  semi->subplan = std::move(inner.top);
  semi->anti = anti;
  semi->estimated_rows = chain.top->estimated_rows * 0.5;
  chain.read = true;
  chain.append(std::move(semi));
  return {};
}

}  // namespace trellis::cypher::plan
