// SPDX-License-Identifier: Apache-2.0
//
// The implementation of Session.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <optional>

#include "base/mutex.h"
#include "dbms/authenticator.h"
#include "dbms/core.h"
#include "dbms/session.h"
#include "dbms/session_transaction.h"
#include "dbms/statement_execution.h"

namespace trellis::dbms {

class SessionImpl final : public Session {
 public:
  SessionImpl(Core& core, ClientInfo client);
  ~SessionImpl() override;

  void start_log_on(AuthToken token) override;
  Result<Poll> poll_log_on(const PollContext& context) override;
  void log_off() override;
  bool logged_on() const override { return principals_.logged_on(); }
  const std::string& username() const override { return principals_.username(); }
  bool credentials_expired() const override;

  Result<std::string> resolve_database(std::string_view name,
                                       std::string_view impersonated_user) override;

  Result<StatementRun*> run(StatementRequest statement, TransactionRequest request) override;

  Result<> begin(TransactionRequest request) override;
  Result<Poll> poll_begin(const PollContext& context) override;
  bool in_transaction() const override { return transaction_ != nullptr; }
  Result<StatementRun*> run_in_transaction(StatementRequest statement) override;
  StatementRun* statement(int64_t qid) override;
  void close_statement(int64_t qid) override;
  Result<Poll> commit(const PollContext& context) override;
  const std::string& bookmark() const override { return bookmark_; }
  Result<Poll> rollback(const PollContext& context) override;

  void cancel() noexcept override;
  void reset() override;

 private:
  StatementExecution::SessionParts parts() { return {core_, client_, principals_, cancelled_}; }
  Result<Poll> end_transaction(bool commit, const PollContext& context);
  // How many bytes of results may be open side by side is the transaction's memory; this bounds the
  // number of results.
  static constexpr size_t kMaxOpenStatements = 1000;

  Core& core_;
  const ClientInfo client_;
  PrincipalSource principals_;
  std::optional<LogOn> log_on_;
  std::atomic<bool> cancelled_{false};

  std::optional<TransactionRequest> begin_request_;
  std::optional<Target> begin_target_;
  std::shared_ptr<const SystemSnapshot> begin_system_;  // what begin_target_ points into
  std::string bookmark_;
  int64_t next_qid_ = 0;

  Mutex mutex_;  // for cancel(): changes to these two are made under it
  std::shared_ptr<SessionTransaction> transaction_;
  std::map<int64_t, std::unique_ptr<StatementExecution>> statements_;  // -1: auto-commit
};

}  // namespace trellis::dbms
