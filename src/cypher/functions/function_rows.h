// SPDX-License-Identifier: Apache-2.0
//
// The rows of SHOW FUNCTIONS, all columns, in the order of function_columns(); sorted by name.
// What EXECUTABLE BY asks for is the caller's: every function here may be executed by everybody
// unless `executable` says otherwise.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string_view>

#include "cypher/functions/registry.h"
#include "cypher/row_source.h"

namespace trellis::cypher {

std::span<const SourceColumn> function_columns();

// `executable` may be empty; it is called at once, not kept.
std::unique_ptr<RowSource> make_function_rows(
    const FunctionRegistry& registry,
    const std::function<bool(std::string_view name)>& executable = {});

}  // namespace trellis::cypher
