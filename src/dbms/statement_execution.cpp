// SPDX-License-Identifier: Apache-2.0
#include "dbms/statement_execution.h"

#include <algorithm>

#include "dbms/administration/administration_run.h"
#include "dbms/administration/show.h"
#include "dbms/names.h"
#include "dbms/system_reader.h"
#include "dbms/system_schema.h"
#include "dbms/system_statement.h"

namespace trellis::dbms {
namespace {

constexpr int kMaxAttempts = 10;

bool is_read_only(const Core& core, const DatabaseRecord& database) {
  const config::DatabasesConfig& config = core.config().databases;
  const auto lists = [&](const std::vector<std::string>& names) {
    return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
      return normalize_database_name(name) == database.name;
    });
  };
  if (database.read_only || lists(config.read_only)) return true;
  return config.default_to_read_only && !lists(config.writable);
}

}  // namespace

Result<Target> session_target(const Principal& principal, std::string_view requested) {
  if (!requested.empty()) return resolve_target(*principal.system, requested);
  TRELLIS_TRY_ASSIGN(Target home, resolve_target(*principal.system, principal.home_database()));
  if (check_access(principal, home)) return home;
  return resolve_target(*principal.system, principal.system->default_database);
}

StatementExecution::StatementExecution(SessionParts session, StatementRequest statement,
                                       TransactionRequest request,
                                       std::shared_ptr<SessionTransaction> transaction, int64_t qid)
    : core_(session.core),
      client_(session.client),
      principals_(session.principals),
      statement_(std::make_shared<const StatementRequest>(std::move(statement))),
      request_(std::move(request)),
      qid_(qid),
      cancelled_(session.cancelled),
      transaction_(std::move(transaction)) {}

StatementExecution::~StatementExecution() {
  // Abandoned by its client: what ran is logged all the same.
  if (step_ > Step::kStart) log_end(nullptr);
  if (transaction_ && !implicit()) transaction_->record().set_query(std::nullopt);
  inner_.reset();
}

void StatementExecution::cancel() noexcept {
  std::shared_ptr<SessionTransaction> transaction;
  {
    MutexLock lock(mutex_);
    transaction = transaction_;
  }
  if (transaction) transaction->terminate(ErrorCode::TransactionTerminated);
}

void StatementExecution::publish_transaction(std::shared_ptr<SessionTransaction> transaction) {
  std::shared_ptr<SessionTransaction> before;  // destroyed outside the lock
  MutexLock lock(mutex_);
  before = std::move(transaction_);
  transaction_ = std::move(transaction);
}

Result<> StatementExecution::check_may_run(const Target& session_database) {
  const UserRecord* user = principal_->system->user(principal_->authenticated_user);
  if (user != nullptr && user->change_required &&
      prepared_.compiled->syntax().kind != ast::StatementKind::kAlterCurrentUser) {
    return fail(ErrorCode::CredentialsExpired,
                "The credentials you provided were valid, but must be changed before you can use "
                "this instance: ALTER CURRENT USER SET PASSWORD FROM '..' TO '..'.");
  }
  const cypher::StatementKind kind = prepared_.compiled->kind();
  const bool anywhere = kind == cypher::StatementKind::kAdministration ||
                        kind == cypher::StatementKind::kTransactions;
  if (anywhere) {
    target_ = Target{};
    target_.kind = TargetKind::kSystem;
    target_.name = system_schema::kSystemDatabase;
    return {};
  }
  target_ = session_database;
  if (const auto use = prepared_.compiled->use_graph()) {
    TRELLIS_TRY_ASSIGN(target_, resolve_target(*principal_->system, *use));
  }
  TRELLIS_TRY(check_access(*principal_, target_));
  if (target_.kind == TargetKind::kSystem || target_.kind == TargetKind::kComposite) {
    TRELLIS_TRY(check_without_graph(prepared_.compiled->syntax(), target_.name));
  }
  if (target_.kind == TargetKind::kLocal && prepared_.compiled->writes() &&
      is_read_only(core_, *target_.database)) {
    return fail(ErrorCode::ReadOnlyDatabase,
                "Database '{}' is read-only. ALTER DATABASE .. SET ACCESS READ WRITE changes that.",
                target_.name);
  }
  return {};
}

Result<> StatementExecution::prepare() {
  TRELLIS_TRY_ASSIGN(principal_, principals_.get(request_.impersonated_user));
  TRELLIS_TRY_ASSIGN(const Target session_database, session_target(*principal_, request_.database));
  session_database_ = session_database.name;
  TRELLIS_TRY_ASSIGN(prepared_,
                     core_.options.engine->prepare(statement_->text, session_database.name));
  TRELLIS_TRY(check_may_run(session_database));
  graph_text_ = prepared_.compiled->use_graph()
                    ? prepared_.compiled->text_without_use(statement_->text)
                    : statement_->text;
  arguments_.emplace(statement_->parameters.get(), prepared_.auto_parameters.get());
  return {};
}

Result<> StatementExecution::begin_own_transaction() {
  SessionTransaction::Start start;
  start.client = client_;
  start.username = principal_->username;
  start.authenticated_user = principal_->authenticated_user;
  start.database = target_.kind == TargetKind::kSystem ? session_database_ : target_.name;
  start.implicit = true;
  start.request = SessionTransaction::copy_request(request_);
  TRELLIS_TRY_ASSIGN(auto transaction, SessionTransaction::open(core_, std::move(start)));
  publish_transaction(std::move(transaction));
  return {};
}

Result<> StatementExecution::run_show(const ast::Show& show) {
  const ShowTable* table = nullptr;
  if (show.commands.size() == 1) table = find_show(show.commands.front().kind);
  if (table == nullptr) {
    return fail(ErrorCode::UnsupportedAdministrationCommand,
                "This combination of SHOW commands is not supported; run them one by one.");
  }
  TRELLIS_TRY_ASSIGN(const auto content, transaction_->system_content(principal_->system));
  ShowContext context{core_, *principal_, *arguments_, *content};
  TRELLIS_TRY_ASSIGN(auto rows, table->rows(context, show.commands.front()));
  const auto columns = source_columns(show.commands.front());
  cypher::StatementCall call;
  call.text = statement_->text;
  call.compiled = prepared_.compiled;
  call.parameters = statement_->parameters.get();
  call.auto_parameters = prepared_.auto_parameters.get();
  TRELLIS_TRY_ASSIGN(inner_, core_.options.engine->project(call, columns, std::move(rows)));
  return {};
}

Result<> StatementExecution::run_on_graph() {
  const bool writes = prepared_.compiled->writes() && !prepared_.compiled->explain();
  TRELLIS_TRY_ASSIGN(cypher::GraphTransaction * graph,
                     transaction_->branch(target_, *principal_, writes));
  cypher::StatementCall call;
  call.text = graph_text_;
  call.compiled = prepared_.compiled;
  call.parameters = statement_->parameters.get();
  call.auto_parameters = prepared_.auto_parameters.get();
  TRELLIS_TRY_ASSIGN(inner_, graph->run(call));
  return {};
}

Result<> StatementExecution::run() {
  TransactionRecord::Query query;
  query.number = core_.transactions.next_query_number();
  query.statement = statement_;
  query.parameters_may_be_shown = parameters_may_be_shown();
  query.started = core_.options.clock->wall();
  query_number_ = query.number;
  if (core_.query_log.enabled()) {
    transaction_name_ = transaction_->record().view().id();
    shown_text_ = without_secrets(statement_->text);
  }
  transaction_->record().set_query(std::move(query));
  core_.query_log.started(log_entry());
  if (target_.kind != TargetKind::kSystem) transaction_->record().set_database(target_.name);

  const cypher::CompiledStatement& compiled = *prepared_.compiled;
  const bool administration = compiled.kind() == cypher::StatementKind::kAdministration ||
                              compiled.kind() == cypher::StatementKind::kTransactions;
  if (!administration) return run_on_graph();
  if (compiled.explain()) {
    explain_only_ = true;
    own_summary_.emplace();
    own_summary_->database = system_schema::kSystemDatabase;
    return {};
  }
  if (const auto* show = ast::try_as<ast::Show>(&compiled.syntax())) return run_show(*show);
  const Command* command = find_command(compiled.syntax().kind);
  if (command == nullptr) {
    return fail(ErrorCode::UnsupportedAdministrationCommand,
                "This administration command is not supported: a single server knows no servers to "
                "manage.");
  }
  cypher::StatementCall call;
  call.text = statement_->text;
  call.compiled = prepared_.compiled;
  call.parameters = statement_->parameters.get();
  call.auto_parameters = prepared_.auto_parameters.get();
  inner_ = std::make_unique<AdministrationRun>(core_, transaction_, principal_, *command, call);
  return {};
}

Result<Poll> StatementExecution::advance_to_rows(const PollContext& context) {
  while (step_ < Step::kRows) {
    if (cancelled_.load()) {
      return fail(ErrorCode::TransactionTerminated, "The statement was cancelled.");
    }
    switch (step_) {
      case Step::kPrepare:
        TRELLIS_TRY(prepare());
        step_ = Step::kStart;
        break;
      case Step::kStart: {
        if (!transaction_) TRELLIS_TRY(begin_own_transaction());
        TRELLIS_TRY_ASSIGN(const Poll poll, transaction_->await_start(target_, context));
        if (poll != Poll::kReady) return poll;
        step_ = Step::kRun;
        break;
      }
      case Step::kRun:
        TRELLIS_TRY(run());
        step_ = explain_only_ ? Step::kRows : Step::kOpen;
        break;
      case Step::kOpen: {
        const SessionTransaction::Turn turn(*transaction_);
        // An administration command that commits in open() ends its own transaction.
        TRELLIS_TRY_ASSIGN(const Poll poll, inner_->open(context));
        if (poll != Poll::kReady) return poll;
        step_ = Step::kRows;
        break;
      }
      default:
        TRELLIS_UNREACHABLE();
    }
  }
  return Poll::kReady;
}

bool StatementExecution::may_retry(const Error& error) const {
  const bool conflict =
      error.code() == ErrorCode::Outdated || error.code() == ErrorCode::DeadlockDetected;
  return conflict && implicit() && !delivered_ && attempts_ < kMaxAttempts &&
         target_.kind != TargetKind::kRemote && !cancelled_.load();
}

// Parameters of administration commands may be passwords; what did not parse may be such a command.
bool StatementExecution::parameters_may_be_shown() const {
  return prepared_.compiled &&
         prepared_.compiled->kind() != cypher::StatementKind::kAdministration;
}

QueryLogEntry StatementExecution::log_entry() const {
  QueryLogEntry entry;
  entry.query_number = query_number_;
  entry.transaction = transaction_name_;
  entry.elapsed =
      std::chrono::duration_cast<std::chrono::milliseconds>(PollContext::Clock::now() - begun_);
  entry.client = &client_;
  entry.database = target_.name.empty() ? std::string_view(session_database_) : target_.name;
  entry.username = principals_.username();
  entry.text = shown_text_;
  if (parameters_may_be_shown()) entry.parameters = statement_->parameters.get();
  const bool own = implicit() || !transaction_;
  entry.metadata = own ? request_.metadata.get() : transaction_->request().metadata.get();
  return entry;
}

// A statement that failed before it ran (its syntax, its rights) is logged as well.
void StatementExecution::log_end(const Error* failure) {
  if (logged_ || !core_.query_log.enabled()) return;
  logged_ = true;
  if (shown_text_.empty()) shown_text_ = without_secrets(statement_->text);
  QueryLogEntry entry = log_entry();
  entry.failure = failure;
  core_.query_log.ended(entry);
}

Error StatementExecution::finish_with(Error error) {
  step_ = Step::kDone;
  // Who was told to stop says why, whatever the graph made of it.
  if (transaction_ && error.code() == ErrorCode::TransactionTerminated) {
    if (auto alive = transaction_->check_alive(); !alive) error = std::move(alive).error();
  }
  log_end(&error);
  if (implicit()) {
    inner_.reset();
    publish_transaction(nullptr);
  } else if (transaction_) {
    transaction_->terminate(ErrorCode::TransactionTerminated);
  }
  return error;
}

Result<Poll> StatementExecution::open(const PollContext& context) {
  while (true) {
    Result<Poll> poll = advance_to_rows(context);
    if (poll) return poll;
    if (!may_retry(poll.error())) return fail(finish_with(std::move(poll).error()));
    ++attempts_;
    inner_.reset();
    publish_transaction(nullptr);
    step_ = Step::kStart;
  }
}

Result<Poll> StatementExecution::advance_rows(const PollContext& context) {
  TRELLIS_TRY_ASSIGN(const Poll opened, advance_to_rows(context));  // again, after a conflict
  if (opened != Poll::kReady) return opened;
  const SessionTransaction::Turn turn(*transaction_);
  while (step_ == Step::kRows) {
    if (cancelled_.load()) {
      return fail(ErrorCode::TransactionTerminated, "The statement was cancelled.");
    }
    if (inner_) {
      // Once an administration command has committed, there is nothing left to be terminated.
      TRELLIS_TRY_ASSIGN(const Poll poll, inner_->next(context));
      if (poll != Poll::kReady) return poll;
      const bool more = inner_->rows().rows > 0;
      if (more && !discard_) {
        delivered_ = true;
        own_rows_ = false;
        return Poll::kReady;
      }
      if (more) {
        // Discarded: a statement that changes nothing need not go on.
        if (!prepared_.compiled->writes()) {
          own_summary_.emplace();
          own_summary_->type = cypher::QueryType::kRead;
          own_summary_->database = target_.name;
        } else {
          if (context.slice_over()) return Poll::kYielded;
          continue;
        }
      }
    }
    own_rows_ = true;
    step_ = implicit() ? Step::kCommit : Step::kDone;
  }
  if (step_ == Step::kCommit) {
    if (!own_summary_ && inner_) own_summary_ = copy_summary(inner_->summary());
    TRELLIS_TRY_ASSIGN(const Poll poll, transaction_->commit(context));
    if (poll != Poll::kReady) return poll;
    bookmark_ = transaction_->bookmark();
    step_ = Step::kDone;
  }
  if (step_ == Step::kDone) log_end(nullptr);
  return Poll::kReady;
}

Result<Poll> StatementExecution::next(const PollContext& context) {
  while (true) {
    Result<Poll> poll = advance_rows(context);
    if (poll) return poll;
    if (!may_retry(poll.error())) return fail(finish_with(std::move(poll).error()));
    ++attempts_;
    inner_.reset();
    own_summary_.reset();
    publish_transaction(nullptr);
    step_ = Step::kStart;
  }
}

std::span<const std::string> StatementExecution::columns() const {
  if (inner_) return inner_->columns();
  return no_columns_;
}

const cypher::RowBatch& StatementExecution::rows() const {
  return inner_ && !own_rows_ ? inner_->rows() : empty_;
}

const cypher::Summary& StatementExecution::summary() const {
  if (own_summary_) return *own_summary_;
  TRELLIS_ASSERT(inner_ != nullptr);
  return inner_->summary();
}

}  // namespace trellis::dbms
