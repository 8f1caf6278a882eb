// SPDX-License-Identifier: Apache-2.0
//
// The last operator of a statement that returns rows: its columns as one column-major block of
// values in which every entity is a record.
#pragma once

#include "cypher/exec/operator.h"

namespace trellis::cypher::exec {

class ProduceResultsInstance final : public OperatorInstance {
 public:
  ProduceResultsInstance(Execution& x, const plan::ProduceResults& op)
      : OperatorInstance(x), op_(op) {}

  Result<Step> step(const PollContext& context) override;
  // Valid until the next step.
  const RowBatch& rows() const { return rows_; }

 protected:
  void on_input() override { done_ = false; }

 private:
  const plan::ProduceResults& op_;
  RowBatch rows_;
  bool done_ = false;
};

}  // namespace trellis::cypher::exec
