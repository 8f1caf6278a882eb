// SPDX-License-Identifier: Apache-2.0
#include "cypher/exec/source_stream.h"

#include "cypher/exec/chain.h"
#include "cypher/exec/operators/produce_results.h"
#include "os/clock.h"

namespace trellis::cypher::exec {
namespace {

class SourceStream final : public ResultStream {
 public:
  SourceStream(std::shared_ptr<const plan::Plan> plan, const StatementCall& call,
               std::unique_ptr<RowSource> source)
      : plan_(std::move(plan)),
        compiled_(call.compiled),
        source_(std::move(source)),
        random_(RandomBits::from_system()) {
    for (const plan::ResultColumn& column : plan_->columns) columns_.push_back(column.name);
    ExecutionInputs inputs;
    inputs.plan = plan_;
    inputs.parameters = call.parameters;
    inputs.auto_parameters = call.auto_parameters;
    inputs.source = source_.get();
    inputs.stop = &stop_;
    const auto now = os::SystemClock().wall();
    inputs.functions.statement_time = now;
    inputs.functions.transaction_time = now;
    inputs.functions.random = &random_;
    execution_ = std::make_unique<Execution>(std::move(inputs));
    summary_.type = QueryType::kRead;
  }

  Result<Poll> open(const PollContext&) override {
    const auto& root = static_cast<const plan::ProduceResults&>(*plan_->root);
    TRELLIS_TRY_ASSIGN(auto chain, Chain::make(*execution_, *root.input));
    chain_ = std::make_unique<Chain>(std::move(chain));
    results_ = std::make_unique<ProduceResultsInstance>(*execution_, root);
    first_row_ = std::make_unique<Batch>(execution_->slot_count());
    first_row_->rows = 1;
    chain_->start(*first_row_);
    results_->reset(1);
    return Poll::kReady;
  }

  std::span<const std::string> columns() const override { return columns_; }

  Result<Poll> next(const PollContext& context) override {
    rows_ = {};
    while (!ended_) {
      TRELLIS_TRY_ASSIGN(const Step shaped, results_->step(context));
      if (shaped == Step::kOutput) {
        rows_ = results_->rows();
        return Poll::kReady;
      }
      TRELLIS_TRY(execution_->check());
      TRELLIS_TRY_ASSIGN(const Step step, chain_->next(context));
      if (step == Step::kBlocked) return Poll::kBlocked;
      if (step == Step::kYielded) return Poll::kYielded;
      if (step == Step::kDone) {
        ended_ = true;
      } else {
        results_->accept(chain_->batch());
      }
    }
    return Poll::kReady;
  }

  const RowBatch& rows() const override { return rows_; }
  const Summary& summary() const override { return summary_; }
  void cancel() noexcept override { stop_.set(ErrorCode::TransactionTerminated); }

 private:
  const std::shared_ptr<const plan::Plan> plan_;
  const std::shared_ptr<const CompiledStatement> compiled_;  // the plan points into its syntax
  const std::unique_ptr<RowSource> source_;
  RandomBits random_;
  StopSignal stop_;
  std::vector<std::string> columns_;
  std::unique_ptr<Execution> execution_;
  std::unique_ptr<Chain> chain_;
  std::unique_ptr<ProduceResultsInstance> results_;
  std::unique_ptr<Batch> first_row_;
  RowBatch rows_;
  Summary summary_;
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<ResultStream> make_source_stream(std::shared_ptr<const plan::Plan> plan,
                                                 const StatementCall& call,
                                                 std::unique_ptr<RowSource> source) {
  return std::make_unique<SourceStream>(std::move(plan), call, std::move(source));
}

}  // namespace trellis::cypher::exec
