// SPDX-License-Identifier: Apache-2.0
#include "dbms/deadline_timer.h"

namespace trellis::dbms {

DeadlineTimer::DeadlineTimer() : thread_([this] { run(); }) {}

DeadlineTimer::~DeadlineTimer() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

DeadlineTimer::Handle& DeadlineTimer::Handle::operator=(Handle&& other) noexcept {
  cancel();
  timer_ = std::exchange(other.timer_, nullptr);
  key_ = other.key_;
  return *this;
}

void DeadlineTimer::Handle::cancel() {
  if (timer_ == nullptr) return;
  std::function<void()> dropped;  // destroyed outside the lock
  MutexLock lock(timer_->mutex_);
  const auto found = timer_->due_.find(key_);
  if (found != timer_->due_.end()) {
    dropped = std::move(found->second);
    timer_->due_.erase(found);
  }
  timer_ = nullptr;
}

DeadlineTimer::Handle DeadlineTimer::at(Clock::time_point time, std::function<void()> callback) {
  bool first = false;
  uint64_t number = 0;
  {
    MutexLock lock(mutex_);
    number = next_++;
    const auto inserted = due_.emplace(std::pair(time, number), std::move(callback));
    first = inserted.first == due_.begin();
  }
  if (first) changed_.notify_one();
  return Handle(this, time, number);
}

void DeadlineTimer::run() {
  while (true) {
    std::function<void()> callback;
    {
      MutexLock lock(mutex_);
      while (!stopping_) {
        if (due_.empty()) {
          changed_.wait(mutex_);
          continue;
        }
        const auto now = Clock::now();
        const auto first = due_.begin();
        if (first->first.first <= now) {
          callback = std::move(first->second);
          due_.erase(first);
          break;
        }
        changed_.wait_for(mutex_, first->first.first - now);
      }
      if (stopping_) return;
    }
    callback();
  }
}

}  // namespace trellis::dbms
