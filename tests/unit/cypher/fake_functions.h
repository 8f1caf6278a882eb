// SPDX-License-Identifier: Apache-2.0
//
// A catalog of function signatures for tests of semantics, that need no implementation.
#pragma once

#include <map>
#include <string>

#include "cypher/semantics/catalog.h"

namespace trellis::test {

class FakeFunctions final : public cypher::FunctionCatalog {
 public:
  FakeFunctions();
  const cypher::FunctionSignature* find_function(std::string_view name) const override {
    const auto found = functions_.find(name);
    return found == functions_.end() ? nullptr : &found->second;
  }

 private:
  std::map<std::string, cypher::FunctionSignature, std::less<>> functions_;
};

}  // namespace trellis::test
