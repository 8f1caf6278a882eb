// SPDX-License-Identifier: Apache-2.0
#include "cypher/exec/source_stream.h"

#include "cypher/engine.h"
#include "cypher/exec/explain.h"
#include "cypher/exec/plan_run.h"

namespace trellis::cypher::exec {
namespace {

class SourceStream final : public ResultStream {
 public:
  SourceStream(std::shared_ptr<const plan::Plan> plan, const StatementCall& call,
               std::unique_ptr<RowSource> source)
      : plan_(std::move(plan)),
        source_(std::move(source)),
        compiled_(call.compiled),
        random_(RandomBits::from_system()) {
    for (const plan::ResultColumn& column : plan_->columns) columns_.push_back(column.name);
    summary_.type = plan_->type;
    summary_.notifications = plan_->notifications;
    inputs_.plan = plan_;
    inputs_.source = source_.get();
    inputs_.parameters = call.parameters;
    inputs_.auto_parameters = call.auto_parameters;
    inputs_.cancel = &cancel_;
    inputs_.functions.statement_time = clock_.wall();
    inputs_.functions.transaction_time = inputs_.functions.statement_time;
    inputs_.functions.clock = &clock_;
    inputs_.functions.random = &random_;
  }

  Result<Poll> open(const PollContext&) override {
    if (compiled_ != nullptr && compiled_->explain()) {
      summary_.plan = describe(*plan_);
      return Poll::kReady;
    }
    TRELLIS_TRY_ASSIGN(run_, PlanRun::start(inputs_));
    return Poll::kReady;
  }
  std::span<const std::string> columns() const override { return columns_; }

  Result<Poll> next(const PollContext& context) override {
    rows_ = {};
    if (run_ == nullptr) return Poll::kReady;
    TRELLIS_TRY_ASSIGN(const Step step, run_->next(context));
    switch (step) {
      case Step::kOutput:
        rows_ = run_->rows();
        return Poll::kReady;
      case Step::kBlocked:
        return Poll::kBlocked;
      case Step::kYielded:
        return Poll::kYielded;
      default:
        run_.reset();
        return Poll::kReady;
    }
  }
  const RowBatch& rows() const override { return rows_; }
  const Summary& summary() const override { return summary_; }
  void cancel() noexcept override { cancel_.set(ErrorCode::TransactionTerminated); }

 private:
  const std::shared_ptr<const plan::Plan> plan_;
  const std::unique_ptr<RowSource> source_;
  const std::shared_ptr<const CompiledStatement> compiled_;
  const os::SystemClock clock_;
  RandomBits random_;
  StopSignal cancel_;
  ExecutionInputs inputs_;
  std::vector<std::string> columns_;
  std::unique_ptr<PlanRun> run_;
  RowBatch rows_;
  Summary summary_;
};

}  // namespace

std::unique_ptr<ResultStream> make_source_stream(std::shared_ptr<const plan::Plan> plan,
                                                 const StatementCall& call,
                                                 std::unique_ptr<RowSource> source) {
  return std::make_unique<SourceStream>(std::move(plan), call, std::move(source));
}

}  // namespace trellis::cypher::exec
