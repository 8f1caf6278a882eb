// SPDX-License-Identifier: Apache-2.0
//
// NodeByIdSeek: for each input row, the nodes with an id, or with each distinct id of a list.
#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "cypher/exec/expression_evaluator.h"
#include "cypher/exec/operators/factory.h"

namespace trellis::cypher::exec {
namespace {

class IdSeek final : public OperatorInstance {
 public:
  IdSeek(Execution& x, const plan::NodeByIdSeek& op)
      : OperatorInstance(x), op_(op), evaluator_(x), input_arena_(&x.memory()) {}

  Result<Step> step(const PollContext&) override {
    if (in_ == nullptr) return need_input();
    if (!prepared_) TRELLIS_TRY(prepare());
    const auto left = static_cast<uint32_t>(ids_.size() - position_);
    if (left == 0) return need_input();
    begin_output();
    const uint32_t rows = std::min(left, capacity());
    out_.select(*in_, parents_.data() + position_, rows, arena_);
    out_.slot(op_.node) = Vector::nodes(ids_.data() + position_);
    position_ += rows;
    return Step::kOutput;
  }

 protected:
  void on_input() override { prepared_ = false; }

 private:
  std::optional<uint64_t> id_of(const Value& v) const {
    if (op_.element_id) {
      if (!v.is(value::Type::kString)) return std::nullopt;
      return parse_element_id(x_.reader().database(), '4', v.as_string());
    }
    if (v.is(value::Type::kInteger) && v.as_integer() >= 0) {
      return static_cast<uint64_t>(v.as_integer());
    }
    if (v.is(value::Type::kFloat) && v.as_float() >= 0 && v.as_float() < 0x1p63 &&
        std::floor(v.as_float()) == v.as_float()) {
      return static_cast<uint64_t>(v.as_float());
    }
    return std::nullopt;
  }

  // All matches of the input batch: at most one per id asked for.
  Result<> prepare() {
    prepared_ = true;
    position_ = 0;
    ids_.clear();
    parents_.clear();
    input_arena_.reset();
    TRELLIS_TRY_ASSIGN(const Vector values, evaluator_.evaluate(*op_.ids, *in_, input_arena_));
    for (uint32_t row = 0; row < in_->rows; ++row) {
      const Value v = values.get(row);
      const size_t first = ids_.size();
      const bool list = op_.many && v.is(value::Type::kList);
      const std::span<const Value> wanted = list ? v.as_list() : std::span(&v, 1);
      for (const Value& one : wanted) {
        const auto id = id_of(one);
        if (id && std::find(ids_.begin() + static_cast<ptrdiff_t>(first), ids_.end(), *id) ==
                      ids_.end()) {
          ids_.push_back(*id);
          parents_.push_back(static_cast<uint16_t>(row));
        }
      }
    }
    auto visible = std::make_unique<bool[]>(storage::kSegmentRows);
    size_t kept = 0;
    for (size_t at = 0; at < ids_.size(); at += storage::kSegmentRows) {
      const size_t n = std::min<size_t>(storage::kSegmentRows, ids_.size() - at);
      x_.reader().nodes_visible({ids_.data() + at, n}, visible.get());
      for (size_t i = 0; i < n; ++i) {
        if (!visible[i]) continue;
        ids_[kept] = ids_[at + i];
        parents_[kept++] = parents_[at + i];
      }
    }
    ids_.resize(kept);
    parents_.resize(kept);
    return {};
  }

  const plan::NodeByIdSeek& op_;
  ExpressionEvaluator evaluator_;
  Arena input_arena_;
  bool prepared_ = false;
  std::vector<uint64_t> ids_;
  std::vector<uint16_t> parents_;
  size_t position_ = 0;
};

}  // namespace

Result<OperatorInstancePtr> make_instance(Execution& x, const plan::NodeByIdSeek& op) {
  return std::make_unique<IdSeek>(x, op);
}

}  // namespace trellis::cypher::exec
