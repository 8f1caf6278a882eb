// SPDX-License-Identifier: Apache-2.0
#include "cypher/procedures/built_in.h"

#include <algorithm>

#include "value/compare.h"

namespace trellis::cypher {
namespace {

class SortedTable final : public ProcedureTable {
 public:
  // Of two with one name the first stays.
  explicit SortedTable(std::vector<Procedure> procedures) {
    for (Procedure& procedure : procedures) {
      const auto at = std::lower_bound(
          procedures_.begin(), procedures_.end(), procedure.name,
          [](const Procedure& p, const std::string& wanted) { return p.name < wanted; });
      if (at != procedures_.end() && at->name == procedure.name) continue;
      procedures_.insert(at, std::move(procedure));
    }
  }
  const Procedure* find(std::string_view name) const override {
    const auto at = std::lower_bound(
        procedures_.begin(), procedures_.end(), name,
        [](const Procedure& p, std::string_view wanted) { return p.name < wanted; });
    return at != procedures_.end() && at->name == name ? &*at : nullptr;
  }
  std::span<const Procedure> all() const override { return procedures_; }

 private:
  std::vector<Procedure> procedures_;
};

}  // namespace

std::unique_ptr<ProcedureTable> make_procedure_table(std::vector<Procedure> contributed) {
  add_catalog_procedures(contributed);
  add_visualization_procedure(contributed);
  add_dbms_procedures(contributed);
  add_transaction_procedures(contributed);
  return std::make_unique<SortedTable>(std::move(contributed));
}

std::string Procedure::signature() const {
  std::string text = name + "(";
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (i > 0) text += ", ";
    text += arguments[i].name;
    if (arguments[i].default_value) {
      text += " = " + value::to_text(arguments[i].default_value->get());
    }
    text += " :: " + arguments[i].type;
  }
  text += ")";
  if (columns.empty()) return text;
  text += " :: (";
  for (size_t i = 0; i < columns.size(); ++i) {
    if (i > 0) text += ", ";
    text += columns[i].name + " :: " + columns[i].type;
  }
  return text + ")";
}

}  // namespace trellis::cypher
