// SPDX-License-Identifier: Apache-2.0
//
// Eager: lets no row go on before the last one has come.
#include <algorithm>

#include "cypher/exec/operators/factory.h"
#include "cypher/exec/row_store.h"

namespace trellis::cypher::exec {
namespace {

class EagerInstance final : public OperatorInstance {
 public:
  explicit EagerInstance(Execution& x) : OperatorInstance(x), rows_(x.slot_count(), x.memory()) {}

  Result<Step> step(const PollContext&) override {
    if (in_ != nullptr) {
      rows_.append(*in_);
      return need_input();
    }
    if (!finished_) return Step::kNeedInput;
    if (emitted_ == rows_.size()) return Step::kDone;
    begin_output();
    const uint32_t rows = std::min(rows_.size() - emitted_, capacity());
    rows_.read(nullptr, emitted_, rows, arena_, out_);
    emitted_ += rows;
    return Step::kOutput;
  }

 protected:
  void on_reset() override {
    rows_.clear();
    emitted_ = 0;
  }

 private:
  RowStore rows_;
  uint32_t emitted_ = 0;
};

}  // namespace

Result<OperatorInstancePtr> make_instance(Execution& x, const plan::Eager&) {
  return std::make_unique<EagerInstance>(x);
}

}  // namespace trellis::cypher::exec
