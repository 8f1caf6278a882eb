// SPDX-License-Identifier: Apache-2.0
//
// Operators: what their operands can be, as far as it is known before execution.
#include "cypher/semantics/analyzer.h"

namespace trellis::cypher {

using ast::BinaryOperator;

namespace {

// What + - * / % ^ take at all; + takes more (lists, strings with anything).
constexpr TypeMask kArithmetic = kNumberType | kTemporalType | kPointType;

}  // namespace

Result<> Analyzer::boolean_operand(const ast::Expression& operand, const Context& context) {
  TRELLIS_TRY_ASSIGN(const StaticType type, expression(operand, context));
  if (!type.may_be(kBooleanType)) return type_mismatch(operand.position, "Boolean", type);
  return {};
}

Analyzer::Typed Analyzer::logical_chain(const ast::LogicalChain& node, const Context& context) {
  Context inner = context;
  inner.predicate = true;
  for (const auto& operand : node.operands) TRELLIS_TRY(boolean_operand(*operand, inner));
  return StaticType::of(kBooleanType);
}

Analyzer::Typed Analyzer::unary(const ast::Unary& node, const Context& context) {
  Context inner = context;
  if (node.op == ast::UnaryOperator::kNot) {
    inner.predicate = true;
    TRELLIS_TRY(boolean_operand(*node.operand, inner));
    return StaticType::of(kBooleanType);
  }
  TRELLIS_TRY_ASSIGN(const StaticType type, expression(*node.operand, inner));
  if (!type.may_be(kNumberType | kDurationType)) {
    return type_mismatch(node.operand->position, "Float, Integer or Duration", type);
  }
  return StaticType::of(type.mask & (kNumberType | kDurationType));
}

Analyzer::Typed Analyzer::binary(const ast::Binary& node, const Context& context) {
  Context inner = context;
  if (inner.projected && !inner.beside_aggregate) {
    // In a sort key, `a.x + count(*)`: a part of the key is an aggregate, so the others must be
    // grouping keys as they stand.
    const size_t before = aggregate_count_;
    inner.beside_aggregate = true;
    const auto has_aggregate = [&](const ast::Expression& side, const auto& self) -> bool {
      if (side.kind == ast::ExpressionKind::kCountStar) return true;
      if (const auto* call = ast::try_as<ast::FunctionCall>(&side)) {
        std::string name = call->name;
        for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
        const auto* function = options_.functions->find_function(name);
        return function && function->aggregating;
      }
      if (const auto* operation = ast::try_as<ast::Binary>(&side)) {
        return self(*operation->left, self) || self(*operation->right, self);
      }
      return false;
    };
    inner.beside_aggregate = has_aggregate(node, has_aggregate);
    aggregate_count_ = before;
  }
  if (node.op == BinaryOperator::kIn) return in_list(node, inner);
  TRELLIS_TRY_ASSIGN(const StaticType left, expression(*node.left, inner));
  TRELLIS_TRY_ASSIGN(const StaticType right, expression(*node.right, inner));
  switch (node.op) {
    case BinaryOperator::kAdd:
    case BinaryOperator::kSubtract:
    case BinaryOperator::kMultiply:
    case BinaryOperator::kDivide:
    case BinaryOperator::kModulo:
    case BinaryOperator::kPower:
    case BinaryOperator::kConcatenate:
      return arithmetic_type(node, left, right);
    default:
      return StaticType::of(kBooleanType);
  }
}

Analyzer::Typed Analyzer::in_list(const ast::Binary& node, const Context& context) {
  TRELLIS_TRY(expression(*node.left, context));
  TRELLIS_TRY(list_operand(*node.right, context));
  return StaticType::of(kBooleanType);
}

Analyzer::Typed Analyzer::arithmetic_type(const ast::Binary& node, StaticType left,
                                          StaticType right) {
  const bool null = left.mask == kNullType || right.mask == kNullType;
  const bool both_numbers = left.is_only(kNumberType) && right.is_only(kNumberType);
  switch (node.op) {
    case BinaryOperator::kConcatenate:
      for (const StaticType& side : {left, right}) {
        if (!side.may_be(kStringType | kListType)) {
          return type_mismatch(node.position, "String or List", side);
        }
      }
      if (left.is_only(kStringType) && right.is_only(kStringType)) {
        return StaticType::of(kStringType);
      }
      break;
    case BinaryOperator::kAdd:
      if (left.is_only(kListType) || right.is_only(kListType)) {
        const auto elements = [](StaticType side) {
          return side.is_only(kListType) ? side.element : side.mask;
        };
        return StaticType::list_of(elements(left) | elements(right));
      }
      if (!null && left.is_only(kStringType) && right.is_only(kStringType)) {
        return StaticType::of(kStringType);
      }
      break;
    default:
      for (const StaticType& side : {left, right}) {
        if (!side.may_be(kArithmetic)) {
          return type_mismatch(node.position, "Float, Integer or Duration", side);
        }
      }
      break;
  }
  if (null || !both_numbers) {
    return null ? StaticType::of(kNullType) : StaticType();
  }
  if (node.op == BinaryOperator::kPower) return StaticType::of(kFloatType);
  if (left.is_only(kIntegerType) && right.is_only(kIntegerType)) {
    return StaticType::of(kIntegerType);
  }
  const bool certainly_float = left.is_only(kFloatType) || right.is_only(kFloatType);
  return StaticType::of(certainly_float ? kFloatType : kNumberType);
}

Analyzer::Typed Analyzer::type_predicate(const ast::TypePredicate& node, const Context& context) {
  TRELLIS_TRY(expression(*node.operand, context));
  for (const ast::TypeSpec& type : node.types) {
    if (type.name == ast::TypeName::kVector) {
      return fail_at(node.position, ErrorCode::NotSupportedHere,
                     "The type VECTOR is not known to CYPHER 5.");
    }
  }
  return StaticType::of(kBooleanType);
}

Analyzer::Typed Analyzer::label_predicate(const ast::LabelPredicate& node, const Context& context) {
  TRELLIS_TRY_ASSIGN(const StaticType subject, expression(*node.subject, context));
  if (!subject.may_be(kEntityType)) {
    return type_mismatch(node.subject->position, "Node or Relationship", subject);
  }
  TRELLIS_TRY(labels(node.labels.get()));
  return StaticType::of(kBooleanType);
}

}  // namespace trellis::cypher
