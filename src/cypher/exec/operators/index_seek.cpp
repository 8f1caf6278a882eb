// SPDX-License-Identifier: Apache-2.0
//
// NodeIndexSeek: for each input row, the nodes that a range index holds under one value, or under
// each distinct element of a list.
#include <vector>

#include "cypher/exec/expression_evaluator.h"
#include "cypher/exec/operators/factory.h"
#include "value/compare.h"

namespace trellis::cypher::exec {
namespace {

class IndexSeek final : public OperatorInstance {
 public:
  IndexSeek(Execution& x, const plan::NodeIndexSeek& op)
      : OperatorInstance(x), op_(op), evaluator_(x), values_arena_(&x.memory()) {}

  Result<Step> step(const PollContext&) override {
    if (in_ == nullptr) return need_input();
    if (op_.key->resolve(x_.reader().tokens()) == storage::kNoToken) return need_input();
    if (!values_) {
      values_arena_.reset();
      TRELLIS_TRY_ASSIGN(values_, evaluator_.evaluate(*op_.value, *in_, values_arena_));
      TRELLIS_TRY(start_row(0));
    }
    begin_output();
    auto* ids = arena_.alloc_array<uint64_t>(capacity());
    auto* parents = arena_.alloc_array<uint16_t>(capacity());
    uint32_t rows = 0;
    while (rows < capacity() && row_ < in_->rows) {
      if (wanted_at_ == wanted_.size()) {
        TRELLIS_TRY(start_row(row_ + 1));
        continue;
      }
      found_.clear();
      TRELLIS_TRY_ASSIGN(
          const bool exhausted,
          x_.reader().seek_nodes(op_.index, op_.key->resolve(x_.reader().tokens()),
                                 wanted_[wanted_at_], after_, capacity() - rows, found_));
      for (const storage::NodeId id : found_) {
        ids[rows] = id;
        parents[rows++] = static_cast<uint16_t>(row_);
      }
      if (exhausted) {
        ++wanted_at_;
        after_.reset();
      }
    }
    if (rows == 0) return need_input();
    out_.select(*in_, parents, rows, arena_);
    out_.slot(op_.node) = Vector::nodes(ids);
    return Step::kOutput;
  }

 protected:
  void on_input() override { values_.reset(); }

 private:
  Result<> start_row(uint32_t row) {
    row_ = row;
    wanted_.clear();
    wanted_at_ = 0;
    after_.reset();
    if (row >= in_->rows) return {};
    const Value v = values_->get(row);
    if (v.is_null()) return {};
    if (!op_.many) {
      wanted_.push_back(v);
      return {};
    }
    if (!v.is(value::Type::kList)) {
      return fail(make_error(ErrorCode::TypeError, "Expected a list after IN, but got: {}",
                             value::to_text(v))
                      .at(op_.value->position));
    }
    for (const Value& element : v.as_list()) {
      if (element.is_null()) continue;
      bool seen = false;
      for (size_t i = 0; i < wanted_.size() && !seen; ++i) {
        seen = value::equivalent(wanted_[i], element);
      }
      if (!seen) wanted_.push_back(element);
    }
    return {};
  }

  const plan::NodeIndexSeek& op_;
  ExpressionEvaluator evaluator_;
  Arena values_arena_;
  std::optional<Vector> values_;
  uint32_t row_ = 0;
  std::vector<Value> wanted_;  // of this row
  size_t wanted_at_ = 0;
  std::optional<storage::NodeId> after_;
  std::vector<storage::NodeId> found_;
};

}  // namespace

Result<OperatorInstancePtr> make_instance(Execution& x, const plan::NodeIndexSeek& op) {
  return std::make_unique<IndexSeek>(x, op);
}

}  // namespace trellis::cypher::exec
