// SPDX-License-Identifier: Apache-2.0
//
// The start of every chain: yields the argument rows once, numbered.
#include <numeric>

#include "cypher/exec/operators/factory.h"

namespace trellis::cypher::exec {
namespace {

class ArgumentInstance final : public OperatorInstance {
 public:
  explicit ArgumentInstance(Execution& x) : OperatorInstance(x) {}

  Result<Step> step(const PollContext&) override {
    if (in_ == nullptr || in_->rows == 0) return Step::kDone;
    begin_output();
    out_.select(*in_, nullptr, in_->rows, arena_);
    if (in_->rows == 1) {
      out_.argument = nullptr;
    } else {
      auto* numbers = arena_.alloc_array<uint16_t>(in_->rows);
      std::iota(numbers, numbers + in_->rows, uint16_t{0});
      out_.argument = numbers;
    }
    in_ = nullptr;
    return Step::kOutput;
  }
};

}  // namespace

Result<OperatorInstancePtr> make_instance(Execution& x, const plan::Argument&) {
  return std::make_unique<ArgumentInstance>(x);
}

}  // namespace trellis::cypher::exec
