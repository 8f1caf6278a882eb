// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <numbers>

#include "cypher/functions/real_function.h"

namespace trellis::cypher::functions {
namespace {

double exp_of(double x) { return std::exp(x); }
double log_of(double x) { return std::log(x); }
double log10_of(double x) { return std::log10(x); }
double sqrt_of(double x) { return std::sqrt(x); }

Result<value::Value> e(const FunctionContext&, std::span<const value::Value>) {
  return value::Value::real(std::numbers::e);
}

}  // namespace

void add_logarithmic(Table& table) {
  add_rows(table, FunctionCategory::kLogarithmic,
           {
               {.signature = "e() :: FLOAT",
                .result = StaticType::of(kFloatType),
                .description = "The base of the natural logarithm.",
                .call = e},
               real_row<exp_of>("exp(input :: FLOAT) :: FLOAT", "e to the power of a number."),
               real_row<log_of>("log(input :: FLOAT) :: FLOAT", "The natural logarithm."),
               real_row<log10_of>("log10(input :: FLOAT) :: FLOAT", "The logarithm to base 10."),
               real_row<sqrt_of>("sqrt(input :: FLOAT) :: FLOAT", "The square root."),
           });
}

}  // namespace trellis::cypher::functions
