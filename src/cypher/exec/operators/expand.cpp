// SPDX-License-Identifier: Apache-2.0
//
// Expand: from -[relationship]- to, for a batch of `from` nodes at once.
#include <memory>
#include <vector>

#include "cypher/exec/operators/factory.h"
#include "cypher/exec/operators/trail_rules.h"

namespace trellis::cypher::exec {
namespace {

class ExpandInstance final : public OperatorInstance {
 public:
  ExpandInstance(Execution& x, const plan::Expand& op)
      : OperatorInstance(x),
        op_(op),
        distinct_(op.distinct_from),
        found_(std::make_unique_for_overwrite<storage::ExpandBatch>()) {}

  Result<Step> step(const PollContext& context) override {
    if (in_ == nullptr) return need_input();
    if (!prepared_) prepare();
    if (types_.nothing) return need_input();
    begin_output();
    auto* relationships = arena_.alloc_array<uint64_t>(capacity());
    auto* neighbours = arena_.alloc_array<uint64_t>(capacity());
    auto* parents = arena_.alloc_array<uint16_t>(capacity());
    uint32_t rows = 0;
    while (rows < capacity()) {
      if (position_ == found_->size) {
        if (exhausted_) break;
        TRELLIS_TRY(x_.check());
        if (context.slice_over() && rows == 0) return Step::kYielded;
        exhausted_ = x_.reader().expand(sources_, op_.direction, types_, cursor_, *found_);
        position_ = 0;
        continue;
      }
      const uint16_t row = rows_[found_->source[position_]];
      const uint64_t relationship = found_->relationship[position_];
      const uint64_t neighbour = found_->neighbour[position_++];
      if (!keeps(row, relationship, neighbour)) continue;
      relationships[rows] = relationship;
      neighbours[rows] = neighbour;
      parents[rows++] = row;
    }
    if (rows == 0) return need_input();
    out_.select(*in_, parents, rows, arena_);
    if (op_.relationship != plan::kNoSlot && !op_.relationship_bound) {
      out_.slot(op_.relationship) = Vector::relationships(relationships);
    }
    if (op_.to != plan::kNoSlot && !op_.into) out_.slot(op_.to) = Vector::nodes(neighbours);
    return Step::kOutput;
  }

 protected:
  void on_input() override { prepared_ = false; }

 private:
  void prepare() {
    prepared_ = true;
    types_ = x_.reader().type_filter(op_.types);
    sources_.clear();
    rows_.clear();
    const Vector& from = in_->slot(op_.from);
    if (op_.into) to_ = in_->slot(op_.to);
    if (op_.relationship_bound) bound_ = in_->slot(op_.relationship);
    distinct_.load(*in_);
    for (uint32_t row = 0; row < in_->rows; ++row) {
      const Value node = from.get(row);
      if (!node.is(value::Type::kNode)) continue;
      if (op_.into && !to_.get(row).is(value::Type::kNode)) continue;
      sources_.push_back(node.entity_id());
      rows_.push_back(static_cast<uint16_t>(row));
    }
    cursor_ = {};
    position_ = 0;
    found_->size = 0;
    exhausted_ = sources_.empty();
  }

  bool keeps(uint16_t row, uint64_t relationship, uint64_t neighbour) const {
    if (op_.into && to_.get(row).entity_id() != neighbour) return false;
    if (op_.relationship_bound) {
      const Value wanted = bound_.get(row);
      if (!wanted.is(value::Type::kRelationship) || wanted.entity_id() != relationship) {
        return false;
      }
    }
    return distinct_.allows(row, relationship);
  }

  const plan::Expand& op_;
  DistinctFrom distinct_;
  TypeFilter types_;
  bool prepared_ = false;
  std::vector<uint64_t> sources_;
  std::vector<uint16_t> rows_;  // of the sources
  Vector to_, bound_;
  storage::ExpandCursor cursor_;
  std::unique_ptr<storage::ExpandBatch> found_;
  uint32_t position_ = 0;
  bool exhausted_ = true;
};

}  // namespace

Result<OperatorInstancePtr> make_instance(Execution& x, const plan::Expand& op) {
  return std::make_unique<ExpandInstance>(x, op);
}

}  // namespace trellis::cypher::exec
