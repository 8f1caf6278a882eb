// SPDX-License-Identifier: Apache-2.0
#include "federation/remote_transaction.h"

#include <algorithm>
#include <utility>

#include "federation/remote_errors.h"

namespace trellis::federation {

using value::Value;

RemoteWork::RemoteWork(std::shared_ptr<ConnectionPool> pool, std::string database,
                       const cypher::TransactionOptions& options)
    : pool_(std::move(pool)),
      database_(std::move(database)),
      mode_(options.mode),
      implicit_(options.implicit),
      timeout_(options.timeout),
      metadata_(options.metadata.clone()),
      bookmarks_(options.bookmarks),
      bookmark_views_(bookmarks_.begin(), bookmarks_.end()) {}

RemoteWork::~RemoteWork() { abandon(); }

wire::TransactionExtra RemoteWork::extra() {
  wire::TransactionExtra extra;
  extra.bookmarks = bookmark_views_;
  if (timeout_.count() > 0) {
    const auto gone = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - began_);
    extra.timeout_ms = std::max<int64_t>(1, (timeout_ - gone).count());
  }
  extra.metadata = metadata_.get();
  extra.read = mode_ == cypher::AccessMode::kRead;
  extra.database = database_;
  return extra;
}

std::optional<Error> RemoteWork::doom() const {
  {
    MutexLock lock(mutex_);
    if (terminated_) {
      return make_error(*terminated_, "The statement on the remote DBMS of alias '{}' was stopped.",
                        pool_->options().alias);
    }
  }
  if (error_) return error_->clone();
  return std::nullopt;
}

PollContext RemoteWork::watched(const PollContext& context) {
  struct Once {
    Mutex mutex;
    Waker waker GUARDED_BY(mutex);
  };
  auto once = std::make_shared<Once>();
  {
    MutexLock lock(once->mutex);
    once->waker = context.waker;
  }
  PollContext out = context;
  out.waker = [once] {
    Waker waker;
    {
      MutexLock lock(once->mutex);
      waker = std::exchange(once->waker, nullptr);
    }
    if (waker) waker();
  };
  MutexLock lock(mutex_);
  waiting_ = out.waker;
  return out;
}

void RemoteWork::terminate(ErrorCode reason) noexcept {
  Waker woken;
  {
    MutexLock lock(mutex_);
    if (terminated_) return;
    terminated_ = reason;
    if (running_ != nullptr) running_->interrupt();
    woken = std::exchange(waiting_, nullptr);
  }
  if (woken) woken();
}

Error RemoteWork::failed(Error error, bool ignored) {
  if (auto reason = doom()) return std::move(*reason);
  // What was ignored was so because BEGIN failed.
  if (ignored && begin_ && begin_->done()) {
    if (auto outcome = begin_->outcome(); !outcome) error = std::move(outcome).error();
  }
  error_ = remote_error(error, pool_->options().alias);
  return error_->clone();
}

Result<Poll> RemoteWork::connect(const PollContext& context) {
  if (auto reason = doom()) return fail(std::move(*reason));
  if (lease_) return Poll::kReady;
  if (over_) {
    return fail(ErrorCode::InvalidRequest, "The transaction on alias '{}' has ended.",
                pool_->options().alias);
  }
  if (!acquisition_) acquisition_ = pool_->acquire(mode_, database_);
  auto poll = acquisition_->poll(context);
  if (!poll) return fail(failed(std::move(poll).error(), false));
  if (*poll != Poll::kReady) return *poll;
  lease_ = acquisition_->take();
  acquisition_.reset();
  {
    MutexLock lock(mutex_);
    running_ = &*lease_;
  }
  if (!implicit_) {
    begin_ = std::make_shared<SimpleReply>();
    lease_->send(wire::Begin{extra()}, begin_);
  }
  return Poll::kReady;
}

Result<std::shared_ptr<BoltResult>> RemoteWork::run(std::string_view text, Value parameters) {
  if (auto reason = doom()) return fail(std::move(*reason));
  wire::Run run;
  run.query = text;
  run.parameters = parameters;
  if (implicit_) run.extra = extra();
  std::erase_if(results_, [](const auto& result) { return result->ended(); });
  results_.push_back(std::make_shared<BoltResult>(*lease_, std::move(run), !implicit_));
  return results_.back();
}

// Everything that a result still has is dropped on the other side, one result after the other.
Result<Poll> RemoteWork::finish_results(const PollContext& context) {
  for (const auto& result : results_) {
    auto poll = result->discard_rest(context);
    if (!poll) return fail(failed(std::move(poll).error(), result->ignored()));
    if (*poll != Poll::kReady) return *poll;
    if (implicit_) bookmark_ = result->bookmark();
  }
  return Poll::kReady;
}

Result<Poll> RemoteWork::commit(const PollContext& context) {
  if (auto reason = doom()) {
    abandon();
    return fail(std::move(*reason));
  }
  if (!lease_) return Poll::kReady;  // nothing was ever sent
  const PollContext watching = watched(context);
  if (!end_) {
    auto poll = finish_results(watching);
    if (!poll) {
      abandon();
      return poll;
    }
    if (*poll != Poll::kReady) return *poll;
    if (implicit_) {
      release(true);
      return Poll::kReady;
    }
    if (!lease_->is_open()) {
      Error lost = failed(make_error(ErrorCode::ConnectionClosed,
                                     "the connection was lost before COMMIT; nothing is committed."),
                          false);
      abandon();
      return fail(std::move(lost));
    }
    end_ = std::make_shared<SimpleReply>();
    lease_->send(wire::Commit{}, end_);
  }
  auto poll = lease_->drive(watching, [&] { return end_->done(); });
  if (!poll) {
    error_ = make_error(ErrorCode::RemoteDatabaseError,
                        "The connection to the remote DBMS of alias '{}' was lost during COMMIT: "
                        "whether the transaction was committed is unknown. Look before trying "
                        "again. ({})",
                        pool_->options().alias, poll.error().message())
                 .caused_by(std::move(poll).error());
    release(false);
    return fail(error_->clone());
  }
  if (*poll != Poll::kReady) return *poll;
  auto outcome = end_->outcome();
  if (!outcome) {
    Error error = failed(std::move(outcome).error(), false);
    abandon();
    return fail(std::move(error));
  }
  const Value bookmark = value::map_get(outcome->as_map(), "bookmark");
  if (bookmark.is(value::Type::kString)) bookmark_ = bookmark.as_string();
  release(true);
  return Poll::kReady;
}

Result<Poll> RemoteWork::rollback(const PollContext& context) {
  if (!lease_) {
    abandon();
    return Poll::kReady;
  }
  const bool quiet = !implicit_ && !doom() && !lease_->failed() &&
                     std::all_of(results_.begin(), results_.end(),
                                 [](const auto& result) { return result->ended(); });
  if (!end_) {
    if (!quiet) {
      abandon();
      return Poll::kReady;
    }
    end_ = std::make_shared<SimpleReply>();
    lease_->send(wire::Rollback{}, end_);
  }
  auto poll = lease_->drive(watched(context), [&] { return end_->done(); });
  if (poll && *poll != Poll::kReady) return *poll;
  // A lost connection, or a refusal, rolls back as well.
  release(poll && end_->outcome());
  return Poll::kReady;
}

void RemoteWork::abandon() noexcept {
  acquisition_.reset();
  if (!lease_) return;
  const bool flowing = std::any_of(results_.begin(), results_.end(),
                                   [](const auto& result) { return result->pulling(); });
  const bool clean = results_.empty() && !begin_;
  bool interrupted;
  {
    MutexLock lock(mutex_);
    interrupted = terminated_.has_value();
  }
  if (!clean && !interrupted) lease_->reset();
  // With rows on their way the answer to RESET stands behind them: that connection is given up.
  release(!flowing);
}

void RemoteWork::release(bool reuse) noexcept {
  {
    MutexLock lock(mutex_);
    running_ = nullptr;
    waiting_ = nullptr;
  }
  results_.clear();
  over_ = true;
  if (reuse) {
    lease_.release();
  } else {
    lease_.discard();
  }
}

}  // namespace trellis::federation
