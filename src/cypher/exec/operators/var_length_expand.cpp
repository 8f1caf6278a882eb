// SPDX-License-Identifier: Apache-2.0
//
// VarLengthExpand: trails of min .. max relationships, depth first with a stack of its own, one
// input row after the other; the state stands between two outputs.
#include <algorithm>
#include <memory>
#include <vector>

#include "cypher/exec/memory_charge.h"
#include "cypher/exec/operators/factory.h"
#include "cypher/exec/operators/trail_rules.h"

namespace trellis::cypher::exec {
namespace {

using storage::Direction;

class VarLengthExpandInstance final : public OperatorInstance {
 public:
  VarLengthExpandInstance(Execution& x, const plan::VarLengthExpand& op)
      : OperatorInstance(x),
        op_(op),
        distinct_(op.distinct_from),
        predicate_(x, op.each_relationship, op.each_predicate.get()),
        charge_(x.memory()),
        found_(std::make_unique_for_overwrite<storage::ExpandBatch>()) {}

  Result<Step> step(const PollContext& context) override {
    if (in_ == nullptr) return need_input();
    if (!prepared_) prepare();
    begin_output();
    lists_ = arena_.alloc_array<Value>(capacity());
    ends_ = arena_.alloc_array<uint64_t>(capacity());
    parents_ = arena_.alloc_array<uint16_t>(capacity());
    rows_ = 0;
    for (uint32_t turns = 1; rows_ < capacity(); ++turns) {
      if (turns % 256 == 0) {
        TRELLIS_TRY(x_.check());
        if (context.slice_over()) {
          if (rows_ == 0) return Step::kYielded;
          break;
        }
      }
      if (!levels_.empty()) {
        TRELLIS_TRY(advance());
      } else if (next_row_ < in_->rows) {
        TRELLIS_TRY(start_row(next_row_++));
      } else {
        break;
      }
    }
    if (rows_ == 0) return need_input();
    out_.select(*in_, parents_, rows_, arena_);
    if (op_.relationships != plan::kNoSlot && !op_.relationships_bound) {
      out_.slot(op_.relationships) = Vector::flat(lists_);
    }
    if (op_.to != plan::kNoSlot && !op_.into) out_.slot(op_.to) = Vector::nodes(ends_);
    return Step::kOutput;
  }

 protected:
  void on_input() override { prepared_ = false; }

 private:
  struct Hop {
    uint64_t relationship;
    uint64_t node;
  };
  struct Level {  // hops_[next .. end) are to be tried from one node
    size_t begin, next, end;
  };

  void prepare() {
    prepared_ = true;
    types_ = x_.reader().type_filter(op_.types);
    distinct_.load(*in_);
    next_row_ = 0;
    levels_.clear();
    hops_.clear();
    path_.clear();
  }

  uint64_t max() const { return op_.max ? *op_.max : UINT64_MAX; }

  Result<> start_row(uint32_t row) {
    row_ = static_cast<uint16_t>(row);
    const Value from = in_->slot(op_.from).get(row);
    if (!from.is(value::Type::kNode)) return {};
    if (op_.into) {
      const Value to = in_->slot(op_.to).get(row);
      if (!to.is(value::Type::kNode)) return {};
      target_ = to.entity_id();
    }
    if (op_.relationships_bound) return follow_given(from.entity_id());
    arrive(from.entity_id());
    if (max() > 0) TRELLIS_TRY(push_level(from.entity_id()));
    return {};
  }

  // Takes one hop, or leaves a level that has none left.
  Result<> advance() {
    Level& level = levels_.back();
    if (level.next == level.end) {
      hops_.resize(level.begin);
      levels_.pop_back();
      if (!levels_.empty()) path_.pop_back();
      return {};
    }
    const Hop hop = hops_[level.next++];
    path_.push_back(hop.relationship);
    arrive(hop.node);
    if (path_.size() < max()) return push_level(hop.node);
    path_.pop_back();
    return {};
  }

  // The walk stands at a node: is that a row?
  void arrive(uint64_t node) {
    if (path_.size() < op_.min || (op_.into && node != target_)) return;
    auto* relationships = arena_.alloc_array<Value>(path_.size());
    for (size_t i = 0; i < path_.size(); ++i) {
      const size_t at = op_.reversed ? path_.size() - 1 - i : i;
      relationships[at] = Value::relationship(path_[i]);
    }
    lists_[rows_] = Value::list({relationships, path_.size()});
    ends_[rows_] = node;
    parents_[rows_++] = row_;
  }

  Result<> push_level(uint64_t node) {
    const size_t begin = hops_.size();
    storage::ExpandCursor cursor;
    bool exhausted = types_.nothing;
    while (!exhausted) {
      exhausted = x_.reader().expand({&node, 1}, op_.direction, types_, cursor, *found_);
      TRELLIS_TRY(keep_hops());
      if (!exhausted) TRELLIS_TRY(x_.check());
    }
    levels_.push_back({begin, begin, hops_.size()});
    charge_.set(hops_.capacity() * sizeof(Hop));
    return {};
  }

  bool on_path(uint64_t relationship) const {
    return std::find(path_.begin(), path_.end(), relationship) != path_.end();
  }

  Result<> keep_hops() {
    const storage::ExpandBatch& found = *found_;
    uint32_t count = found.size;
    if (predicate_.exists()) {
      TRELLIS_TRY_ASSIGN(
          count, predicate_.filter(*in_, row_, found.relationship.data(), found.size, kept_));
    }
    for (uint32_t i = 0; i < count; ++i) {
      const uint32_t at = predicate_.exists() ? kept_[i] : i;
      const uint64_t relationship = found.relationship[at];
      if (on_path(relationship) || !distinct_.allows(row_, relationship)) continue;
      hops_.push_back({relationship, found.neighbour[at]});
    }
    return {};
  }

  // The list of relationships is bound: it must be a trail from the node.
  Result<> follow_given(uint64_t node) {
    const Value given = in_->slot(op_.relationships).get(row_);
    if (!given.is(value::Type::kList)) return {};
    const auto list = given.as_list();
    if (list.size() < op_.min || list.size() > max()) return {};
    for (size_t i = 0; i < list.size(); ++i) {
      const Value& r = list[op_.reversed ? list.size() - 1 - i : i];
      if (!r.is(value::Type::kRelationship)) return {};
      const uint64_t id = r.entity_id();
      storage::RelationshipEnds ends;
      TRELLIS_TRY(x_.reader().relationship_ends({&id, 1}, &ends));
      const bool type_fits = !types_.nothing && (types_.types.empty() ||
                                                 std::find(types_.types.begin(), types_.types.end(),
                                                           ends.type) != types_.types.end());
      if (!type_fits || !distinct_.allows(row_, id)) return {};
      if (ends.start == node && op_.direction != Direction::kIncoming) {
        node = ends.end;
      } else if (ends.end == node && op_.direction != Direction::kOutgoing) {
        node = ends.start;
      } else {
        return {};
      }
    }
    if (op_.into && node != target_) return {};
    lists_[rows_] = given;
    ends_[rows_] = node;
    parents_[rows_++] = row_;
    return {};
  }

  const plan::VarLengthExpand& op_;
  DistinctFrom distinct_;
  RelationshipPredicate predicate_;
  MemoryCharge charge_;
  TypeFilter types_;
  std::unique_ptr<storage::ExpandBatch> found_;
  std::vector<uint16_t> kept_;
  bool prepared_ = false;
  uint32_t next_row_ = 0;
  uint16_t row_ = 0;
  uint64_t target_ = 0;
  std::vector<uint64_t> path_;
  std::vector<Hop> hops_;
  std::vector<Level> levels_;
  // The output in the making.
  Value* lists_ = nullptr;
  uint64_t* ends_ = nullptr;
  uint16_t* parents_ = nullptr;
  uint32_t rows_ = 0;
};

}  // namespace

Result<OperatorInstancePtr> make_instance(Execution& x, const plan::VarLengthExpand& op) {
  return std::make_unique<VarLengthExpandInstance>(x, op);
}

}  // namespace trellis::cypher::exec
