// SPDX-License-Identifier: Apache-2.0
#include "cypher/exec/transaction_state.h"

#include <charconv>

namespace trellis::cypher::exec {

namespace {

// "<database uuid>:<commit index>"; bookmarks of other databases are none of ours.
std::optional<uint64_t> index_of(std::string_view bookmark, std::string_view uuid) {
  if (bookmark.size() <= uuid.size() + 1 || !bookmark.starts_with(uuid) ||
      bookmark[uuid.size()] != ':') {
    return std::nullopt;
  }
  uint64_t index = 0;
  const char* end = bookmark.data() + bookmark.size();
  const auto parsed = std::from_chars(bookmark.data() + uuid.size() + 1, end, index);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return index;
}

PollContext::Clock::time_point deadline_of(const TransactionOptions& options) {
  if (options.timeout.count() <= 0) return PollContext::Clock::time_point::max();
  return PollContext::Clock::now() + options.timeout;
}

}  // namespace

TransactionState::TransactionState(PlanProvider& plans, storage::Database& database,
                                   const LocalGraphOptions& local,
                                   const TransactionOptions& options)
    : plans_(plans),
      database_(database),
      local_(local),
      implicit_(options.implicit),
      mode_(options.mode),
      metadata_(options.metadata.clone()),
      deadline_(deadline_of(options)),
      deadline_reason_(options.timeout_reason),
      bookmarks_(options.bookmarks),
      memory_(local.transaction_memory_limit, local.memory),
      began_(clock_.wall()),
      random_(RandomBits::from_system()) {}

TransactionState::~TransactionState() { rollback(); }

Result<> TransactionState::check_usable() const {
  if (const auto reason = stop_.reason()) return fail(StopSignal::error(*reason));
  if (!ended_) return {};
  return fail(ErrorCode::TransactionTerminated,
              "The transaction has ended already{}. Begin a new one.",
              committed_ ? " (committed)" : " (rolled back)");
}

Result<Poll> TransactionState::ensure_begun(const PollContext& context) {
  TRELLIS_TRY(check_usable());
  if (storage_ != nullptr) return Poll::kReady;
  for (const std::string& bookmark : bookmarks_) {
    const auto index = index_of(bookmark, database_.uuid());
    if (!index || *index <= database_.last_commit_index()) continue;
    if (PollContext::Clock::now() >= deadline_) {
      return fail(ErrorCode::BookmarkTimeout,
                  "The database has not reached the state of the bookmark '{}' in time.", bookmark);
    }
    const Poll poll = database_.await_commit_index(*index, context);
    if (poll != Poll::kReady) return poll;
  }
  TRELLIS_TRY_ASSIGN(auto begun, database_.begin());
  const MutexLock lock(mutex_);
  storage_ = std::move(begun);
  return Poll::kReady;
}

void TransactionState::start_over() {
  std::unique_ptr<storage::Transaction> old;
  {
    const MutexLock lock(mutex_);
    old = std::move(storage_);
  }
  if (old != nullptr) old->rollback();
}

Result<Poll> TransactionState::commit(const PollContext& context) {
  if (ended_ && committed_) return Poll::kReady;
  TRELLIS_TRY(check_usable());
  if (storage_ != nullptr) {
    auto poll = storage_->commit(context);
    if (!poll) {
      ended_ = true;
      return fail(translate(std::move(poll).error()));
    }
    if (*poll != Poll::kReady) return *poll;
    commit_index_ = storage_->commit_index();
  } else {
    commit_index_ = database_.last_commit_index();
  }
  ended_ = committed_ = true;
  const MutexLock lock(mutex_);
  storage_.reset();
  return Poll::kReady;
}

void TransactionState::rollback() {
  start_over();
  ended_ = true;
}

std::string TransactionState::bookmark() const {
  return fmt::format("{}:{}", database_.uuid(), commit_index_);
}

void TransactionState::terminate(ErrorCode reason) noexcept {
  stop_.set(reason);
  const MutexLock lock(mutex_);
  if (storage_ != nullptr) storage_->interrupt();
}

ExecutionInputs TransactionState::inputs() {
  ExecutionInputs inputs;
  inputs.database = &database_;
  inputs.transaction = storage_.get();
  inputs.access = local_.access;
  inputs.memory = &memory_;
  inputs.stop = &stop_;
  inputs.deadline = deadline_;
  inputs.deadline_reason = deadline_reason_;
  inputs.rows_per_batch = local_.rows_per_batch;
  inputs.functions.transaction_time = began_;
  inputs.functions.statement_time = clock_.wall();
  inputs.functions.clock = &clock_;
  inputs.functions.random = &random_;
  inputs.environment.username = local_.username;
  inputs.environment.database_name = local_.database_name;
  inputs.environment.metadata = &metadata_;
  return inputs;
}

Error TransactionState::translate(Error error) const {
  if (const auto reason = stop_.reason()) return StopSignal::error(*reason);
  return error;
}

}  // namespace trellis::cypher::exec
