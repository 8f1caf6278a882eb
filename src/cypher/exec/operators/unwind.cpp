// SPDX-License-Identifier: Apache-2.0
//
// Unwind: a row per element of each row's list. range(a, b[, step]) is counted through without
// making the list. null has no rows; what is no list counts as its own only element.
#include <algorithm>
#include <array>
#include <optional>

#include "cypher/exec/expression_evaluator.h"
#include "cypher/exec/operators/factory.h"
#include "cypher/functions/function.h"

namespace trellis::cypher::exec {
namespace {

class UnwindInstance final : public OperatorInstance {
 public:
  UnwindInstance(Execution& x, const plan::Unwind& op)
      : OperatorInstance(x), op_(op), evaluator_(x), lists_arena_(&x.memory()) {}

  Result<Step> step(const PollContext&) override {
    if (in_ == nullptr) return need_input();
    if (!prepared_) TRELLIS_TRY(prepare());
    begin_output();
    auto* parents = arena_.alloc_array<uint16_t>(capacity());
    return is_range_ ? counted(parents) : listed(parents);
  }

 protected:
  void on_input() override { prepared_ = false; }

 private:
  struct Range {
    int64_t next = 0;
    int64_t step = 1;
    uint64_t left = 0;
  };

  Result<> prepare() {
    prepared_ = true;
    row_ = 0;
    element_ = 0;
    range_.reset();
    lists_arena_.reset();
    TRELLIS_TRY_ASSIGN(is_range_, prepare_range());
    if (is_range_) return {};
    TRELLIS_TRY_ASSIGN(lists_, evaluator_.evaluate(*op_.list, *in_, lists_arena_));
    return {};
  }

  // True when the list is a range of integers in every row.
  Result<bool> prepare_range() {
    const plan::Expression& e = *op_.list;
    if (e.kind != plan::ExpressionKind::kCall || e.function->name != "range") return false;
    arguments_ = {};
    for (size_t a = 0; a < e.args.size() && a < 3; ++a) {
      TRELLIS_TRY_ASSIGN(arguments_[a], evaluator_.evaluate(*e.args[a], *in_, lists_arena_));
      const uint32_t rows = arguments_[a].is_constant() ? 1 : in_->rows;
      for (uint32_t row = 0; row < rows; ++row) {
        const Value v = arguments_[a].get(row);
        if (!v.is(value::Type::kInteger) || (a == 2 && v.as_integer() == 0)) return false;
      }
    }
    if (e.args.size() < 3) arguments_[2] = Vector::constant(Value::integer(1));
    return true;
  }

  Range range_of(uint32_t row) const {
    const int64_t first = arguments_[0].get(row).as_integer();
    const int64_t last = arguments_[1].get(row).as_integer();
    const int64_t step = arguments_[2].get(row).as_integer();
    Range range{first, step, 0};
    if (step > 0 ? first > last : first < last) return range;
    const uint64_t distance = step > 0 ? static_cast<uint64_t>(last) - static_cast<uint64_t>(first)
                                       : static_cast<uint64_t>(first) - static_cast<uint64_t>(last);
    const uint64_t width =
        step > 0 ? static_cast<uint64_t>(step) : uint64_t{0} - static_cast<uint64_t>(step);
    range.left = distance / width + 1;
    return range;
  }

  Step counted(uint16_t* parents) {
    auto* numbers = arena_.alloc_array<int64_t>(capacity());
    uint32_t rows = 0;
    while (rows < capacity() && row_ < in_->rows) {
      if (!range_) range_ = range_of(row_);
      const auto n = static_cast<uint32_t>(std::min<uint64_t>(range_->left, capacity() - rows));
      for (uint32_t i = 0; i < n; ++i) {
        numbers[rows] = range_->next;
        parents[rows++] = static_cast<uint16_t>(row_);
        // Beyond the last element the sum may wrap; it is not used then.
        range_->next = static_cast<int64_t>(static_cast<uint64_t>(range_->next) +
                                            static_cast<uint64_t>(range_->step));
      }
      range_->left -= n;
      if (range_->left > 0) break;
      range_.reset();
      ++row_;
    }
    if (rows == 0) return need_input();
    out_.select(*in_, parents, rows, arena_);
    out_.slot(op_.element) = Vector::integers(numbers);
    return Step::kOutput;
  }

  Step listed(uint16_t* parents) {
    auto* elements = arena_.alloc_array<Value>(capacity());
    uint32_t rows = 0;
    while (rows < capacity() && row_ < in_->rows) {
      const Value v = lists_.get(row_);
      const bool is_list = v.is(value::Type::kList);
      const std::span<const Value> list = is_list       ? v.as_list()
                                          : v.is_null() ? std::span<const Value>()
                                                        : std::span(&v, 1);
      const size_t n = std::min<size_t>(list.size() - element_, capacity() - rows);
      std::copy_n(list.data() + element_, n, elements + rows);
      std::fill_n(parents + rows, n, static_cast<uint16_t>(row_));
      rows += static_cast<uint32_t>(n);
      element_ += n;
      if (element_ < list.size()) break;
      element_ = 0;
      ++row_;
    }
    if (rows == 0) return need_input();
    out_.select(*in_, parents, rows, arena_);
    out_.slot(op_.element) = Vector::flat(elements);
    return Step::kOutput;
  }

  const plan::Unwind& op_;
  ExpressionEvaluator evaluator_;
  Arena lists_arena_;
  bool prepared_ = false;
  bool is_range_ = false;
  Vector lists_;
  std::array<Vector, 3> arguments_;
  uint32_t row_ = 0;
  size_t element_ = 0;
  std::optional<Range> range_;
};

}  // namespace

Result<OperatorInstancePtr> make_instance(Execution& x, const plan::Unwind& op) {
  return std::make_unique<UnwindInstance>(x, op);
}

}  // namespace trellis::cypher::exec
