// SPDX-License-Identifier: Apache-2.0
//
// The procedures of all rooms in one table. Immutable; names are unique (asserted).
#pragma once

#include <algorithm>
#include <span>
#include <string_view>
#include <vector>

#include "cypher/row_source.h"

namespace trellis::server {

class ProcedureUnion final : public cypher::ProcedureTable {
 public:
  explicit ProcedureUnion(std::vector<cypher::Procedure> procedures)
      : procedures_(std::move(procedures)) {
    std::ranges::sort(procedures_, {}, &cypher::Procedure::name);
    TRELLIS_ASSERT(std::ranges::adjacent_find(procedures_, {}, &cypher::Procedure::name) ==
                   procedures_.end());
  }
  const cypher::Procedure* find(std::string_view name) const override {
    const auto it = std::ranges::lower_bound(procedures_, name, {}, &cypher::Procedure::name);
    return it != procedures_.end() && it->name == name ? &*it : nullptr;
  }
  std::span<const cypher::Procedure> all() const override { return procedures_; }

 private:
  std::vector<cypher::Procedure> procedures_;
};

}  // namespace trellis::server
