// SPDX-License-Identifier: Apache-2.0
#include "storage/engine.h"

#include <algorithm>
#include <chrono>

namespace trellis::storage {

Engine::~Engine() {
  stop_upkeep();
  if (log_) log_->stop();
}

Result<> Engine::check_open() const {
  MutexLock lock(state_mutex_);
  if (failure_) return fail(failure_->clone());
  if (closed_) return fail(ErrorCode::DatabaseUnavailable, "The database is closed.");
  return {};
}

Result<> Engine::check_log_size(uint64_t bytes) const {
  // Token names come on top; they are few.
  if (bytes <= options_.transaction_log_bytes) return {};
  return fail(ErrorCode::ResourceExhausted,
              "The transaction writes {} bytes into the log; the limit is {}. Split it into "
              "smaller ones.",
              bytes, options_.transaction_log_bytes);
}

std::optional<Error> Engine::failure() const {
  MutexLock lock(state_mutex_);
  if (!failure_) return std::nullopt;
  return failure_->clone();
}

void Engine::stop_with(const Error& error) {
  MutexLock lock(state_mutex_);
  if (failure_) return;
  failure_ = error.clone();
  options_.log.error("Database in {} stopped: {}", directory_, error.message());
}

Result<> Engine::close() {
  {
    MutexLock lock(state_mutex_);
    if (closed_) return {};
    closed_ = true;
  }
  stop_upkeep();
  log_->stop();
  if (auto failed = failure()) return fail(std::move(*failed));
  return checkpoint();
}

// collect() takes the latch itself.
bool Engine::collect_garbage(size_t limit) NO_THREAD_SAFETY_ANALYSIS {
  return garbage_.collect(graph, latch, snapshots.oldest(), limit);
}

bool Engine::checkpoint_due() const {
  return log_->bytes_since_cut() > std::max({options_.checkpoint_log_bytes, image_bytes_.load() / 2,
                                             checkpoint_floor_.load()});
}

void Engine::wake_upkeep() {
  {
    MutexLock lock(upkeep_mutex_);
    upkeep_wanted_ = true;
  }
  upkeep_changed_.notify_one();
}

void Engine::stop_upkeep() {
  {
    MutexLock lock(upkeep_mutex_);
    upkeep_stopping_ = true;
  }
  upkeep_changed_.notify_one();
  if (upkeep_thread_.joinable()) upkeep_thread_.join();
}

void Engine::upkeep() {
  constexpr auto kPause = std::chrono::milliseconds(50);
  constexpr size_t kGarbageStep = 256;
  while (true) {
    {
      MutexLock lock(upkeep_mutex_);
      if (!upkeep_wanted_ && !upkeep_stopping_) {
        // What a snapshot still holds is looked at again; nobody tells when the snapshot goes.
        if (garbage_.size() != 0 || key_commits.size() != 0) {
          upkeep_changed_.wait_for(upkeep_mutex_, kPause);
        } else {
          upkeep_changed_.wait(upkeep_mutex_);
        }
      }
      if (upkeep_stopping_) return;
      upkeep_wanted_ = false;
    }
    while (collect_garbage(kGarbageStep)) {
    }
    key_commits.forget_until(snapshots.oldest());
    if (failure()) continue;
    if (log_->wants_segment()) {
      if (auto made = log_->prepare_segment(); !made) {
        options_.log.warn("No log segment ahead in {}: {}", directory_, made.error().message());
      }
    }
    if (checkpoint_due()) {
      if (auto done = checkpoint(); !done) {
        options_.log.warn("Checkpoint of {} failed: {}", directory_, done.error().message());
        checkpoint_floor_ = log_->bytes_since_cut() + options_.checkpoint_log_bytes / 4;
      } else {
        checkpoint_floor_ = 0;
      }
    }
  }
}

}  // namespace trellis::storage
