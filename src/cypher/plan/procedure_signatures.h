// SPDX-License-Identifier: Apache-2.0
//
// A procedure table as semantics sees it. Immutable, thread-safe; the table must outlive it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cypher/row_source.h"
#include "cypher/semantics/catalog.h"

namespace trellis::cypher {

class ProcedureSignatures final : public ProcedureCatalog {
 public:
  explicit ProcedureSignatures(const ProcedureTable& table);
  const ProcedureSignature* find_procedure(std::string_view name) const override;

 private:
  std::map<std::string, ProcedureSignature, std::less<>> signatures_;
};

// "STRING", "LIST<NODE>", "INTEGER?", "ANY": what is not known is anything.
StaticType static_type_of(std::string_view type_text);

}  // namespace trellis::cypher
