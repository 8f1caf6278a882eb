// SPDX-License-Identifier: Apache-2.0
#include "dbms/session_transaction.h"

#include "cypher/local_graph.h"
#include "dbms/remote_access.h"
#include "dbms/system_reader.h"
#include "dbms/system_schema.h"

namespace trellis::dbms {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

Error termination_error(ErrorCode reason) {
  switch (reason) {
    case ErrorCode::TransactionTimedOut:
      return Error(reason, "The transaction has run longer than db.transaction.timeout allows.");
    case ErrorCode::TransactionTimedOutByClient:
      return Error(reason, "The transaction has run longer than the client's timeout allows.");
    default:
      return Error(reason, "The transaction was terminated. Begin a new one.");
  }
}

}  // namespace

SessionTransaction::SessionTransaction(Core& core, Start start, BookmarkSet bookmarks)
    : core_(core),
      start_(std::move(start)),
      awaited_(std::move(bookmarks)),
      system_turn_(core.system_writers) {}

Result<std::shared_ptr<SessionTransaction>> SessionTransaction::open(Core& core, Start start) {
  TRELLIS_TRY_ASSIGN(BookmarkSet bookmarks, parse_bookmarks(start.request.bookmarks));
  std::shared_ptr<SessionTransaction> transaction(
      new SessionTransaction(core, std::move(start), std::move(bookmarks)));

  TransactionRecord::View view;
  const Start& from = transaction->start_;
  view.database = from.database;
  view.username = from.username;
  view.authenticated_user = from.authenticated_user;
  view.client = from.client;
  view.started = core.options.clock->wall();
  if (!from.request.metadata.get().is_null()) {
    view.metadata = std::make_shared<const value::ValueHolder>(from.request.metadata.clone());
  }
  const std::weak_ptr<SessionTransaction> weak = transaction;
  TRELLIS_TRY_ASSIGN(transaction->record_,
                     core.transactions.add(std::move(view), [weak](ErrorCode reason) {
                       if (const auto self = weak.lock()) self->stop_running(reason);
                     }));

  const auto server_limit = duration_cast<milliseconds>(core.config().transaction.timeout);
  const milliseconds limit = from.request.timeout.value_or(server_limit);
  if (limit.count() > 0) {
    const ErrorCode reason = from.request.timeout ? ErrorCode::TransactionTimedOutByClient
                                                  : ErrorCode::TransactionTimedOut;
    const std::weak_ptr<TransactionRecord> record = transaction->record_;
    transaction->timeout_ = core.timer.at(DeadlineTimer::Clock::now() + limit, [record, reason] {
      if (const auto alive = record.lock()) alive->terminate(reason);
    });
  }
  return transaction;
}

TransactionRequest SessionTransaction::copy_request(const TransactionRequest& request) {
  TransactionRequest copy;
  copy.database = request.database;
  copy.impersonated_user = request.impersonated_user;
  copy.mode = request.mode;
  copy.timeout = request.timeout;
  if (!request.metadata.get().is_null()) copy.metadata = request.metadata.clone();
  copy.bookmarks = request.bookmarks;
  return copy;
}

SessionTransaction::~SessionTransaction() {
  timeout_.cancel();
  bookmark_timeout_.cancel();
  drop_branches();
  if (record_) core_.transactions.remove(*record_);
}

void SessionTransaction::drop_branches() {
  std::vector<std::unique_ptr<Branch>> dropped;
  {
    MutexLock lock(mutex_);
    dropped.swap(branches_);
  }
  for (auto& branch : dropped) {
    branch->transaction.reset();
    branch->session.reset();
  }
  system_.reset();
  system_turn_.leave();
}

Result<> SessionTransaction::check_alive() const {
  if (const auto reason = record_->terminated()) return fail(termination_error(*reason));
  if (ended_) return fail(ErrorCode::TransactionTerminated, "The transaction has ended already.");
  return {};
}

void SessionTransaction::terminate(ErrorCode reason) { record_->terminate(reason); }

void SessionTransaction::stop_running(ErrorCode reason) {
  system_turn_.wake();
  MutexLock lock(mutex_);
  for (const auto& branch : branches_) {
    if (branch->transaction) branch->transaction->terminate(reason);
  }
}

Result<Poll> SessionTransaction::await_bookmarks(const PollContext& context) {
  if (bookmarks_reached_) return Poll::kReady;
  // Both the store and the timer may wake: only the first may reach the caller.
  const auto woken = std::make_shared<std::atomic<bool>>(false);
  const PollContext once{[woken, wake = context.waker] {
    if (!woken->exchange(true)) wake();
  }};
  for (const LocalBookmark& bookmark : awaited_.local) {
    const auto database = core_.databases.with_uuid(bookmark.database_uuid);
    if (!database) continue;  // dropped meanwhile, or stopped: nothing to wait for
    if (database->store->await_commit_index(bookmark.commit_index, once) == Poll::kReady) continue;
    const auto now = DeadlineTimer::Clock::now();
    if (!bookmark_deadline_) {
      bookmark_deadline_ = now + core_.config().transaction.bookmark_ready_timeout;
    }
    if (now >= *bookmark_deadline_) {
      return fail(ErrorCode::BookmarkTimeout,
                  "Database '{}' has not reached the bookmark's state within "
                  "db.transaction.bookmark_ready_timeout. Try again.",
                  database->name);
    }
    bookmark_timeout_ = core_.timer.at(*bookmark_deadline_, once.waker);
    return Poll::kBlocked;
  }
  bookmark_timeout_.cancel();
  bookmarks_reached_ = true;
  return Poll::kReady;
}

Result<Poll> SessionTransaction::await_start(const Target& target, const PollContext& context) {
  TRELLIS_TRY(check_alive());
  if (target.kind == TargetKind::kLocal &&
      core_.databases.await_settled(target.name, context) == Poll::kBlocked) {
    return Poll::kBlocked;
  }
  return await_bookmarks(context);
}

Result<> SessionTransaction::check_single_writer(std::string_view name, bool writes) {
  if (!writes) return {};
  const bool system_written = system_ && system_->wrote;
  for (const auto& branch : branches_) {
    if ((branch->writes || branch->remote) && branch->name != name && branch->writes) {
      return fail(ErrorCode::MultipleGraphsWritten,
                  "A transaction can write to one graph only: this one has written to '{}' and "
                  "would write to '{}'.",
                  branch->name, name);
    }
  }
  if (system_written && name != system_schema::kSystemDatabase) {
    return fail(
        ErrorCode::MultipleGraphsWritten,
        "A transaction can write to one graph only: this one has changed 'system' and would "
        "write to '{}'.",
        name);
  }
  return {};
}

cypher::TransactionOptions SessionTransaction::graph_options() const {
  cypher::TransactionOptions options;
  options.mode = start_.request.mode;
  options.implicit = start_.implicit;
  options.timeout = start_.request.timeout.value_or(
      duration_cast<milliseconds>(core_.config().transaction.timeout));
  options.timeout_reason = start_.request.timeout ? ErrorCode::TransactionTimedOutByClient
                                                  : ErrorCode::TransactionTimedOut;
  if (!start_.request.metadata.get().is_null()) {
    options.metadata = start_.request.metadata.clone();
  }
  return options;
}

Result<SessionTransaction::Branch> SessionTransaction::open_local(const Target& target,
                                                                  const Principal& principal,
                                                                  bool writes) {
  Branch branch;
  branch.name = target.name;
  branch.writes = writes;
  if (target.kind == TargetKind::kLocal) {
    TRELLIS_TRY_ASSIGN(branch.local, core_.databases.online(target.name));
  } else {
    branch.local = core_.system_database;  // procedures; a composite has no data of its own
  }
  cypher::LocalGraphOptions options;
  options.database_name = target.name;
  options.username = principal.username;
  options.access = target.kind == TargetKind::kLocal
                       ? principal.access(target.name)
                       : principal.system->access(principal.roles, "", false);
  options.memory = core_.options.memory;
  options.transaction_memory_limit = static_cast<uint64_t>(core_.config().transaction.memory_max);
  branch.session =
      cypher::make_local_graph(*core_.options.engine, *branch.local->store, std::move(options));
  TRELLIS_TRY_ASSIGN(branch.transaction, branch.session->begin(graph_options()));
  return branch;
}

Result<SessionTransaction::Branch> SessionTransaction::open_remote(const Target& target,
                                                                   const Principal& principal) {
  if (principal.impersonated()) {
    return fail(ErrorCode::Forbidden,
                "A remote alias cannot be used while impersonating another user.");
  }
  Branch branch;
  branch.name = target.name;
  branch.remote = true;
  TRELLIS_TRY_ASSIGN(RemoteTarget remote, unseal_target(core_, *principal.system, *target.alias));
  if (core_.options.remote_graphs == nullptr) {
    return fail(ErrorCode::UnsupportedAdministrationCommand,
                "This server has no way to other DBMSs; remote alias '{}' cannot be used.",
                target.name);
  }
  TRELLIS_TRY_ASSIGN(branch.session, core_.options.remote_graphs->open(std::move(remote)));
  cypher::TransactionOptions options = graph_options();
  for (const RemoteBookmark& bookmark : awaited_.remote) {
    if (bookmark.alias == target.name) options.bookmarks.push_back(bookmark.bookmark);
  }
  TRELLIS_TRY_ASSIGN(branch.transaction, branch.session->begin(options));
  return branch;
}

Result<cypher::GraphTransaction*> SessionTransaction::branch(const Target& target,
                                                             const Principal& principal,
                                                             bool writes) {
  TRELLIS_TRY(check_alive());
  TRELLIS_TRY(check_single_writer(target.name, writes));
  for (const auto& existing : branches_) {
    if (existing->name != target.name) continue;
    existing->writes = existing->writes || writes;
    return existing->transaction.get();
  }
  Result<Branch> opened = target.kind == TargetKind::kRemote
                              ? open_remote(target, principal)
                              : open_local(target, principal, writes);
  if (!opened) return fail(std::move(opened).error());
  opened->writes = writes;
  if (opened->local) record_->add_use(opened->local.get());
  auto kept = std::make_unique<Branch>(std::move(*opened));
  cypher::GraphTransaction* transaction = kept->transaction.get();
  {
    MutexLock lock(mutex_);
    branches_.push_back(std::move(kept));
  }
  // A terminate() that came before the branch was in the list.
  if (const auto reason = record_->terminated()) transaction->terminate(*reason);
  return transaction;
}

Result<Poll> SessionTransaction::await_system_turn(const PollContext& context) {
  TRELLIS_TRY(check_alive());
  return system_turn_.poll(context);
}

Result<SystemBranch*> SessionTransaction::system_branch(bool writes) {
  TRELLIS_TRY(check_alive());
  TRELLIS_TRY(check_single_writer(system_schema::kSystemDatabase, writes));
  if (writes) {
    for (const auto& branch : branches_) {
      if (!branch->writes) continue;
      return fail(ErrorCode::MultipleGraphsWritten,
                  "A transaction that has written to '{}' cannot run administration commands that "
                  "change 'system'.",
                  branch->name);
    }
  }
  if (!system_) {
    system_.emplace();
    TRELLIS_TRY_ASSIGN(system_->transaction, core_.system_database->store->begin());
  }
  return &*system_;
}

Result<std::shared_ptr<const SystemSnapshot>> SessionTransaction::system_content(
    std::shared_ptr<const SystemSnapshot> published) const {
  if (!system_ || !system_->wrote) return published;
  TRELLIS_TRY_ASSIGN(std::shared_ptr<const SystemSnapshot> content,
                     read_system(*core_.system_database->store, *system_->transaction));
  return content;
}

Result<Poll> SessionTransaction::commit_system(const PollContext& context) {
  if (!system_ || !system_->transaction) return Poll::kReady;
  if (!system_->wrote) {
    system_.reset();
    return Poll::kReady;
  }
  TRELLIS_TRY_ASSIGN(const Poll poll, system_->transaction->commit(context));
  if (poll != Poll::kReady) return poll;
  reached_.local.push_back(
      {core_.system_database->store->uuid(), system_->transaction->commit_index()});
  system_->transaction.reset();
  TRELLIS_TRY(core_.refresh());
  for (const std::string& user : system_->forget_logins) core_.auth_cache.drop(user);
  if (core_.options.remote_graphs != nullptr) {
    for (const std::string& alias : system_->forget_remotes) {
      core_.options.remote_graphs->forget(alias);
    }
  }
  system_.reset();
  return Poll::kReady;
}

Result<Poll> SessionTransaction::commit_branch(Branch& branch, const PollContext& context) {
  if (branch.ended) return Poll::kReady;
  TRELLIS_TRY_ASSIGN(const Poll poll, branch.transaction->commit(context));
  if (poll != Poll::kReady) return poll;
  branch.ended = true;
  if (branch.remote) {
    reached_.remote.push_back({branch.name, branch.transaction->bookmark()});
  } else {
    // At least this transaction's own commit, which was reported visible.
    reached_.local.push_back(
        {branch.local->store->uuid(), branch.local->store->last_commit_index()});
  }
  return Poll::kReady;
}

Result<Poll> SessionTransaction::commit(const PollContext& context) {
  if (ended_) return Poll::kReady;
  const Turn turn(*this);
  const auto step = [&]() -> Result<Poll> {
    TRELLIS_TRY(check_alive());
    // The written graph first: if it fails nothing else has been committed.
    for (const bool written : {true, false}) {
      for (const auto& branch : branches_) {
        if (branch->writes != written) continue;
        TRELLIS_TRY_ASSIGN(const Poll poll, commit_branch(*branch, context));
        if (poll != Poll::kReady) return poll;
      }
    }
    return commit_system(context);
  };
  record_->set_closing();
  Result<Poll> result = step();
  if (result && *result != Poll::kReady) return result;
  ended_ = true;
  timeout_.cancel();
  if (result) bookmark_ = print_bookmark(reached_);
  drop_branches();
  return result;
}

Result<Poll> SessionTransaction::rollback(const PollContext& context) {
  if (ended_) return Poll::kReady;
  const Turn turn(*this);
  record_->set_closing();
  for (const auto& branch : branches_) {
    if (branch->ended) continue;
    const Result<Poll> poll = branch->transaction->rollback(context);
    if (poll && *poll != Poll::kReady) return *poll;
    branch->ended = true;  // an error on the way back changes nothing: it is rolled back
  }
  ended_ = true;
  timeout_.cancel();
  drop_branches();
  return Poll::kReady;
}

}  // namespace trellis::dbms
