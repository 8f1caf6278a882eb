// SPDX-License-Identifier: Apache-2.0
#include "cypher/exec/plan_run.h"

#include "cypher/exec/operators/produce_results.h"

namespace trellis::cypher::exec {

Result<std::unique_ptr<PlanRun>> PlanRun::start(ExecutionInputs inputs) {
  std::unique_ptr<PlanRun> run(new PlanRun(std::move(inputs)));
  TRELLIS_TRY_ASSIGN(Chain chain, Chain::make(run->execution_, *run->execution_.plan().root));
  run->chain_ = std::move(chain);
  run->arguments_.rows = 1;
  run->chain_->start(run->arguments_);
  return run;
}

Result<Step> PlanRun::next(const PollContext& context) {
  TRELLIS_TRY_ASSIGN(const Step step, chain_->next(context));
  if (step == Step::kDone && execution_.has_graph()) {
    TRELLIS_TRY(execution_.writer().check_deleted_nodes());
  }
  return step;
}

const RowBatch& PlanRun::rows() const {
  TRELLIS_ASSERT(execution_.plan().root->kind == plan::OperatorKind::kProduceResults);
  return static_cast<const ProduceResultsInstance&>(chain_->last()).rows();
}

}  // namespace trellis::cypher::exec
