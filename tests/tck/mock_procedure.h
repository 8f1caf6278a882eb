// SPDX-License-Identifier: Apache-2.0
//
// A procedure as a TCK scenario declares it: a signature, and a table whose first columns are the
// arguments. A call gives the remaining columns of the rows whose arguments equal those given.
#pragma once

#include "cypher/row_source.h"
#include "tck/executor.h"

namespace trellis::tck {

cypher::Procedure make_mock_procedure(const MockProcedure& mock);

class MockProcedureTable final : public cypher::ProcedureTable {
 public:
  explicit MockProcedureTable(const std::vector<MockProcedure>& mocks) {
    for (const auto& mock : mocks) procedures_.push_back(make_mock_procedure(mock));
  }
  const cypher::Procedure* find(std::string_view name) const override {
    for (const auto& procedure : procedures_) {
      if (procedure.name == name) return &procedure;
    }
    return nullptr;
  }
  std::span<const cypher::Procedure> all() const override { return procedures_; }

 private:
  std::vector<cypher::Procedure> procedures_;
};

}  // namespace trellis::tck
