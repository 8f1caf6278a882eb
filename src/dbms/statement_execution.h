// SPDX-License-Identifier: Apache-2.0
//
// One statement of a session: prepared, routed, run, and (auto-commit) committed.
//
// Steps
//   prepare   privileges as of now, parse or plan cache, which graph
//   start     bookmarks reached, database settled; the transaction of an auto-commit statement is
//             made here
//   run       handed to the graph, to the administration command, or to the SHOW table
//   rows      next batches; then commit
// An auto-commit statement that met a conflict (Outdated, DeadlockDetected) before it delivered a
// row is run again from `start`, a few times.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "cypher/engine.h"
#include "dbms/arguments.h"
#include "dbms/core.h"
#include "dbms/principal.h"
#include "dbms/router.h"
#include "dbms/session.h"
#include "dbms/session_transaction.h"

namespace trellis::dbms {

// The database that a request means: named, else home (if it may be used), else default.
Result<Target> session_target(const Principal& principal, std::string_view requested);

class StatementExecution final : public StatementRun {
 public:
  // The session's parts that a statement needs; they outlive it.
  struct SessionParts {
    Core& core;
    const ClientInfo& client;
    PrincipalSource& principals;
    const std::atomic<bool>& cancelled;
  };
  // transaction: null for auto-commit; else `request` need only say database, mode and who is
  // impersonated.
  StatementExecution(SessionParts session, StatementRequest statement, TransactionRequest request,
                     std::shared_ptr<SessionTransaction> transaction, int64_t qid);
  ~StatementExecution() override;

  Result<Poll> open(const PollContext& context) override;
  std::span<const std::string> columns() const override;
  Result<Poll> next(const PollContext& context) override;
  const cypher::RowBatch& rows() const override;
  const cypher::Summary& summary() const override;
  void cancel() noexcept override;

  int64_t qid() const override { return qid_; }
  void discard_rest() override { discard_ = true; }
  const std::string& bookmark() const override { return bookmark_; }

 private:
  enum class Step : uint8_t { kPrepare, kStart, kRun, kOpen, kRows, kCommit, kDone };

  bool implicit() const { return qid_ < 0; }
  Result<> prepare();
  Result<> check_may_run(const Target& session_database);
  Result<> begin_own_transaction();
  Result<> run();
  Result<> run_show(const ast::Show& show);
  Result<> run_on_graph();
  Result<Poll> advance_to_rows(const PollContext& context);
  Result<Poll> advance_rows(const PollContext& context);
  bool may_retry(const Error& error) const;
  Error finish_with(Error error);
  bool parameters_may_be_shown() const;
  QueryLogEntry log_entry() const;
  void log_end(const Error* failure);
  void publish_transaction(std::shared_ptr<SessionTransaction> transaction);

  Core& core_;
  const ClientInfo& client_;
  PrincipalSource& principals_;
  const std::shared_ptr<const StatementRequest> statement_;
  TransactionRequest request_;
  const int64_t qid_;
  const std::atomic<bool>& cancelled_;

  Step step_ = Step::kPrepare;
  bool explain_only_ = false;
  int attempts_ = 0;
  bool delivered_ = false;
  bool discard_ = false;
  bool logged_ = false;  // its line is in query.log
  uint64_t query_number_ = 0;
  std::string transaction_name_;
  std::string shown_text_;  // without secrets; empty until it runs
  PollContext::Clock::time_point begun_ = PollContext::Clock::now();
  bool own_rows_ = false;  // rows() is empty_, not the inner stream's
  std::shared_ptr<const Principal> principal_;
  cypher::PreparedStatement prepared_;
  std::string graph_text_;  // what a graph is sent: USE blanked out
  Target target_;
  std::string session_database_;
  std::optional<Arguments> arguments_;
  std::string bookmark_;
  cypher::RowBatch empty_;
  std::optional<cypher::Summary> own_summary_;
  std::vector<std::string> no_columns_;
  // The transaction outlives the stream that runs in it.
  Mutex mutex_;  // for cancel()
  std::shared_ptr<SessionTransaction> transaction_;
  std::unique_ptr<cypher::ResultStream> inner_;
};

}  // namespace trellis::dbms
