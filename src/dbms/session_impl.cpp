// SPDX-License-Identifier: Apache-2.0
#include "dbms/session_impl.h"

namespace trellis::dbms {
namespace {

constexpr int64_t kAutoCommitQid = -1;

}  // namespace

SessionImpl::SessionImpl(Core& core, ClientInfo client)
    : core_(core),
      client_(std::move(client)),
      principals_(core.system, core.config().security.auth_enabled) {}

SessionImpl::~SessionImpl() { reset(); }

void SessionImpl::start_log_on(AuthToken token) {
  log_off();
  log_on_.emplace(core_, client_, std::move(token));
}

Result<Poll> SessionImpl::poll_log_on(const PollContext& context) {
  if (!log_on_) return fail(ErrorCode::InvalidRequest, "No log-on is under way.");
  Result<Poll> poll = log_on_->poll(context);
  if (poll && *poll != Poll::kReady) return poll;
  if (poll) principals_.log_on(log_on_->username());
  log_on_.reset();
  return poll;
}

void SessionImpl::log_off() {
  reset();
  log_on_.reset();
  principals_.log_off();
}

bool SessionImpl::credentials_expired() const {
  if (!logged_on()) return false;
  const auto system = core_.system.current();
  const UserRecord* user = system->user(username());
  return user != nullptr && user->change_required;
}

Result<std::string> SessionImpl::resolve_database(std::string_view name,
                                                  std::string_view impersonated_user) {
  TRELLIS_TRY_ASSIGN(const auto principal, principals_.get(impersonated_user));
  TRELLIS_TRY_ASSIGN(const Target target, session_target(*principal, name));
  TRELLIS_TRY(check_access(*principal, target));
  return target.name;
}

Result<StatementRun*> SessionImpl::run(StatementRequest statement, TransactionRequest request) {
  if (transaction_ || begin_request_) {
    return fail(ErrorCode::InvalidRequest,
                "An auto-commit statement cannot be run inside a transaction.");
  }
  auto execution = std::make_unique<StatementExecution>(
      parts(), std::move(statement), std::move(request), nullptr, kAutoCommitQid);
  StatementExecution* result = execution.get();
  std::map<int64_t, std::unique_ptr<StatementExecution>> before;  // destroyed outside the lock
  MutexLock lock(mutex_);
  before.swap(statements_);
  statements_.emplace(kAutoCommitQid, std::move(execution));
  return result;
}

Result<> SessionImpl::begin(TransactionRequest request) {
  if (!logged_on()) {
    return fail(ErrorCode::Unauthorized, "Log on before beginning a transaction.");
  }
  if (transaction_ || begin_request_) {
    return fail(ErrorCode::InvalidRequest, "A transaction is open already; they do not nest.");
  }
  std::map<int64_t, std::unique_ptr<StatementExecution>> before;
  {
    MutexLock lock(mutex_);
    before.swap(statements_);
  }
  begin_request_ = std::move(request);
  begin_target_.reset();
  next_qid_ = 0;
  return {};
}

Result<Poll> SessionImpl::poll_begin(const PollContext& context) {
  TRELLIS_ASSERT(begin_request_.has_value());
  const auto step = [&]() -> Result<Poll> {
    if (cancelled_.load()) {
      return fail(ErrorCode::TransactionTerminated, "The transaction was cancelled.");
    }
    if (!begin_target_) {
      TRELLIS_TRY_ASSIGN(const auto principal, principals_.get(begin_request_->impersonated_user));
      TRELLIS_TRY_ASSIGN(const Target target, session_target(*principal, begin_request_->database));
      TRELLIS_TRY(check_access(*principal, target));
      SessionTransaction::Start start;
      start.client = client_;
      start.username = principal->username;
      start.authenticated_user = principal->authenticated_user;
      start.database = target.name;
      start.request = SessionTransaction::copy_request(*begin_request_);
      TRELLIS_TRY_ASSIGN(auto transaction, SessionTransaction::open(core_, std::move(start)));
      begin_system_ = principal->system;
      begin_target_ = target;
      MutexLock lock(mutex_);
      transaction_ = std::move(transaction);
    }
    return transaction_->await_start(*begin_target_, context);
  };
  Result<Poll> poll = step();
  if (poll && *poll != Poll::kReady) return poll;
  if (!poll) {
    std::shared_ptr<SessionTransaction> dropped;
    MutexLock lock(mutex_);
    dropped = std::move(transaction_);
    transaction_ = nullptr;
  }
  begin_request_.reset();
  begin_target_.reset();
  begin_system_.reset();
  return poll;
}

Result<StatementRun*> SessionImpl::run_in_transaction(StatementRequest statement) {
  if (!transaction_ || begin_request_) {
    return fail(ErrorCode::InvalidRequest, "There is no transaction to run the statement in.");
  }
  if (statements_.size() >= kMaxOpenStatements) {
    return fail(ErrorCode::ResourceExhausted,
                "{} results are open in this transaction; consume some before running more.",
                statements_.size());
  }
  const int64_t qid = next_qid_++;
  TransactionRequest request;
  request.database = transaction_->request().database;
  request.impersonated_user = transaction_->request().impersonated_user;
  request.mode = transaction_->request().mode;
  auto execution = std::make_unique<StatementExecution>(parts(), std::move(statement),
                                                        std::move(request), transaction_, qid);
  StatementExecution* result = execution.get();
  MutexLock lock(mutex_);
  statements_.emplace(qid, std::move(execution));
  return result;
}

StatementRun* SessionImpl::statement(int64_t qid) {
  if (statements_.empty()) return nullptr;
  if (qid == kAutoCommitQid) return statements_.rbegin()->second.get();
  const auto found = statements_.find(qid);
  return found == statements_.end() ? nullptr : found->second.get();
}

void SessionImpl::close_statement(int64_t qid) {
  std::unique_ptr<StatementExecution> closed;  // destroyed outside the lock
  MutexLock lock(mutex_);
  const auto found = statements_.find(qid);
  if (found == statements_.end()) return;
  closed = std::move(found->second);
  statements_.erase(found);
}

Result<Poll> SessionImpl::end_transaction(bool commit, const PollContext& context) {
  if (!transaction_) return fail(ErrorCode::InvalidRequest, "There is no open transaction.");
  std::map<int64_t, std::unique_ptr<StatementExecution>> open;
  {
    MutexLock lock(mutex_);
    open.swap(statements_);
  }
  open.clear();
  Result<Poll> poll = commit ? transaction_->commit(context) : transaction_->rollback(context);
  if (poll && *poll != Poll::kReady) return poll;
  if (poll && commit) bookmark_ = transaction_->bookmark();
  std::shared_ptr<SessionTransaction> ended;
  MutexLock lock(mutex_);
  ended = std::move(transaction_);
  transaction_ = nullptr;
  return poll;
}

Result<Poll> SessionImpl::commit(const PollContext& context) {
  return end_transaction(true, context);
}

Result<Poll> SessionImpl::rollback(const PollContext& context) {
  return end_transaction(false, context);
}

void SessionImpl::cancel() noexcept {
  cancelled_ = true;
  MutexLock lock(mutex_);
  if (transaction_) transaction_->terminate(ErrorCode::TransactionTerminated);
  for (const auto& [qid, execution] : statements_) execution->cancel();
}

void SessionImpl::reset() {
  std::map<int64_t, std::unique_ptr<StatementExecution>> open;
  std::shared_ptr<SessionTransaction> transaction;
  {
    MutexLock lock(mutex_);
    open.swap(statements_);
    transaction = std::move(transaction_);
    transaction_ = nullptr;
  }
  open.clear();  // before the transaction that they run in
  transaction.reset();
  begin_request_.reset();
  begin_target_.reset();
  begin_system_.reset();
  cancelled_ = false;
}

}  // namespace trellis::dbms
