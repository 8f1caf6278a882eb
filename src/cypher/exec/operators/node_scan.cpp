// SPDX-License-Identifier: Apache-2.0
//
// AllNodesScan, NodeByLabelScan: for each input row, every node (with the label).
#include <algorithm>
#include <vector>

#include "cypher/exec/operators/factory.h"

namespace trellis::cypher::exec {
namespace {

class NodeScan final : public OperatorInstance {
 public:
  NodeScan(Execution& x, plan::SlotId node, plan::TokenRef label)
      : OperatorInstance(x),
        node_(node),
        label_(std::move(label)),
        buffer_(storage::kSegmentRows) {}

  Result<Step> step(const PollContext& context) override {
    if (in_ == nullptr) return need_input();
    std::optional<storage::LabelId> label;
    if (label_ != nullptr) {
      label = label_->resolve(x_.reader().tokens());
      if (*label == storage::kNoToken) return need_input();
    }
    begin_output();
    auto* ids = arena_.alloc_array<uint64_t>(capacity());
    auto* parents = arena_.alloc_array<uint16_t>(capacity());
    uint32_t rows = 0;
    for (uint32_t turns = 1; rows < capacity(); ++turns) {
      if (turns % 64 == 0) {
        TRELLIS_TRY(x_.check());
        if (context.slice_over() && rows == 0) return Step::kYielded;
      }
      if (position_ == buffered_ && !refill(label)) break;
      const uint32_t n = std::min(capacity() - rows, buffered_ - position_);
      std::copy_n(buffer_.data() + position_, n, ids + rows);
      std::fill_n(parents + rows, n, static_cast<uint16_t>(row_));
      position_ += n;
      rows += n;
    }
    if (rows == 0) return need_input();
    out_.select(*in_, parents, rows, arena_);
    out_.slot(node_) = Vector::nodes(ids);
    return Step::kOutput;
  }

 protected:
  void on_input() override { row_ = segment_ = position_ = buffered_ = 0; }

 private:
  // The next segment, perhaps empty; false when the last row is done.
  bool refill(std::optional<storage::LabelId> label) {
    if (segment_ >= x_.reader().node_segment_count()) {
      if (row_ + 1 >= in_->rows) return false;
      ++row_;
      segment_ = 0;
    }
    position_ = buffered_ = 0;
    if (segment_ < x_.reader().node_segment_count()) {
      buffered_ = x_.reader().scan_nodes(segment_++, label, buffer_.data());
    }
    return true;
  }

  const plan::SlotId node_;
  const plan::TokenRef label_;
  std::vector<storage::NodeId> buffer_;
  uint32_t row_ = 0, segment_ = 0, position_ = 0, buffered_ = 0;
};

}  // namespace

Result<OperatorInstancePtr> make_instance(Execution& x, const plan::AllNodesScan& op) {
  return std::make_unique<NodeScan>(x, op.node, nullptr);
}
Result<OperatorInstancePtr> make_instance(Execution& x, const plan::NodeByLabelScan& op) {
  return std::make_unique<NodeScan>(x, op.node, op.label);
}

}  // namespace trellis::cypher::exec
