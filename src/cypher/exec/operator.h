// SPDX-License-Identifier: Apache-2.0
//
// An operator at run time. A chain (exec/chain.h) drives it:
//
//   reset(arguments)   a new run begins: all state of the last one goes
//   accept(batch)      the next input; only after step() said kNeedInput, or at the start
//   finish()           there is no more input
//   step()             until kNeedInput, kDone (or an error):
//     kOutput     output() holds at least one row; step again for more
//     kNeedInput  the input is used up; not after finish()
//     kDone       no output will come any more in this run, whatever the input still holds
//     kBlocked    the context's waker is kept; step again when woken
//     kYielded    the slice is over; step again at any time
//
// Invariants
//   1. An accepted batch stays valid until the operator returns kNeedInput (or kDone).
//   2. output() stays valid until the operator's next step(), accept() or reset().
//   3. Work between two checks of Execution::check() is bounded by about a batch.
//   4. No step handles one row only because its interface does: batches in, batches out.
#pragma once

#include <memory>

#include "cypher/exec/execution.h"
#include "value/batch.h"

namespace trellis::cypher::exec {

using value::Batch;
using value::Value;
using value::Vector;

enum class Step : uint8_t { kOutput, kNeedInput, kDone, kBlocked, kYielded };

class OperatorInstance {
 public:
  virtual ~OperatorInstance() = default;
  OperatorInstance(const OperatorInstance&) = delete;
  OperatorInstance& operator=(const OperatorInstance&) = delete;

  // argument_rows: how many argument rows this run has; rows carry numbers below it.
  void reset(uint32_t argument_rows) {
    in_ = nullptr;
    finished_ = false;
    argument_rows_ = argument_rows;
    on_reset();
  }
  void accept(const Batch& input) {
    in_ = &input;
    on_input();
  }
  void finish() {
    in_ = nullptr;
    finished_ = true;
  }
  virtual Result<Step> step(const PollContext& context) = 0;
  const Batch& output() const { return out_; }

 protected:
  explicit OperatorInstance(Execution& x) : x_(x), arena_(&x.memory()), out_(x.slot_count()) {}

  virtual void on_reset() {}
  virtual void on_input() {}

  // What step() answers when the input at hand is used up.
  Step need_input() {
    in_ = nullptr;
    return finished_ ? Step::kDone : Step::kNeedInput;
  }
  // Frees the last output.
  void begin_output() {
    arena_.reset();
    out_.clear();
  }
  uint32_t capacity() const { return x_.rows_per_batch(); }

  Execution& x_;
  Arena arena_;  // of the output
  Batch out_;
  const Batch* in_ = nullptr;  // null: none at hand
  bool finished_ = false;
  uint32_t argument_rows_ = 1;
};
using OperatorInstancePtr = std::unique_ptr<OperatorInstance>;

}  // namespace trellis::cypher::exec
