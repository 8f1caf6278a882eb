// SPDX-License-Identifier: Apache-2.0
//
// Functions from one FLOAT to another as registry rows. Private to the folder.
#pragma once

#include "cypher/functions/table.h"

namespace trellis::cypher::functions {

inline constexpr char kRealFunctionExpected[] = "an INTEGER or a FLOAT";

template <double (*kFunction)(double)>
Result<value::Value> call_real(const FunctionContext&, std::span<const value::Value> args) {
  if (!args[0].is_number()) {
    return wrong_argument("A mathematical function", kRealFunctionExpected, args[0]);
  }
  return value::Value::real(kFunction(args[0].as_number()));
}

template <double (*kFunction)(double)>
Row real_row(std::string_view signature, std::string_view description) {
  return {.signature = signature,
          .arguments = {kNumberType},
          .result = StaticType::of(kFloatType),
          .description = description,
          .call = call_real<kFunction>};
}

}  // namespace trellis::cypher::functions
