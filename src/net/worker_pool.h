// SPDX-License-Identifier: Apache-2.0
//
// Threads for work that would hold up an I/O thread: long statements, password hashing.
//
// Thread-safe. The queue is bounded: submit() says no when it is full, and the caller tries again
// later or refuses its own client; nothing is dropped silently.
#pragma once

#include <cstddef>
#include <deque>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "net/callback.h"

namespace trellis::net {

class WorkerPool {
 public:
  // threads 0: as many as the machine has cores.
  explicit WorkerPool(size_t threads = 0, size_t queue_limit = 4096);
  ~WorkerPool();  // stops
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // False when the queue is full or the pool has stopped; the task is then untouched.
  [[nodiscard]] bool submit(Task& task) EXCLUDES(mutex_);
  [[nodiscard]] bool submit(Task&& task) EXCLUDES(mutex_) { return submit(task); }
  // Runs what is running to its end, drops what is queued, joins.
  void stop() EXCLUDES(mutex_);
  size_t queued() const EXCLUDES(mutex_);

 private:
  void run() EXCLUDES(mutex_);

  const size_t queue_limit_;
  mutable Mutex mutex_;
  ConditionVariable wake_;
  std::deque<Task> queue_ GUARDED_BY(mutex_);
  bool stopped_ GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace trellis::net
