// SPDX-License-Identifier: Apache-2.0
//
// The run of one command that changes `system`. It is carried out in open(): authorised, passwords
// hashed off the thread, the version node locked, applied; and, for an auto-commit statement or one
// with WAIT, committed. Its rows, if any, are those of WAIT.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cypher/engine.h"
#include "cypher/result_stream.h"
#include "dbms/administration/command.h"
#include "security/hasher.h"

namespace trellis::dbms {

class AdministrationRun final : public cypher::ResultStream {
 public:
  // The call's parameters outlive the run.
  AdministrationRun(Core& core, std::shared_ptr<SessionTransaction> transaction,
                    std::shared_ptr<const Principal> principal, const Command& command,
                    const cypher::StatementCall& call);

  Result<Poll> open(const PollContext& context) override;
  std::span<const std::string> columns() const override { return columns_; }
  Result<Poll> next(const PollContext& context) override;
  const cypher::RowBatch& rows() const override { return rows_; }
  const cypher::Summary& summary() const override { return summary_; }
  void cancel() noexcept override { transaction_->terminate(ErrorCode::TransactionTerminated); }

 private:
  enum class Step : uint8_t { kAuthorize, kPasswords, kLock, kApply, kCommit, kWait, kDone };

  Result<> authorize();
  Result<Poll> hash_passwords(const PollContext& context);
  Result<Poll> lock(const PollContext& context);
  Result<> apply();
  Result<Poll> wait(const PollContext& context);
  void report_wait(bool success, std::string message);
  void log(std::string_view outcome);

  Core& core_;
  const std::shared_ptr<SessionTransaction> transaction_;
  const std::shared_ptr<const Principal> principal_;
  const Command& command_;
  const std::shared_ptr<const cypher::CompiledStatement> compiled_;
  const std::string text_;
  Arguments arguments_;
  CommandContext context_;
  Step step_ = Step::kAuthorize;
  std::vector<PasswordRequest> requests_;
  std::vector<security::PasswordJob> jobs_;
  size_t jobs_done_ = 0;
  std::optional<Command::Waiting> waiting_;
  std::optional<DeadlineTimer::Clock::time_point> wait_until_;
  DeadlineTimer::Handle wait_timeout_;
  bool delivered_ = false;
  std::vector<std::string> columns_;
  Arena arena_;
  std::vector<value::Value> cells_;
  cypher::RowBatch rows_;
  cypher::Summary summary_;
};

// The text of a statement without what may be secret: for the security log. Literals of statements
// that speak of passwords become '******'.
std::string without_secrets(std::string_view text);

}  // namespace trellis::dbms
