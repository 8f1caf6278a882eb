// SPDX-License-Identifier: Apache-2.0
#include "security/login_throttle.h"

namespace trellis::security {

bool LoginThrottle::may_attempt(std::string_view user, TimePoint now) {
  MutexLock lock(mutex_);
  if (policy_.max_failed_attempts == 0) return true;
  const auto found = by_user_.find(user);
  if (found == by_user_.end()) return true;
  const Failures& failures = *found->second;
  return failures.count < policy_.max_failed_attempts || now - failures.last >= policy_.lock_time;
}

void LoginThrottle::record_failure(std::string_view user, TimePoint now) {
  MutexLock lock(mutex_);
  if (policy_.max_failed_attempts == 0 || capacity_ == 0) return;
  const auto found = by_user_.find(user);
  if (found != by_user_.end()) {
    order_.splice(order_.begin(), order_, found->second);
  } else {
    if (order_.size() >= capacity_) {
      by_user_.erase(order_.back().user);
      order_.pop_back();
    }
    order_.push_front({std::string(user), 0, now});
    by_user_.emplace(order_.front().user, order_.begin());
  }
  ++order_.front().count;
  order_.front().last = now;
}

void LoginThrottle::record_success(std::string_view user) {
  MutexLock lock(mutex_);
  const auto found = by_user_.find(user);
  if (found == by_user_.end()) return;
  const auto entry = found->second;
  by_user_.erase(found);
  order_.erase(entry);
}

void LoginThrottle::set_policy(Policy policy) {
  MutexLock lock(mutex_);
  policy_ = policy;
}

}  // namespace trellis::security
