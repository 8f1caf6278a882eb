// SPDX-License-Identifier: Apache-2.0
//
// All functions of Cypher 5. One immutable table, built once by the composition root and handed
// down; thread-safe. Names are found without regard to case.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "cypher/functions/function.h"

namespace trellis::cypher {

class FunctionRegistry final : public FunctionCatalog {
 public:
  FunctionRegistry();
  ~FunctionRegistry() override;
  FunctionRegistry(const FunctionRegistry&) = delete;
  FunctionRegistry& operator=(const FunctionRegistry&) = delete;

  const FunctionSignature* find_function(std::string_view lower_case_name) const override;
  // Any case. Null: none, or it is of the other kind.
  const Function* find_scalar(std::string_view name) const;
  const AggregateFunction* find_aggregate(std::string_view name) const;

  // Sorted by name, for SHOW FUNCTIONS.
  std::span<const Function> scalars() const;
  std::span<const AggregateFunction> aggregates() const;

 private:
  struct Tables;
  std::unique_ptr<const Tables> tables_;
};

}  // namespace trellis::cypher
