// SPDX-License-Identifier: Apache-2.0
#include "dbms/administration/administration_run.h"

#include "dbms/names.h"
#include "dbms/system_reader.h"
#include "dbms/system_schema.h"

namespace trellis::dbms {
namespace {

constexpr int64_t kDefaultWaitSeconds = 300;

}  // namespace

std::string without_secrets(std::string_view text) {
  if (normalize_database_name(text).find("password") == std::string::npos) return std::string(text);
  std::string result;
  for (size_t i = 0; i < text.size();) {
    const char quote = text[i];
    if (quote != '\'' && quote != '"') {
      result += text[i++];
      continue;
    }
    size_t end = i + 1;
    while (end < text.size() && text[end] != quote) end += text[end] == '\\' ? 2 : 1;
    result += "'******'";
    i = std::min(end, text.size()) + 1;
  }
  return result;
}

AdministrationRun::AdministrationRun(Core& core, std::shared_ptr<SessionTransaction> transaction,
                                     std::shared_ptr<const Principal> principal,
                                     const Command& command, const cypher::StatementCall& call)
    : core_(core),
      transaction_(std::move(transaction)),
      principal_(std::move(principal)),
      command_(command),
      compiled_(call.compiled),
      text_(call.text),
      arguments_(call.parameters, call.auto_parameters),
      context_{core_, *principal_, arguments_} {
  summary_.database = system_schema::kSystemDatabase;
  summary_.type = cypher::QueryType::kSchema;
}

Result<> AdministrationRun::authorize() {
  if (principal_->impersonated()) {
    return fail(ErrorCode::Forbidden,
                "Administration commands cannot be run while impersonating another user.");
  }
  if (transaction_->request().mode == cypher::AccessMode::kRead) {
    return fail(ErrorCode::WriteInReadMode,
                "This command changes the system database; it needs a transaction in write mode.");
  }
  const ast::Statement& statement = compiled_->syntax();
  if (auto allowed = command_.authorize(context_, statement); !allowed) {
    if (allowed.error().code() == ErrorCode::Forbidden) log("failed: permission denied");
    return allowed;
  }
  if (command_.waits_for != nullptr) {
    TRELLIS_TRY_ASSIGN(Command::Waiting waiting, command_.waits_for(context_, statement));
    if (waiting.wait.mode == ast::Wait::Mode::kWait) {
      waiting_ = std::move(waiting);
      columns_ = {"address", "state", "message", "success"};
    }
  }
  if (command_.passwords != nullptr) {
    TRELLIS_TRY_ASSIGN(requests_, command_.passwords(context_, statement));
  }
  for (PasswordRequest& request : requests_) {
    TRELLIS_TRY_ASSIGN(
        security::PasswordJob job,
        request.verify_against.empty()
            ? core_.hasher.hash(std::move(request.password))
            : core_.hasher.verify(std::move(request.password), request.verify_against));
    jobs_.push_back(std::move(job));
  }
  return {};
}

Result<Poll> AdministrationRun::hash_passwords(const PollContext& context) {
  while (jobs_done_ < jobs_.size()) {
    security::PasswordJob& job = jobs_[jobs_done_];
    PollContext inner = context;
    if (job.poll(inner) == Poll::kBlocked) return Poll::kBlocked;
    PasswordOutcome outcome;
    if (requests_[jobs_done_].verify_against.empty()) {
      TRELLIS_TRY_ASSIGN(outcome.encoded, job.encoded());
    } else {
      TRELLIS_TRY_ASSIGN(outcome.verified, job.verified());
    }
    context_.passwords.push_back(std::move(outcome));
    ++jobs_done_;
  }
  return Poll::kReady;
}

Result<Poll> AdministrationRun::lock(const PollContext& context) {
  TRELLIS_TRY_ASSIGN(const Poll turn, transaction_->await_system_turn(context));
  if (turn != Poll::kReady) return turn;
  TRELLIS_TRY_ASSIGN(SystemBranch * branch, transaction_->system_branch(true));
  if (branch->locked) return Poll::kReady;
  const storage::NodeId version = core_.system.current()->version_node;
  TRELLIS_TRY_ASSIGN(const Poll poll,
                     branch->transaction->lock_nodes(std::span(&version, 1),
                                                     storage::LockMode::kExclusive, context));
  branch->locked = poll == Poll::kReady;
  return poll;
}

Result<> AdministrationRun::apply() {
  TRELLIS_TRY_ASSIGN(SystemBranch * branch, transaction_->system_branch(true));
  storage::Transaction& transaction = *branch->transaction;
  TRELLIS_TRY_ASSIGN(branch->content, read_system(*core_.system_database->store, transaction));
  SystemWriter writer(transaction);
  context_.system = branch->content.get();
  context_.writer = &writer;
  context_.branch = branch;
  TRELLIS_TRY(command_.apply(context_, compiled_->syntax()));
  if (writer.updates() > 0) {
    TRELLIS_TRY(
        writer.set(branch->content->version_node, system_schema::key::kEpoch,
                   value::Value::integer(static_cast<int64_t>(branch->content->epoch + 1))));
    branch->wrote = true;
  }
  summary_.counters.system_updates = writer.updates();
  summary_.notifications = std::move(context_.notifications);
  log("done");
  return {};
}

void AdministrationRun::log(std::string_view outcome) {
  const Principal& principal = *principal_;
  core_.options.security_log.info("[{}{}{}]: {}: {}", principal.username,
                                  principal.impersonated() ? ":" : "",
                                  principal.impersonated() ? principal.authenticated_user : "",
                                  without_secrets(text_), outcome);
}

void AdministrationRun::report_wait(bool success, std::string message) {
  cells_ = {value::make_string(arena_, core_.options.bolt_address),
            value::make_string(arena_, success ? "CaughtUp" : "Failed"),
            value::make_string(arena_, message), value::Value::boolean(success)};
}

Result<Poll> AdministrationRun::wait(const PollContext& context) {
  if (!waiting_) return Poll::kReady;
  if (!wait_until_) {
    wait_until_ = DeadlineTimer::Clock::now() +
                  std::chrono::seconds(waiting_->wait.seconds.value_or(kDefaultWaitSeconds));
  }
  // Both the registry and the timer may wake: only the first may reach the caller.
  const auto woken = std::make_shared<std::atomic<bool>>(false);
  const PollContext once{[woken, wake = context.waker] {
    if (!woken->exchange(true)) wake();
  }};
  if (core_.databases.await_settled(waiting_->database, once) == Poll::kReady) {
    wait_timeout_.cancel();
    const DatabaseState state = core_.databases.state(waiting_->database);
    const bool good = state.status != DatabaseStatus::kFailed;
    report_wait(good, good ? "caught up" : state.message);
    return Poll::kReady;
  }
  if (DeadlineTimer::Clock::now() >= *wait_until_) {
    report_wait(false,
                "timed out; the database is still " +
                    std::string(to_string(core_.databases.state(waiting_->database).status)));
    return Poll::kReady;
  }
  wait_timeout_ = core_.timer.at(*wait_until_, once.waker);
  return Poll::kBlocked;
}

Result<Poll> AdministrationRun::open(const PollContext& context) {
  while (true) {
    switch (step_) {
      case Step::kAuthorize:
        TRELLIS_TRY(authorize());
        step_ = Step::kPasswords;
        break;
      case Step::kPasswords: {
        TRELLIS_TRY_ASSIGN(const Poll poll, hash_passwords(context));
        if (poll != Poll::kReady) return poll;
        step_ = Step::kLock;
        break;
      }
      case Step::kLock: {
        TRELLIS_TRY_ASSIGN(const Poll poll, lock(context));
        if (poll != Poll::kReady) return poll;
        step_ = Step::kApply;
        break;
      }
      case Step::kApply:
        TRELLIS_TRY(apply());
        step_ = transaction_->implicit() || waiting_ ? Step::kCommit : Step::kDone;
        break;
      case Step::kCommit: {
        TRELLIS_TRY_ASSIGN(const Poll poll, transaction_->commit(context));
        if (poll != Poll::kReady) return poll;
        step_ = Step::kWait;
        break;
      }
      case Step::kWait: {
        TRELLIS_TRY_ASSIGN(const Poll poll, wait(context));
        if (poll != Poll::kReady) return poll;
        step_ = Step::kDone;
        break;
      }
      case Step::kDone:
        return Poll::kReady;
    }
  }
}

Result<Poll> AdministrationRun::next(const PollContext&) {
  rows_ = {};
  rows_.columns = static_cast<uint32_t>(columns_.size());
  if (!delivered_ && !cells_.empty()) {
    rows_.rows = 1;
    rows_.values = cells_.data();
    rows_.row_stride = rows_.columns;
    rows_.column_stride = 1;
  }
  delivered_ = true;
  return Poll::kReady;
}

}  // namespace trellis::dbms
