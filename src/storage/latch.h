// SPDX-License-Identifier: Apache-2.0
//
// The reader-writer lock over the graph's structure. Held for one call of the interface (a batch of
// rows), never across calls, never recursively.
//
// Readers let a waiting writer pass: glibc's own lock prefers readers, and scans would starve
// commits.
#pragma once

#include <atomic>
#include <mutex>
#include <shared_mutex>

#include "base/macros.h"

namespace trellis::storage {

class CAPABILITY("mutex") Latch {
 public:
  void lock() ACQUIRE() NO_THREAD_SAFETY_ANALYSIS {
    writers_.fetch_add(1, std::memory_order_relaxed);
    gate_.lock();
    readers_.lock();
  }
  void unlock() RELEASE() NO_THREAD_SAFETY_ANALYSIS {
    readers_.unlock();
    gate_.unlock();
    writers_.fetch_sub(1, std::memory_order_relaxed);
  }
  void lock_shared() ACQUIRE_SHARED() NO_THREAD_SAFETY_ANALYSIS {
    if (writers_.load(std::memory_order_relaxed) != 0) {
      gate_.lock();
      gate_.unlock();
    }
    readers_.lock_shared();
  }
  void unlock_shared() RELEASE_SHARED() NO_THREAD_SAFETY_ANALYSIS { readers_.unlock_shared(); }

 private:
  std::atomic<int> writers_{0};  // waiting or inside
  std::mutex gate_;
  std::shared_mutex readers_;
};

class SCOPED_CAPABILITY ReadLatch {
 public:
  explicit ReadLatch(Latch& latch) ACQUIRE_SHARED(latch) : latch_(latch) { latch_.lock_shared(); }
  ~ReadLatch() RELEASE() { latch_.unlock_shared(); }
  ReadLatch(const ReadLatch&) = delete;
  ReadLatch& operator=(const ReadLatch&) = delete;

 private:
  Latch& latch_;
};

class SCOPED_CAPABILITY WriteLatch {
 public:
  explicit WriteLatch(Latch& latch) ACQUIRE(latch) : latch_(latch) { latch_.lock(); }
  ~WriteLatch() RELEASE() { latch_.unlock(); }
  WriteLatch(const WriteLatch&) = delete;
  WriteLatch& operator=(const WriteLatch&) = delete;

 private:
  Latch& latch_;
};

}  // namespace trellis::storage
