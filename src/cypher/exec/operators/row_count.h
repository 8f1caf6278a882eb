// SPDX-License-Identifier: Apache-2.0
//
// The value of a SKIP or LIMIT expression: a non-negative integer, or an error that names the
// clause (RuntimeInvalidArgumentType, RuntimeNegativeIntegerArgument).
#pragma once

#include <string_view>

#include "cypher/exec/execution.h"

namespace trellis::cypher::exec {

Result<uint64_t> evaluate_row_count(Execution& x, const plan::Expression& e,
                                    std::string_view clause);

}  // namespace trellis::cypher::exec
