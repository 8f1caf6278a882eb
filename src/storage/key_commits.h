// SPDX-License-Identifier: Apache-2.0
//
// Which key locks were held by recent commits, so that who gets such a lock later, with an older
// snapshot, learns that what it read under that key may be outdated. Thread-safe.
#pragma once

#include <deque>
#include <unordered_map>

#include "base/mutex.h"

namespace trellis::storage {

class KeyCommits {
 public:
  void note(uint64_t lock_key, uint64_t stamp) {
    MutexLock lock(mutex_);
    newest_[lock_key] = stamp;
    order_.push_back({stamp, lock_key});
  }
  // 0: none that any open snapshot could miss.
  uint64_t newest(uint64_t lock_key) const {
    MutexLock lock(mutex_);
    const auto found = newest_.find(lock_key);
    return found == newest_.end() ? 0 : found->second;
  }
  size_t size() const {
    MutexLock lock(mutex_);
    return order_.size();
  }
  void forget_until(uint64_t oldest) {
    MutexLock lock(mutex_);
    while (!order_.empty() && order_.front().stamp <= oldest) {
      const auto found = newest_.find(order_.front().lock_key);
      if (found != newest_.end() && found->second <= oldest) newest_.erase(found);
      order_.pop_front();
    }
  }

 private:
  struct Noted {
    uint64_t stamp;
    uint64_t lock_key;
  };
  mutable Mutex mutex_;
  std::unordered_map<uint64_t, uint64_t> newest_ GUARDED_BY(mutex_);
  std::deque<Noted> order_ GUARDED_BY(mutex_);  // ascending
};

}  // namespace trellis::storage
