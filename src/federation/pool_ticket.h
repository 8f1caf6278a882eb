// SPDX-License-Identifier: Apache-2.0
//
// A place in a pool's queue. Thread-safe.
#pragma once

#include <chrono>
#include <utility>

#include "base/mutex.h"
#include "federation/connection_pool.h"

namespace trellis::federation {

struct ConnectionPool::Acquisition::Ticket {
  std::chrono::steady_clock::time_point deadline;
  net::Endpoint server;

  void set_waker(Waker waker) EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    waker_ = std::move(waker);
  }
  Waker take_waker() EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    return std::exchange(waker_, nullptr);
  }

 private:
  Mutex mutex_;
  Waker waker_ GUARDED_BY(mutex_);
};

}  // namespace trellis::federation
