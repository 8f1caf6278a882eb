// SPDX-License-Identifier: Apache-2.0
#include "cypher/local_graph.h"
#include "os/memory_file_system.h"
#include "security/access_rules.h"
#include "storage/resident_database.h"
#include "tck/executor.h"
#include "tck/mock_procedure.h"

namespace trellis::tck {
namespace {

// Everything here is ready at once or blocks for a moment only: the disk is in memory.
class Spinner {
 public:
  template <class Step>
  Result<> until_ready(const Step& step) {
    while (true) {
      TRELLIS_TRY_ASSIGN(const Poll poll, step(context_));
      if (poll == Poll::kReady) return {};
    }
  }

 private:
  PollContext context_{[] {}, PollContext::Clock::time_point::max()};
};

class LocalExecutor final : public Executor {
 public:
  explicit LocalExecutor(uint32_t rows_per_batch) : rows_per_batch_(rows_per_batch) {}

  void reset(const std::vector<MockProcedure>& procedures) override {
    graph_.reset();
    engine_.reset();
    if (database_) TRELLIS_ASSERT(database_->close());
    database_.reset();
    procedures_ = std::make_unique<MockProcedureTable>(procedures);
    files_ = std::make_unique<os::MemoryFileSystem>();
    auto opened = storage::open_resident(*files_, "graph", storage::ResidentOptions::in_memory());
    TRELLIS_ASSERT(opened);
    database_ = std::move(*opened);
    engine_ = cypher::Engine::create({}, *procedures_);
    cypher::LocalGraphOptions options;
    options.database_name = "neo4j";
    options.username = "neo4j";
    options.access = security::AccessRules::full();
    options.rows_per_batch = rows_per_batch_;
    graph_ = cypher::make_local_graph(*engine_, *database_, std::move(options));
  }

  Outcome run(const std::string& query, const value::Value& parameters) override {
    Outcome outcome;
    outcome.at_compile_time = true;
    if (auto result = execute(query, parameters, outcome); !result) {
      const bool compile_time = outcome.at_compile_time;
      outcome = {};
      outcome.at_compile_time = compile_time;
      describe_error(result.error(), outcome);
    }
    return outcome;
  }

 private:
  Result<> execute(const std::string& query, const value::Value& parameters, Outcome& outcome) {
    Spinner spinner;
    TRELLIS_TRY_ASSIGN(auto prepared, engine_->prepare(query, "neo4j"));
    cypher::StatementCall call;
    call.text = query;
    call.compiled = prepared.compiled;
    call.parameters = parameters;
    call.auto_parameters = prepared.auto_parameters.get();
    cypher::TransactionOptions options;
    options.implicit = true;
    TRELLIS_TRY_ASSIGN(auto transaction, graph_->begin(options));
    TRELLIS_TRY_ASSIGN(auto stream, transaction->run(call));
    TRELLIS_TRY(spinner.until_ready([&](const PollContext& c) { return stream->open(c); }));
    outcome.at_compile_time = false;
    for (const auto& column : stream->columns()) outcome.columns.push_back(column);
    while (true) {
      TRELLIS_TRY(spinner.until_ready([&](const PollContext& c) { return stream->next(c); }));
      const cypher::RowBatch& rows = stream->rows();
      if (rows.rows == 0) break;
      for (uint32_t r = 0; r < rows.rows; ++r) {
        auto& row = outcome.rows.emplace_back();
        for (uint32_t c = 0; c < rows.columns; ++c) {
          row.push_back(value::ValueHolder(rows.at(r, c)));
        }
      }
    }
    return {};
  }

  const uint32_t rows_per_batch_;
  std::unique_ptr<MockProcedureTable> procedures_;
  std::unique_ptr<os::MemoryFileSystem> files_;
  std::unique_ptr<storage::Database> database_;
  std::unique_ptr<cypher::Engine> engine_;
  std::unique_ptr<cypher::GraphSession> graph_;
};

}  // namespace

std::unique_ptr<Executor> make_local_executor(uint32_t rows_per_batch) {
  return std::make_unique<LocalExecutor>(rows_per_batch);
}

}  // namespace trellis::tck
