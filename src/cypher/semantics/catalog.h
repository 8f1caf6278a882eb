// SPDX-License-Identifier: Apache-2.0
//
// What semantics has to know of functions and procedures; the registries in cypher/functions and
// cypher/procedures implement it. Calls are const and thread-safe; what a find returns lives as
// long as the catalog.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "cypher/semantics/static_type.h"
#include "cypher/statement_traits.h"

namespace trellis::cypher {

struct FunctionSignature {
  static constexpr uint8_t kUnlimited = 255;

  std::string_view name;  // as documented: "toUpper", "point.distance"
  uint8_t min_arguments = 0;
  uint8_t max_arguments = 0;  // kUnlimited: no maximum
  bool aggregating = false;
  bool deterministic = true;  // false: rand(), randomUUID(); not allowed inside aggregation
  // The accepted static types, one per argument; the last one repeats. Empty: anything. An
  // argument whose static type has nothing in common with them is InvalidArgumentType.
  std::vector<TypeMask> argument_types = {};
  StaticType result = {};
};

class FunctionCatalog {
 public:
  virtual ~FunctionCatalog() = default;
  // Null when there is none. The name is in lower case ("point.distance").
  virtual const FunctionSignature* find_function(std::string_view lower_case_name) const = 0;
};

struct ProcedureField {
  std::string_view name;
  StaticType type = {};
  bool has_default = false;  // inputs: may be left out, from the end
};
struct ProcedureSignature {
  std::string_view name;  // "db.labels"
  ProcedureMode mode = ProcedureMode::kRead;
  std::vector<ProcedureField> inputs = {};
  std::vector<ProcedureField> outputs = {};  // empty: a void procedure
};

class ProcedureCatalog {
 public:
  virtual ~ProcedureCatalog() = default;
  // Null when there is none. Names are case-sensitive.
  virtual const ProcedureSignature* find_procedure(std::string_view name) const = 0;
};

}  // namespace trellis::cypher
