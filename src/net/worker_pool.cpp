// SPDX-License-Identifier: Apache-2.0
#include "net/worker_pool.h"

#include <algorithm>

namespace trellis::net {

WorkerPool::WorkerPool(size_t threads, size_t queue_limit) : queue_limit_(queue_limit) {
  if (threads == 0) threads = std::max<size_t>(std::thread::hardware_concurrency(), 1);
  for (size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
}

WorkerPool::~WorkerPool() { stop(); }

bool WorkerPool::submit(Task& task) {
  {
    const MutexLock lock(mutex_);
    if (stopped_ || queue_.size() >= queue_limit_) return false;
    queue_.push_back(std::move(task));
  }
  wake_.notify_one();
  return true;
}

void WorkerPool::stop() {
  std::deque<Task> dropped;
  {
    const MutexLock lock(mutex_);
    stopped_ = true;
    dropped.swap(queue_);
  }
  wake_.notify_all();
  for (auto& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

size_t WorkerPool::queued() const {
  const MutexLock lock(mutex_);
  return queue_.size();
}

void WorkerPool::run() {
  for (;;) {
    Task task;
    {
      const MutexLock lock(mutex_);
      while (queue_.empty() && !stopped_) wake_.wait(mutex_);
      if (stopped_) return;
      task = std::move(queue_.front());
      queue_.pop_front();
    }
    task();
  }
}

}  // namespace trellis::net
