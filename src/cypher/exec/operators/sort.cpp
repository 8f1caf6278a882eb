// SPDX-License-Identifier: Apache-2.0
//
// Sort: by argument row, then by the keys, stable. With a limit and one argument row only the best
// rows are kept while the input runs.
#include <algorithm>
#include <numeric>
#include <vector>

#include "cypher/exec/expression_evaluator.h"
#include "cypher/exec/operators/factory.h"
#include "cypher/exec/operators/row_count.h"
#include "cypher/exec/row_store.h"
#include "value/compare.h"

namespace trellis::cypher::exec {
namespace {

class SortInstance final : public OperatorInstance {
 public:
  SortInstance(Execution& x, const plan::Sort& op)
      : OperatorInstance(x),
        op_(op),
        evaluator_(x),
        rows_(x.slot_count() + static_cast<uint32_t>(op.keys.size()), x.memory()),
        wide_(x.slot_count() + static_cast<uint32_t>(op.keys.size())),
        narrow_slots_(x.slot_count()) {}

  Result<Step> step(const PollContext&) override {
    if (!limit_known_) {
      limit_known_ = true;
      limit_ = UINT64_MAX;
      if (op_.limit != nullptr) {
        TRELLIS_TRY_ASSIGN(limit_, evaluate_row_count(x_, *op_.limit, "LIMIT"));
      }
    }
    if (in_ != nullptr) {
      TRELLIS_TRY(consume());
      return need_input();
    }
    if (!finished_) return Step::kNeedInput;
    if (!sorted_) {
      sort_rows();
      sorted_ = true;
    }
    if (emitted_ == order_.size()) return Step::kDone;
    begin_output();
    const auto rows = static_cast<uint32_t>(std::min<size_t>(order_.size() - emitted_, capacity()));
    rows_.read(order_.data() + emitted_, 0, rows, arena_, wide_);
    out_.rows = rows;
    out_.argument = wide_.argument;
    for (uint32_t s = 0; s < narrow_slots_; ++s) out_.slot(s) = wide_.slot(s);
    emitted_ += rows;
    return Step::kOutput;
  }

 protected:
  void on_reset() override {
    rows_.clear();
    order_.clear();
    emitted_ = 0;
    sorted_ = limit_known_ = false;
  }

 private:
  // The keys stand in columns of their own beyond the row's slots.
  Result<> consume() {
    begin_output();
    wide_.clear();
    for (uint32_t s = 0; s < narrow_slots_; ++s) wide_.slot(s) = in_->slot(s);
    for (uint32_t k = 0; k < op_.keys.size(); ++k) {
      TRELLIS_TRY_ASSIGN(wide_.slot(narrow_slots_ + k),
                         evaluator_.evaluate(*op_.keys[k].expression, *in_, arena_));
    }
    wide_.rows = in_->rows;
    wide_.argument = in_->argument;
    rows_.append(wide_);
    if (argument_rows_ <= 1 && limit_ < 1'000'000 && rows_.size() > 8192 + 4 * limit_) {
      sort_rows();
      rows_.keep(order_);
    }
    return {};
  }

  bool before(uint32_t a, uint32_t b) const {
    if (rows_.argument_of(a) != rows_.argument_of(b)) {
      return rows_.argument_of(a) < rows_.argument_of(b);
    }
    for (uint32_t k = 0; k < op_.keys.size(); ++k) {
      const auto order =
          value::order(rows_.get(a, narrow_slots_ + k), rows_.get(b, narrow_slots_ + k));
      if (order != 0) return op_.keys[k].descending ? order > 0 : order < 0;
    }
    return a < b;
  }

  void sort_rows() {
    order_.resize(rows_.size());
    std::iota(order_.begin(), order_.end(), 0U);
    const auto less = [this](uint32_t a, uint32_t b) { return before(a, b); };
    if (argument_rows_ <= 1 && limit_ < order_.size()) {
      std::partial_sort(order_.begin(), order_.begin() + static_cast<ptrdiff_t>(limit_),
                        order_.end(), less);
      order_.resize(limit_);
    } else {
      std::sort(order_.begin(), order_.end(), less);
    }
  }

  const plan::Sort& op_;
  ExpressionEvaluator evaluator_;
  RowStore rows_;
  Batch wide_;
  const uint32_t narrow_slots_;
  std::vector<uint32_t> order_;
  size_t emitted_ = 0;
  bool sorted_ = false;
  bool limit_known_ = false;
  uint64_t limit_ = UINT64_MAX;
};

}  // namespace

Result<OperatorInstancePtr> make_instance(Execution& x, const plan::Sort& op) {
  return std::make_unique<SortInstance>(x, op);
}

}  // namespace trellis::cypher::exec
