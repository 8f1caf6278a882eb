// SPDX-License-Identifier: Apache-2.0
//
// Function calls and aggregates.
#include "cypher/semantics/analyzer.h"
#include "cypher/syntax/children.h"

namespace trellis::cypher {

namespace {

std::string lower_case(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return result;
}

}  // namespace

Analyzer::Typed Analyzer::function_call(const ast::FunctionCall& call, const Context& context) {
  const std::string name = lower_case(call.name);
  const FunctionSignature* function = options_.functions->find_function(name);
  if (!function) {
    return fail_at(call.position, ErrorCode::UnknownFunction, "Unknown function '{}'", call.name);
  }
  info_.function(call.id) = function;
  if (name == "exists") return exists_call(call, context);
  if (call.distinct && !function->aggregating) {
    return fail_at(call.position, ErrorCode::SyntaxError,
                   "Invalid use of DISTINCT with function '{}'", call.name);
  }
  const size_t given = call.arguments.size();
  const bool too_many =
      function->max_arguments != FunctionSignature::kUnlimited && given > function->max_arguments;
  if (given < function->min_arguments || too_many) {
    return fail_at(call.position, ErrorCode::InvalidNumberOfArguments,
                   "{} parameters for function '{}'", too_many ? "Too many" : "Insufficient",
                   call.name);
  }
  if (function->aggregating) return aggregate_arguments(call, context);
  for (size_t i = 0; i < given; ++i) {
    TRELLIS_TRY_ASSIGN(const StaticType type, expression(*call.arguments[i], context));
    const auto& accepted = function->argument_types;
    if (accepted.empty()) continue;
    const TypeMask mask = accepted[std::min(i, accepted.size() - 1)];
    if (!type.may_be(mask)) {
      return type_mismatch(call.arguments[i]->position, to_string(StaticType::of(mask)), type);
    }
  }
  return function->result;
}

// exists((a)-->(b)); the form exists(n.p) is gone since version 5, yet the TCK and older
// statements have it: the same as n.p IS NOT NULL.
Analyzer::Typed Analyzer::exists_call(const ast::FunctionCall& call, const Context& context) {
  if (call.arguments.size() != 1) {
    return fail_at(call.position, ErrorCode::InvalidNumberOfArguments,
                   "exists() takes one pattern.");
  }
  Context inner = context;
  inner.predicate = true;
  TRELLIS_TRY(expression(*call.arguments[0], inner));
  return StaticType::of(kBooleanType);
}

Analyzer::Typed Analyzer::aggregate_arguments(const ast::FunctionCall& call,
                                              const Context& context) {
  const FunctionSignature* function = info_.function(call.id);
  if (context.aggregates != Aggregates::kAllowed) {
    // In a sort key: the aggregate repeats no column. What it names decides which error that is.
    if (context.projected && context.aggregates == Aggregates::kForbidden &&
        context.projected->info->aggregates) {
      Context inner = context;
      inner.beside_aggregate = false;
      inner.projected = context.projected;
      for (const auto& argument : call.arguments) {
        const auto type = expression(*argument, inner);
        if (!type) return fail(type.error().clone());
      }
    }
    const bool nested = context.aggregates == Aggregates::kInside;
    return fail_at(call.position,
                   nested ? ErrorCode::NestedAggregation : ErrorCode::InvalidAggregation, "{}",
                   nested ? "Can't use aggregate functions inside of aggregate functions."
                          : "Invalid use of aggregating function in this context");
  }
  ++aggregate_count_;
  Context inner = context;
  inner.aggregates = Aggregates::kInside;
  for (size_t i = 0; i < call.arguments.size(); ++i) {
    TRELLIS_TRY_ASSIGN(const StaticType type, expression(*call.arguments[i], inner));
    TRELLIS_TRY(check_constant(*call.arguments[i]));
    const auto& accepted = function->argument_types;
    if (accepted.empty()) continue;
    const TypeMask mask = accepted[std::min(i, accepted.size() - 1)];
    if (!type.may_be(mask)) {
      return type_mismatch(call.arguments[i]->position, to_string(StaticType::of(mask)), type);
    }
  }
  return function->result;
}

// count(rand()) has no meaning that anybody could rely on.
Result<> Analyzer::check_constant(const ast::Expression& expression) {
  if (const auto* call = ast::try_as<ast::FunctionCall>(&expression)) {
    const FunctionSignature* function = info_.function(call->id);
    if (function && !function->deterministic) {
      return fail_at(call->position, ErrorCode::NonConstantExpression,
                     "Can't use non-deterministic (random) functions inside of aggregate "
                     "functions.");
    }
  }
  Result<> result;
  visit_children(expression, [&](const ast::Expression& child) {
    if (result) result = check_constant(child);
  });
  return result;
}

}  // namespace trellis::cypher
