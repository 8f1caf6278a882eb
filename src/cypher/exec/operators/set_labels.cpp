// SPDX-License-Identifier: Apache-2.0
//
// SetLabels and RemoveLabels.
#include <vector>

#include "cypher/exec/operators/factory.h"
#include "cypher/exec/operators/update.h"
#include "value/compare.h"

namespace trellis::cypher::exec {
namespace {

class LabelsInstance final : public OperatorInstance {
 public:
  LabelsInstance(Execution& x, plan::SlotId node, const std::vector<plan::TokenRef>& labels,
                 bool adds)
      : OperatorInstance(x), node_(node), labels_(labels), adds_(adds) {}

  Result<Step> step(const PollContext& context) override {
    if (in_ == nullptr || done_) return need_input();
    if (!started_) TRELLIS_TRY(start());
    TRELLIS_TRY_ASSIGN(Poll poll, targets_.lock(x_.writer(), context));
    if (poll != Poll::kReady) return to_step(poll);
    TRELLIS_TRY_ASSIGN(poll, x_.writer().lock_keys(locks_, context));
    if (poll != Poll::kReady) return to_step(poll);
    for (const uint64_t id : targets_.nodes) {
      for (const storage::LabelId label : ids_) {
        TRELLIS_TRY(adds_ ? x_.writer().add_label(id, label) : x_.writer().remove_label(id, label));
      }
    }
    done_ = true;
    out_.select(*in_, nullptr, in_->rows, arena_);
    return Step::kOutput;
  }

 protected:
  void on_input() override { started_ = done_ = false; }

 private:
  Result<> start() {
    started_ = true;
    begin_output();
    targets_ = {};
    ids_.clear();
    locks_.clear();
    TRELLIS_TRY(targets_.collect(in_->slot(node_), 0, in_->rows, adds_ ? "SET" : "REMOVE"));
    if (!targets_.relationships.empty()) {
      return fail(ErrorCode::TypeError, "Only nodes have labels that can be changed.");
    }
    for (const plan::TokenRef& label : labels_) {
      if (adds_) {
        TRELLIS_TRY_ASSIGN(const storage::LabelId id, x_.writer().token(*label));
        ids_.push_back(id);
      } else if (const auto id = label->resolve(x_.reader().tokens()); id != storage::kNoToken) {
        ids_.push_back(id);
      }
    }
    if (!adds_ || !x_.writer().has_uniqueness()) return {};
    for (const uint64_t id : targets_.nodes) {
      TRELLIS_TRY_ASSIGN(const auto properties,
                         x_.writer().transaction().all_node_properties(id, arena_));
      for (const storage::Property& property : properties) {
        x_.writer().unique_keys(ids_, property.key, property.value, locks_);
      }
    }
    return {};
  }

  const plan::SlotId node_;
  const std::vector<plan::TokenRef>& labels_;
  const bool adds_;
  Targets targets_;
  std::vector<storage::LabelId> ids_;
  std::vector<uint64_t> locks_;
  bool started_ = false, done_ = false;
};

}  // namespace

Result<OperatorInstancePtr> make_instance(Execution& x, const plan::SetLabels& op) {
  return std::make_unique<LabelsInstance>(x, op.node, op.labels, true);
}
Result<OperatorInstancePtr> make_instance(Execution& x, const plan::RemoveLabels& op) {
  return std::make_unique<LabelsInstance>(x, op.node, op.labels, false);
}

}  // namespace trellis::cypher::exec
