// SPDX-License-Identifier: Apache-2.0
#include "cypher/local_graph.h"

#include "cypher/exec/statement_stream.h"

namespace trellis::cypher {
namespace {

class LocalTransaction final : public GraphTransaction {
 public:
  explicit LocalTransaction(std::shared_ptr<exec::TransactionState> state)
      : state_(std::move(state)) {}
  ~LocalTransaction() override { state_->rollback(); }

  Result<std::unique_ptr<ResultStream>> run(const StatementCall& call) override {
    return exec::make_statement_stream(state_, call);
  }
  Result<Poll> commit(const PollContext& context) override { return state_->commit(context); }
  Result<Poll> rollback(const PollContext&) override {
    state_->rollback();
    return Poll::kReady;
  }
  std::string bookmark() const override { return state_->bookmark(); }
  void terminate(ErrorCode reason) noexcept override { state_->terminate(reason); }

 private:
  const std::shared_ptr<exec::TransactionState> state_;
};

class LocalGraph final : public GraphSession {
 public:
  LocalGraph(Engine& engine, storage::Database& database, LocalGraphOptions options)
      : engine_(engine), database_(database), options_(std::move(options)) {
    TRELLIS_ASSERT(options_.access != nullptr);
  }

  Result<std::unique_ptr<GraphTransaction>> begin(const TransactionOptions& options) override {
    return std::make_unique<LocalTransaction>(
        std::make_shared<exec::TransactionState>(engine_.plans(), database_, options_, options));
  }

 private:
  Engine& engine_;
  storage::Database& database_;
  const LocalGraphOptions options_;
};

}  // namespace

std::unique_ptr<GraphSession> make_local_graph(Engine& engine, storage::Database& database,
                                               LocalGraphOptions options) {
  return std::make_unique<LocalGraph>(engine, database, std::move(options));
}

}  // namespace trellis::cypher
