// SPDX-License-Identifier: Apache-2.0
//
// Who waits for what other than a lock. Both are thread-safe and call wakers outside their mutex.
//
//   CommitWaiters   for a commit to become visible.
//   ActiveWriters   for transactions that have written to end.
#pragma once

#include <set>
#include <vector>

#include "base/mutex.h"
#include "base/poll.h"

namespace trellis::storage {

class CommitWaiters {
 public:
  void add(uint64_t index, Waker waker) {
    MutexLock lock(mutex_);
    waiters_.push_back({index, std::move(waker)});
  }
  void reached(uint64_t index) {
    std::vector<Waker> wakers;
    {
      MutexLock lock(mutex_);
      std::erase_if(waiters_, [&](Waiter& waiter) {
        if (waiter.index > index) return false;
        wakers.push_back(std::move(waiter.waker));
        return true;
      });
    }
    for (const Waker& waker : wakers) {
      if (waker) waker();
    }
  }

 private:
  struct Waiter {
    uint64_t index;
    Waker waker;
  };
  Mutex mutex_;
  std::vector<Waiter> waiters_ GUARDED_BY(mutex_);
};

class ActiveWriters {
 public:
  void add(uint64_t id) {
    MutexLock lock(mutex_);
    ids_.insert(id);
  }
  void remove(uint64_t id) {
    std::vector<Waker> wakers;
    {
      MutexLock lock(mutex_);
      ids_.erase(id);
      wakers.swap(wakers_);
    }
    for (const Waker& waker : wakers) {
      if (waker) waker();
    }
  }
  std::vector<uint64_t> all() const {
    MutexLock lock(mutex_);
    return {ids_.begin(), ids_.end()};
  }
  // True when none of these is active; otherwise the waker is kept until any writer ends.
  bool none_of(const std::vector<uint64_t>& ids, const Waker& waker) {
    MutexLock lock(mutex_);
    for (const uint64_t id : ids) {
      if (ids_.contains(id)) {
        wakers_.push_back(waker);
        return false;
      }
    }
    return true;
  }

 private:
  mutable Mutex mutex_;
  std::set<uint64_t> ids_ GUARDED_BY(mutex_);
  std::vector<Waker> wakers_ GUARDED_BY(mutex_);
};

}  // namespace trellis::storage
