// SPDX-License-Identifier: Apache-2.0
//
// ShortestPath: breadth first from one bound node to the other, a level at a time; every way by
// which a node is first reached is kept, so that allShortestPaths only has to walk back.
#include <algorithm>
#include <memory>
#include <unordered_map>
#include <vector>

#include "cypher/exec/memory_charge.h"
#include "cypher/exec/operators/factory.h"
#include "cypher/exec/operators/trail_rules.h"

namespace trellis::cypher::exec {
namespace {

class ShortestPathInstance final : public OperatorInstance {
 public:
  ShortestPathInstance(Execution& x, const plan::ShortestPath& op)
      : OperatorInstance(x),
        op_(op),
        predicate_(x, op.each_relationship, op.each_predicate.get()),
        charge_(x.memory()),
        found_(std::make_unique_for_overwrite<storage::ExpandBatch>()) {}

  Result<Step> step(const PollContext& context) override {
    if (in_ == nullptr) return need_input();
    if (!prepared_) {
      prepared_ = true;
      types_ = x_.reader().type_filter(op_.types);
      next_row_ = 0;
      paths_.clear();
      next_path_ = 0;
    }
    begin_output();
    auto* lists = arena_.alloc_array<Value>(capacity());
    auto* parents = arena_.alloc_array<uint16_t>(capacity());
    uint32_t rows = 0;
    while (rows < capacity()) {
      if (next_path_ < paths_.size()) {
        const std::vector<uint64_t>& path = paths_[next_path_++];
        auto* relationships = arena_.alloc_array<Value>(path.size());
        for (size_t i = 0; i < path.size(); ++i) relationships[i] = Value::relationship(path[i]);
        lists[rows] = Value::list({relationships, path.size()});
        parents[rows++] = static_cast<uint16_t>(row_);
        continue;
      }
      if (next_row_ == in_->rows || (rows > 0 && context.slice_over())) break;
      TRELLIS_TRY(search(next_row_++));
    }
    if (rows == 0) return need_input();
    out_.select(*in_, parents, rows, arena_);
    out_.slot(op_.relationships) = Vector::flat(lists);
    return Step::kOutput;
  }

 protected:
  void on_input() override { prepared_ = false; }

 private:
  struct Way {
    uint64_t relationship;
    uint64_t from;
  };
  struct Reached {
    uint32_t depth = 0;
    std::vector<Way> ways;
  };

  Result<> search(uint32_t row) {
    row_ = row;
    paths_.clear();
    next_path_ = 0;
    const Value from = in_->slot(op_.from).get(row);
    const Value to = in_->slot(op_.to).get(row);
    if (!from.is(value::Type::kNode) || !to.is(value::Type::kNode)) return {};
    source_ = from.entity_id();
    target_ = to.entity_id();
    if (source_ == target_) {
      if (op_.min == 0) {
        paths_.emplace_back();
        return {};
      }
      return fail(ErrorCode::ArgumentError,
                  "The shortest path algorithm does not work when the start and end nodes are the "
                  "same. Exclude that case in WHERE, for example by start <> end.");
    }
    reached_.clear();
    reached_[source_];
    std::vector<uint64_t> frontier{source_};
    std::vector<uint64_t> next;
    const uint32_t max = op_.max.value_or(UINT32_MAX);
    for (uint32_t depth = 1; depth <= max && !frontier.empty(); ++depth) {
      next.clear();
      for (size_t at = 0; at < frontier.size(); at += storage::kSegmentRows) {
        const size_t n = std::min<size_t>(storage::kSegmentRows, frontier.size() - at);
        TRELLIS_TRY(grow({frontier.data() + at, n}, depth, next));
      }
      if (const auto hit = reached_.find(target_); hit != reached_.end()) {
        if (depth >= op_.min) walk_back();
        return {};
      }
      frontier.swap(next);
    }
    return {};
  }

  Result<> grow(std::span<const uint64_t> sources, uint32_t depth, std::vector<uint64_t>& next) {
    storage::ExpandCursor cursor;
    bool exhausted = types_.nothing;
    while (!exhausted) {
      charge_.set(reached_.size() * (sizeof(Reached) + 48));
      TRELLIS_TRY(x_.check());
      exhausted = x_.reader().expand(sources, op_.direction, types_, cursor, *found_);
      uint32_t count = found_->size;
      if (predicate_.exists()) {
        TRELLIS_TRY_ASSIGN(
            count, predicate_.filter(*in_, row_, found_->relationship.data(), found_->size, kept_));
      }
      for (uint32_t i = 0; i < count; ++i) {
        const uint32_t at = predicate_.exists() ? kept_[i] : i;
        const uint64_t node = found_->neighbour[at];
        const auto [entry, is_new] = reached_.try_emplace(node);
        if (is_new) {
          entry->second.depth = depth;
          next.push_back(node);
        }
        if (entry->second.depth != depth || (!op_.all && !is_new)) continue;
        entry->second.ways.push_back({found_->relationship[at], sources[found_->source[at]]});
      }
    }
    return {};
  }

  // All ways (or one) from the target back to the source, without recursion.
  void walk_back() {
    struct Level {
      uint64_t node;
      size_t next_way;
    };
    std::vector<Level> levels{{target_, 0}};
    std::vector<uint64_t> path;
    while (!levels.empty()) {
      Level& level = levels.back();
      const std::vector<Way>& ways = reached_.find(level.node)->second.ways;
      if (level.node == source_) {
        paths_.emplace_back(path.rbegin(), path.rend());
        if (!op_.all) return;
      } else if (level.next_way < ways.size()) {
        const Way way = ways[level.next_way++];
        path.push_back(way.relationship);
        levels.push_back({way.from, 0});
        continue;
      }
      levels.pop_back();
      if (!path.empty()) path.pop_back();
    }
  }

  const plan::ShortestPath& op_;
  RelationshipPredicate predicate_;
  MemoryCharge charge_;
  TypeFilter types_;
  std::unique_ptr<storage::ExpandBatch> found_;
  std::vector<uint16_t> kept_;
  bool prepared_ = false;
  uint32_t next_row_ = 0, row_ = 0;
  uint64_t source_ = 0, target_ = 0;
  std::unordered_map<uint64_t, Reached> reached_;
  std::vector<std::vector<uint64_t>> paths_;  // of row_
  size_t next_path_ = 0;
};

}  // namespace

Result<OperatorInstancePtr> make_instance(Execution& x, const plan::ShortestPath& op) {
  return std::make_unique<ShortestPathInstance>(x, op);
}

}  // namespace trellis::cypher::exec
