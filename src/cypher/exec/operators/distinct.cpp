// SPDX-License-Identifier: Apache-2.0
//
// Distinct: the first row of each key, per argument row; rows go on as they come.
#include <vector>

#include "cypher/exec/group_table.h"
#include "cypher/exec/operators/factory.h"

namespace trellis::cypher::exec {
namespace {

class DistinctInstance final : public OperatorInstance {
 public:
  DistinctInstance(Execution& x, const plan::Distinct& op)
      : OperatorInstance(x), op_(op), table_(static_cast<uint32_t>(op.slots.size()), x.memory()) {}

  Result<Step> step(const PollContext&) override {
    if (in_ == nullptr || done_) return need_input();
    done_ = true;
    begin_output();
    keys_.clear();
    for (const plan::SlotId slot : op_.slots) keys_.push_back(in_->slot(slot));
    groups_.resize(in_->rows);
    uint32_t known = table_.size();
    table_.find_or_add(keys_, *in_, groups_.data());
    auto* rows = arena_.alloc_array<uint16_t>(in_->rows);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < in_->rows; ++i) {
      if (groups_[i] < known) continue;
      rows[kept++] = static_cast<uint16_t>(i);
      known = groups_[i] + 1;
    }
    if (kept == 0) return need_input();
    out_.select(*in_, kept == in_->rows ? nullptr : rows, kept, arena_);
    return Step::kOutput;
  }

 protected:
  void on_reset() override { table_.clear(); }
  void on_input() override { done_ = false; }

 private:
  const plan::Distinct& op_;
  GroupTable table_;
  std::vector<Vector> keys_;
  std::vector<uint32_t> groups_;
  bool done_ = false;
};

}  // namespace

Result<OperatorInstancePtr> make_instance(Execution& x, const plan::Distinct& op) {
  return std::make_unique<DistinctInstance>(x, op);
}

}  // namespace trellis::cypher::exec
