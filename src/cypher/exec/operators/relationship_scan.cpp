// SPDX-License-Identifier: Apache-2.0
//
// AllRelationshipsScan: for each input row, every relationship of the types, once per direction
// that is asked for (a loop once).
#include <vector>

#include "cypher/exec/operators/factory.h"

namespace trellis::cypher::exec {
namespace {

using storage::Direction;

class RelationshipScan final : public OperatorInstance {
 public:
  RelationshipScan(Execution& x, const plan::AllRelationshipsScan& op)
      : OperatorInstance(x), op_(op), ids_(storage::kSegmentRows), ends_(storage::kSegmentRows) {}

  Result<Step> step(const PollContext&) override {
    if (in_ == nullptr) return need_input();
    types_ = x_.reader().type_filter(op_.types);
    if (types_.nothing) return need_input();
    begin_output();
    auto* relationships = arena_.alloc_array<uint64_t>(capacity());
    auto* starts = arena_.alloc_array<uint64_t>(capacity());
    auto* ends = arena_.alloc_array<uint64_t>(capacity());
    auto* parents = arena_.alloc_array<uint16_t>(capacity());
    uint32_t rows = 0;
    while (rows < capacity()) {
      if (position_ == buffered_) {
        TRELLIS_TRY(x_.check());
        TRELLIS_TRY_ASSIGN(const bool more, refill());
        if (!more) break;
        continue;
      }
      const storage::RelationshipEnds& e = ends_[position_];
      const bool backwards =
          op_.direction == Direction::kIncoming || (op_.direction == Direction::kBoth && second_);
      relationships[rows] = ids_[position_];
      starts[rows] = backwards ? e.end : e.start;
      ends[rows] = backwards ? e.start : e.end;
      parents[rows++] = static_cast<uint16_t>(row_);
      if (op_.direction == Direction::kBoth && !second_ && e.start != e.end) {
        second_ = true;
      } else {
        second_ = false;
        ++position_;
      }
    }
    if (rows == 0) return need_input();
    out_.select(*in_, parents, rows, arena_);
    if (op_.relationship != plan::kNoSlot) {
      out_.slot(op_.relationship) = Vector::relationships(relationships);
    }
    if (op_.start != plan::kNoSlot) out_.slot(op_.start) = Vector::nodes(starts);
    if (op_.end != plan::kNoSlot) out_.slot(op_.end) = Vector::nodes(ends);
    return Step::kOutput;
  }

 protected:
  void on_input() override {
    row_ = segment_ = position_ = buffered_ = 0;
    second_ = false;
  }

 private:
  Result<bool> refill() {
    if (segment_ >= x_.reader().relationship_segment_count()) {
      if (row_ + 1 >= in_->rows) return false;
      ++row_;
      segment_ = 0;
    }
    position_ = buffered_ = 0;
    if (segment_ >= x_.reader().relationship_segment_count()) return true;
    buffered_ = x_.reader().scan_relationships(segment_++, types_, ids_.data());
    TRELLIS_TRY(x_.reader().relationship_ends({ids_.data(), buffered_}, ends_.data()));
    return true;
  }

  const plan::AllRelationshipsScan& op_;
  TypeFilter types_;
  std::vector<storage::RelationshipId> ids_;
  std::vector<storage::RelationshipEnds> ends_;
  uint32_t row_ = 0, segment_ = 0, position_ = 0, buffered_ = 0;
  bool second_ = false;  // the other direction of the relationship at position_
};

}  // namespace

Result<OperatorInstancePtr> make_instance(Execution& x, const plan::AllRelationshipsScan& op) {
  return std::make_unique<RelationshipScan>(x, op);
}

}  // namespace trellis::cypher::exec
