// SPDX-License-Identifier: Apache-2.0
//
// Ends waits and requests of the thread that talks to an authority, from any other thread, so that
// shutting down never waits for the network. Given once, for good. Thread-safe.
#pragma once

#include <chrono>
#include <optional>

#include "base/mutex.h"

namespace trellis::tls {

class StopSignal {
 public:
  void stop() EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    if (!given_) given_ = std::chrono::steady_clock::now();
    changed_.notify_all();
  }
  bool stopped() const EXCLUDES(mutex_) { return stopped_for(std::chrono::nanoseconds(0)); }
  // Given, and that long ago: for what may still be put in order.
  bool stopped_for(std::chrono::nanoseconds time) const EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return given_ && std::chrono::steady_clock::now() - *given_ >= time;
  }
  // True at once when the signal comes, false when the time is over.
  bool wait_for(std::chrono::nanoseconds time) EXCLUDES(mutex_) {
    const auto end = std::chrono::steady_clock::now() + time;
    const MutexLock lock(mutex_);
    while (!given_) {
      const auto left = end - std::chrono::steady_clock::now();
      if (left.count() <= 0) return false;
      changed_.wait_for(mutex_, left);
    }
    return true;
  }

 private:
  mutable Mutex mutex_;
  ConditionVariable changed_;
  std::optional<std::chrono::steady_clock::time_point> given_ GUARDED_BY(mutex_);
};

}  // namespace trellis::tls
