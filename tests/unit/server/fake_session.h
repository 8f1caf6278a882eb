// SPDX-License-Identifier: Apache-2.0
//
// A dbms::Session that obeys a few words instead of Cypher:
//   ROWS n        n rows of one column: 1, 2, ...
//   NOTHING       no columns, no rows, one node created
//   FAIL          a syntax error at open
//   FAIL LATE     one row, then a type error
//   WAIT          blocks until it is cancelled
//   SPIN          yields until it is cancelled
//   WAKE          blocks once, is woken from another thread, one row
#pragma once

#include <atomic>
#include <charconv>
#include <map>
#include <thread>

#include "dbms/session.h"

namespace trellis::testing {

inline constexpr uint32_t kFakeBatch = 100;

class FakeRun final : public dbms::StatementRun {
 public:
  FakeRun(std::string text, int64_t qid) : text_(std::move(text)), qid_(qid) {
    if (text_.starts_with("ROWS ")) {
      std::from_chars(text_.data() + 5, text_.data() + text_.size(), rows_left_);
      columns_ = {"n"};
    } else if (text_ == "FAIL LATE" || text_ == "WAKE") {
      rows_left_ = 1;
      columns_ = {"n"};
    }
    summary_.type = text_ == "NOTHING" ? cypher::QueryType::kWrite : cypher::QueryType::kRead;
    summary_.database = "neo4j";
    if (text_ == "NOTHING") summary_.counters.nodes_created = 1;
  }

  Result<Poll> open(const PollContext&) override {
    if (text_ == "FAIL") return fail(ErrorCode::SyntaxError, "no");
    return Poll::kReady;
  }
  std::span<const std::string> columns() const override { return columns_; }
  Result<Poll> next(const PollContext& context) override {
    if (cancelled_) return fail(ErrorCode::TransactionTerminated, "cancelled");
    if (text_ == "SPIN") return Poll::kYielded;
    if (text_ == "WAIT") {
      waker_ = context.waker;
      return Poll::kBlocked;
    }
    if (text_ == "WAKE" && !std::exchange(woken_, true)) {
      std::thread([waker = context.waker] { waker(); }).detach();
      return Poll::kBlocked;
    }
    if (text_ == "FAIL LATE" && rows_left_ == 0) return fail(ErrorCode::TypeError, "late");
    const uint32_t count =
        discard_ ? 0 : static_cast<uint32_t>(std::min<int64_t>(rows_left_, kFakeBatch));
    values_.clear();
    for (uint32_t i = 0; i < count; ++i) values_.push_back(value::Value::integer(++number_));
    rows_left_ -= count;
    batch_ = {count, 1, values_.data(), 1, 1};
    if (count == 0) bookmark_ = qid_ < 0 ? "FB:1" : "";
    return Poll::kReady;
  }
  const cypher::RowBatch& rows() const override { return batch_; }
  const cypher::Summary& summary() const override { return summary_; }
  void cancel() noexcept override { cancelled_ = true; }
  int64_t qid() const override { return qid_; }
  void discard_rest() override { discard_ = true; }
  const std::string& bookmark() const override { return bookmark_; }

 private:
  const std::string text_;
  const int64_t qid_;
  std::vector<std::string> columns_;
  std::vector<value::Value> values_;
  cypher::RowBatch batch_;
  cypher::Summary summary_;
  std::string bookmark_;
  Waker waker_;
  int64_t rows_left_ = 0;
  int64_t number_ = 0;
  bool discard_ = false;
  bool woken_ = false;
  std::atomic<bool> cancelled_{false};
};

struct FakeLog {
  std::atomic<int> sessions{0};
  std::atomic<int> cancels{0};
  std::atomic<int> resets{0};
  std::atomic<int> commits{0};
};

class FakeSession final : public dbms::Session {
 public:
  explicit FakeSession(std::shared_ptr<FakeLog> log) : log_(std::move(log)) { ++log_->sessions; }
  ~FakeSession() override { --log_->sessions; }

  void start_log_on(dbms::AuthToken token) override { token_ = std::move(token); }
  Result<Poll> poll_log_on(const PollContext&) override {
    if (token_.credentials.reveal() != "secret") return fail(ErrorCode::Unauthorized, "no");
    name_ = token_.principal;
    return Poll::kReady;
  }
  void log_off() override { name_.clear(); }
  bool logged_on() const override { return !name_.empty(); }
  const std::string& username() const override { return name_; }
  bool credentials_expired() const override { return false; }
  Result<std::string> resolve_database(std::string_view name, std::string_view) override {
    if (name == "missing") return fail(ErrorCode::DatabaseNotFound, "no such database");
    return name.empty() ? "neo4j" : std::string(name);
  }
  Result<dbms::StatementRun*> run(dbms::StatementRequest statement,
                                  dbms::TransactionRequest) override {
    return keep(std::move(statement.text), -1);
  }
  Result<> begin(dbms::TransactionRequest) override { return in_transaction_ = true, Result<>(); }
  Result<Poll> poll_begin(const PollContext&) override { return Poll::kReady; }
  bool in_transaction() const override { return in_transaction_; }
  Result<dbms::StatementRun*> run_in_transaction(dbms::StatementRequest statement) override {
    return keep(std::move(statement.text), next_qid_++);
  }
  dbms::StatementRun* statement(int64_t qid) override {
    const auto found = runs_.find(qid);
    return found == runs_.end() ? nullptr : found->second.get();
  }
  void close_statement(int64_t qid) override { runs_.erase(qid); }
  Result<Poll> commit(const PollContext&) override {
    ++log_->commits;
    end();
    bookmark_ = "FB:2";
    return Poll::kReady;
  }
  const std::string& bookmark() const override { return bookmark_; }
  Result<Poll> rollback(const PollContext&) override { return end(), Poll::kReady; }
  void cancel() noexcept override {
    ++log_->cancels;
    for (const auto& run : runs_) run.second->cancel();
  }
  void reset() override {
    ++log_->resets;
    end();
  }

 private:
  dbms::StatementRun* keep(std::string text, int64_t qid) {
    runs_[qid] = std::make_unique<FakeRun>(std::move(text), qid);
    return runs_[qid].get();
  }
  void end() {
    in_transaction_ = false;
    next_qid_ = 0;
    runs_.clear();
  }

  std::shared_ptr<FakeLog> log_;
  dbms::AuthToken token_;
  std::string name_;
  std::string bookmark_;
  std::map<int64_t, std::unique_ptr<FakeRun>> runs_;
  int64_t next_qid_ = 0;
  bool in_transaction_ = false;
};

}  // namespace trellis::testing
