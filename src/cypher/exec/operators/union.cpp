// SPDX-License-Identifier: Apache-2.0
//
// Union: for each input batch the rows of every branch, one branch after the other. A branch is a
// sub-plan whose argument rows are the input rows.
#include <vector>

#include "cypher/exec/chain.h"
#include "cypher/exec/operators/factory.h"

namespace trellis::cypher::exec {
namespace {

class UnionInstance final : public OperatorInstance {
 public:
  UnionInstance(Execution& x, const plan::Union& op, std::vector<Chain> branches)
      : OperatorInstance(x), op_(op), branches_(std::move(branches)) {}

  Result<Step> step(const PollContext& context) override {
    while (in_ != nullptr && branch_ < branches_.size()) {
      if (!running_) {
        branches_[branch_].start(*in_);
        running_ = true;
      }
      TRELLIS_TRY_ASSIGN(const Step step, branches_[branch_].next(context));
      if (step == Step::kDone) {
        running_ = false;
        ++branch_;
        continue;
      }
      if (step == Step::kOutput) join(branches_[branch_].batch());
      return step;
    }
    return need_input();
  }

 protected:
  void on_input() override {
    branch_ = 0;
    running_ = false;
  }

 private:
  void join(const Batch& rows) {
    begin_output();
    out_.select(*in_, outer_rows(rows, arena_), rows.rows, arena_);
    for (size_t i = 0; i < op_.slots.size(); ++i) {
      const Vector& v = rows.slot(op_.branch_slots[branch_][i]);
      out_.slot(op_.slots[i]) = v.is_set() ? v : Vector::constant(Value());
    }
  }

  const plan::Union& op_;
  std::vector<Chain> branches_;
  size_t branch_ = 0;
  bool running_ = false;
};

}  // namespace

Result<OperatorInstancePtr> make_instance(Execution& x, const plan::Union& op) {
  std::vector<Chain> branches;
  for (const plan::OperatorPtr& branch : op.branches) {
    TRELLIS_TRY_ASSIGN(Chain chain, Chain::make(x, *branch));
    branches.push_back(std::move(chain));
  }
  return std::make_unique<UnionInstance>(x, op, std::move(branches));
}

}  // namespace trellis::cypher::exec
