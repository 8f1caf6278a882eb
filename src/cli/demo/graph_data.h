// SPDX-License-Identifier: Apache-2.0
//
// The graph that Bob has: Northwind, from its CSV files, or one of the same shape that is made up.
//
//   (:Product)-[:PART_OF]->(:Category)          (:Customer)-[:PURCHASED]->(:Order)
//   (:Order)-[:ORDERS]->(:Product)              and more from Northwind: suppliers, employees, ...
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "base/result.h"
#include "value/value.h"

namespace trellis::cli::demo {

// Executes one statement; the parameters are a map.
using Execute = std::function<Result<>(const std::string& statement, value::Value parameters)>;

Result<> load_northwind(const std::filesystem::path& folder, const Execute& execute);
// 1,108 nodes.
Result<> make_graph(const Execute& execute);

}  // namespace trellis::cli::demo
