// SPDX-License-Identifier: Apache-2.0
#include "cypher/functions/registry.h"

#include <algorithm>
#include <string>
#include <unordered_map>

#include "cypher/functions/table.h"
#include "value/compare.h"

namespace trellis::cypher {

namespace {

std::string lower_case(std::string_view name) {
  std::string out(name);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return out;
}

}  // namespace

namespace functions {

std::string_view name_in(std::string_view signature) {
  return signature.substr(0, signature.find('('));
}

void add_rows(Table& table, FunctionCategory category, std::vector<Row> rows) {
  for (Row& row : rows) {
    Function f;
    f.name = name_in(row.signature);
    f.max_arguments =
        row.unlimited ? FunctionSignature::kUnlimited : static_cast<uint8_t>(row.arguments.size());
    f.min_arguments = static_cast<uint8_t>(
        row.min_arguments < 0 ? static_cast<int>(row.arguments.size()) : row.min_arguments);
    f.deterministic = row.deterministic;
    f.argument_types = std::move(row.arguments);
    f.result = row.result;
    f.null_propagating = row.null_propagating;
    f.call = row.call;
    f.text = {category, row.description, row.signature, row.deprecated_by,
              row.deprecated || !row.deprecated_by.empty()};
    table.scalars.push_back(std::move(f));
  }
}

tl::unexpected<Error> wrong_argument(std::string_view function, std::string_view expected,
                                     const value::Value& given) {
  return fail(ErrorCode::TypeInvalidValue, "{}() takes {}, not {}.", function, expected,
              value::type_name(given.type()));
}

}  // namespace functions

struct FunctionRegistry::Tables : functions::Table {
  std::unordered_map<std::string, const FunctionSignature*> by_name;
};

FunctionRegistry::FunctionRegistry() {
  auto tables = std::make_unique<Tables>();
  functions::add_aggregating(*tables);
  functions::add_conversion(*tables);
  functions::add_duration(*tables);
  functions::add_entity(*tables);
  functions::add_list(*tables);
  functions::add_logarithmic(*tables);
  functions::add_numeric(*tables);
  functions::add_predicate(*tables);
  functions::add_scalar(*tables);
  functions::add_spatial(*tables);
  functions::add_string(*tables);
  functions::add_syntax_forms(*tables);
  functions::add_temporal(*tables);
  functions::add_trigonometric(*tables);
  functions::add_vector(*tables);
  std::ranges::sort(tables->scalars, {}, &Function::name);
  std::ranges::sort(tables->aggregates, {}, &AggregateFunction::name);
  for (const Function& f : tables->scalars) {
    if (f.call) tables->by_name.emplace(lower_case(f.name), &f);
  }
  for (const AggregateFunction& f : tables->aggregates) {
    tables->by_name.emplace(lower_case(f.name), &f);
  }
  tables_ = std::move(tables);
}

FunctionRegistry::~FunctionRegistry() = default;

const FunctionSignature* FunctionRegistry::find_function(std::string_view lower_case_name) const {
  const auto it = tables_->by_name.find(std::string(lower_case_name));
  return it == tables_->by_name.end() ? nullptr : it->second;
}

const Function* FunctionRegistry::find_scalar(std::string_view name) const {
  const FunctionSignature* found = find_function(lower_case(name));
  return found ? Function::of(found) : nullptr;
}

const AggregateFunction* FunctionRegistry::find_aggregate(std::string_view name) const {
  const FunctionSignature* found = find_function(lower_case(name));
  return found ? AggregateFunction::of(found) : nullptr;
}

std::span<const Function> FunctionRegistry::scalars() const { return tables_->scalars; }

std::span<const AggregateFunction> FunctionRegistry::aggregates() const {
  return tables_->aggregates;
}

std::string_view to_string(FunctionCategory category) {
  switch (category) {
    case FunctionCategory::kAggregating:
      return "Aggregating";
    case FunctionCategory::kDatabase:
      return "Database";
    case FunctionCategory::kGraph:
      return "Graph";
    case FunctionCategory::kList:
      return "List";
    case FunctionCategory::kLogarithmic:
      return "Logarithmic";
    case FunctionCategory::kNumeric:
      return "Numeric";
    case FunctionCategory::kPredicate:
      return "Predicate";
    case FunctionCategory::kScalar:
      return "Scalar";
    case FunctionCategory::kSpatial:
      return "Spatial";
    case FunctionCategory::kString:
      return "String";
    case FunctionCategory::kTemporal:
      return "Temporal";
    case FunctionCategory::kTrigonometric:
      return "Trigonometric";
    case FunctionCategory::kVector:
      return "Vector";
  }
  return "";
}

}  // namespace trellis::cypher
