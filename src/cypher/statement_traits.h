// SPDX-License-Identifier: Apache-2.0
//
// What a statement or procedure does to a graph, in the terms that drivers and SHOW commands use.
#pragma once

#include <cstdint>

namespace trellis::cypher {

enum class QueryType : uint8_t { kRead, kReadWrite, kWrite, kSchema };  // "r", "rw", "w", "s"
enum class ProcedureMode : uint8_t { kRead, kWrite, kSchema, kDbms };

}  // namespace trellis::cypher
