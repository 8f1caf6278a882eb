// SPDX-License-Identifier: Apache-2.0
//
// Create: new nodes, then new relationships, for each row.
#include "cypher/exec/operators/creation.h"
#include "cypher/exec/operators/factory.h"

namespace trellis::cypher::exec {
namespace {

class CreateInstance final : public OperatorInstance {
 public:
  CreateInstance(Execution& x, const plan::Create& op)
      : OperatorInstance(x), creator_(x, op.nodes, op.relationships) {}

  Result<Step> step(const PollContext& context) override {
    if (in_ == nullptr || done_) return need_input();
    if (!started_) {
      started_ = true;
      begin_output();
      out_.select(*in_, nullptr, in_->rows, arena_);
      creator_.start(out_, arena_);
    }
    TRELLIS_TRY_ASSIGN(const Poll poll, creator_.run(context));
    if (poll != Poll::kReady) return poll == Poll::kBlocked ? Step::kBlocked : Step::kYielded;
    done_ = true;
    return Step::kOutput;
  }

 protected:
  void on_input() override { started_ = done_ = false; }

 private:
  PatternCreator creator_;
  bool started_ = false, done_ = false;
};

}  // namespace

Result<OperatorInstancePtr> make_instance(Execution& x, const plan::Create& op) {
  return std::make_unique<CreateInstance>(x, op);
}

}  // namespace trellis::cypher::exec
