// SPDX-License-Identifier: Apache-2.0
//
// Ends waits and requests of the thread that talks to an authority, from any other thread, so that
// shutting down never waits for the network. Given once, for good. Thread-safe.
#pragma once

#include <chrono>

#include "base/mutex.h"

namespace trellis::tls::acme {

class StopSignal {
 public:
  void stop() EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    stopped_ = true;
    changed_.notify_all();
  }
  bool stopped() const EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return stopped_;
  }
  // True at once when the signal comes, false when the time is over.
  bool wait_for(std::chrono::nanoseconds time) EXCLUDES(mutex_) {
    const auto end = std::chrono::steady_clock::now() + time;
    const MutexLock lock(mutex_);
    while (!stopped_) {
      const auto left = end - std::chrono::steady_clock::now();
      if (left.count() <= 0) return false;
      changed_.wait_for(mutex_, left);
    }
    return true;
  }

 private:
  mutable Mutex mutex_;
  ConditionVariable changed_;
  bool stopped_ GUARDED_BY(mutex_) = false;
};

}  // namespace trellis::tls::acme
