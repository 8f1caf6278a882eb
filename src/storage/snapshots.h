// SPDX-License-Identifier: Apache-2.0
//
// The last visible commit, and which older ones open transactions still look at. Thread-safe.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>

#include "base/mutex.h"

namespace trellis::storage {

class Snapshots {
 public:
  uint64_t open() {
    MutexLock lock(mutex_);
    if (in_use_.empty() || in_use_.back().stamp != last_) in_use_.push_back({last_, 0});
    ++in_use_.back().count;
    return last_;
  }
  void close(uint64_t stamp) {
    MutexLock lock(mutex_);
    const auto found = std::ranges::lower_bound(in_use_, stamp, {}, &InUse::stamp);
    --found->count;
    while (!in_use_.empty() && in_use_.front().count == 0) in_use_.pop_front();
  }
  uint64_t last() const {
    MutexLock lock(mutex_);
    return last_;
  }
  void advance(uint64_t stamp) {
    MutexLock lock(mutex_);
    last_ = stamp;
  }
  // Nobody looks, or will look, at anything older.
  uint64_t oldest() const {
    MutexLock lock(mutex_);
    return in_use_.empty() ? last_ : in_use_.front().stamp;
  }

 private:
  struct InUse {
    uint64_t stamp;
    uint64_t count;
  };
  mutable Mutex mutex_;
  uint64_t last_ GUARDED_BY(mutex_) = 0;
  std::deque<InUse> in_use_ GUARDED_BY(mutex_);  // ascending
};

}  // namespace trellis::storage
