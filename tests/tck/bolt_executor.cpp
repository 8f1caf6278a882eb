// SPDX-License-Identifier: Apache-2.0
//
// The TCK over Bolt against a running server, whose database lies on disk. Errors on the wire have
// no TCK detail, so class and phase are what is compared; scenarios that declare procedures cannot
// run here.
#include "federation/blocking_client.h"
#include "tck/executor.h"

namespace trellis::tck {
namespace {

class BoltExecutor final : public Executor {
 public:
  explicit BoltExecutor(std::unique_ptr<federation::BlockingClient> client)
      : client_(std::move(client)) {
    settings_.database = "neo4j";
  }

  void reset(const std::vector<MockProcedure>& procedures) override {
    TRELLIS_ASSERT(procedures.empty());
    const Outcome emptied = run("MATCH (n) DETACH DELETE n", value::Value());
    TRELLIS_ASSERT(!emptied.failed);
  }

  Outcome run(const std::string& query, const value::Value& parameters) override {
    Outcome outcome;
    outcome.at_compile_time = true;
    if (auto result = execute(query, parameters, outcome); !result) {
      const bool compile_time = outcome.at_compile_time;
      outcome = {};
      outcome.at_compile_time = compile_time;
      outcome.detail_known = false;
      describe_error(result.error(), outcome);
    }
    return outcome;
  }

 private:
  Result<> execute(const std::string& query, const value::Value& parameters, Outcome& outcome) {
    TRELLIS_TRY_ASSIGN(auto cursor, client_->run(query, parameters, settings_));
    outcome.at_compile_time = false;
    outcome.columns = cursor->columns();
    while (true) {
      TRELLIS_TRY_ASSIGN(const cypher::RowBatch* rows, cursor->next());
      if (rows->rows == 0) return {};
      for (uint32_t r = 0; r < rows->rows; ++r) {
        auto& row = outcome.rows.emplace_back();
        for (uint32_t c = 0; c < rows->columns; ++c) {
          row.push_back(value::ValueHolder(rows->at(r, c)));
        }
      }
    }
  }

  std::unique_ptr<federation::BlockingClient> client_;
  federation::StatementSettings settings_;
};

}  // namespace

Result<std::unique_ptr<Executor>> make_bolt_executor(const std::string& uri,
                                                     const std::string& password) {
  federation::ClientSettings settings;
  settings.uri = uri;
  settings.user = "neo4j";
  settings.password = Secret(password);
  settings.user_agent = "trellis-tck/1.0";
  TRELLIS_TRY_ASSIGN(auto client, federation::BlockingClient::connect(settings, "neo4j"));
  return std::make_unique<BoltExecutor>(std::move(client));
}

}  // namespace trellis::tck
