// SPDX-License-Identifier: Apache-2.0
//
// Runs callbacks at their time, on one thread of its own: transaction timeouts, bookmark timeouts.
// Thread-safe. A callback must be short and must not wait.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <thread>
#include <utility>

#include "base/mutex.h"

namespace trellis::dbms {

class DeadlineTimer {
 public:
  using Clock = std::chrono::steady_clock;

  DeadlineTimer();
  ~DeadlineTimer();  // callbacks that are still due are dropped
  DeadlineTimer(const DeadlineTimer&) = delete;
  DeadlineTimer& operator=(const DeadlineTimer&) = delete;

  // Cancels on destruction. After cancel() returns the callback will not begin (it may be running,
  // unless cancel() is called by it).
  class Handle {
   public:
    Handle() = default;
    Handle(DeadlineTimer* timer, Clock::time_point at, uint64_t number)
        : timer_(timer), key_(at, number) {}
    Handle(Handle&& other) noexcept
        : timer_(std::exchange(other.timer_, nullptr)), key_(other.key_) {}
    Handle& operator=(Handle&& other) noexcept;
    ~Handle() { cancel(); }
    void cancel();

   private:
    DeadlineTimer* timer_ = nullptr;
    std::pair<Clock::time_point, uint64_t> key_;
  };

  Handle at(Clock::time_point time, std::function<void()> callback);

 private:
  void run();

  Mutex mutex_;
  ConditionVariable changed_;
  bool stopping_ GUARDED_BY(mutex_) = false;
  uint64_t next_ GUARDED_BY(mutex_) = 0;
  std::map<std::pair<Clock::time_point, uint64_t>, std::function<void()>> due_ GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace trellis::dbms
