// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <numbers>

#include "cypher/functions/real_function.h"

namespace trellis::cypher::functions {
namespace {

double acos_of(double x) { return std::acos(x); }
double asin_of(double x) { return std::asin(x); }
double atan_of(double x) { return std::atan(x); }
double cos_of(double x) { return std::cos(x); }
double cosh_of(double x) { return std::cosh(x); }
double cot_of(double x) { return 1.0 / std::tan(x); }
double coth_of(double x) { return 1.0 / std::tanh(x); }
double sin_of(double x) { return std::sin(x); }
double sinh_of(double x) { return std::sinh(x); }
double tan_of(double x) { return std::tan(x); }
double tanh_of(double x) { return std::tanh(x); }
double degrees_of(double x) { return x * (180.0 / std::numbers::pi); }
double radians_of(double x) { return x * (std::numbers::pi / 180.0); }
double haversin_of(double x) { return (1.0 - std::cos(x)) / 2.0; }

Result<value::Value> pi(const FunctionContext&, std::span<const value::Value>) {
  return value::Value::real(std::numbers::pi);
}

Result<value::Value> atan2(const FunctionContext&, std::span<const value::Value> args) {
  for (const value::Value& argument : args) {
    if (!argument.is_number()) return wrong_argument("atan2", kRealFunctionExpected, argument);
  }
  return value::Value::real(std::atan2(args[0].as_number(), args[1].as_number()));
}

}  // namespace

void add_trigonometric(Table& table) {
  const StaticType real = StaticType::of(kFloatType);
  add_rows(
      table, FunctionCategory::kTrigonometric,
      {
          real_row<acos_of>("acos(input :: FLOAT) :: FLOAT", "The arc cosine, in radians."),
          real_row<asin_of>("asin(input :: FLOAT) :: FLOAT", "The arc sine, in radians."),
          real_row<atan_of>("atan(input :: FLOAT) :: FLOAT", "The arc tangent, in radians."),
          {.signature = "atan2(y :: FLOAT, x :: FLOAT) :: FLOAT",
           .arguments = {kNumberType, kNumberType},
           .result = real,
           .description = "The angle of the point (x, y), in radians.",
           .call = atan2},
          real_row<cos_of>("cos(input :: FLOAT) :: FLOAT", "The cosine of an angle in radians."),
          real_row<cosh_of>("cosh(input :: FLOAT) :: FLOAT", "The hyperbolic cosine."),
          real_row<cot_of>("cot(input :: FLOAT) :: FLOAT", "The cotangent of an angle in radians."),
          real_row<coth_of>("coth(input :: FLOAT) :: FLOAT", "The hyperbolic cotangent."),
          real_row<degrees_of>("degrees(input :: FLOAT) :: FLOAT", "Radians in degrees."),
          real_row<haversin_of>("haversin(input :: FLOAT) :: FLOAT",
                                "Half of the versed sine of an angle in radians."),
          {.signature = "pi() :: FLOAT",
           .result = real,
           .description = "The ratio of a circle's circumference to its diameter.",
           .call = pi},
          real_row<radians_of>("radians(input :: FLOAT) :: FLOAT", "Degrees in radians."),
          real_row<sin_of>("sin(input :: FLOAT) :: FLOAT", "The sine of an angle in radians."),
          real_row<sinh_of>("sinh(input :: FLOAT) :: FLOAT", "The hyperbolic sine."),
          real_row<tan_of>("tan(input :: FLOAT) :: FLOAT", "The tangent of an angle in radians."),
          real_row<tanh_of>("tanh(input :: FLOAT) :: FLOAT", "The hyperbolic tangent."),
      });
}

}  // namespace trellis::cypher::functions
