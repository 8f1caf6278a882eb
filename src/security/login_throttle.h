// SPDX-License-Identifier: Apache-2.0
//
// Slows down guessing: after max_failed_attempts wrong passwords in a row for one user name,
// further logins for that name are refused for lock_time (dbms.security.auth_max_failed_attempts,
// dbms.security.auth_lock_time). After it, one more failure locks again; a success forgets.
//
// Thread-safe. Names that do not exist are counted too (they must look alike). Bounded: when
// `capacity` names have failed, the one that failed longest ago is forgotten.
#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/mutex.h"

namespace trellis::security {

class LoginThrottle {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  struct Policy {
    uint32_t max_failed_attempts = 3;  // 0: never locks
    std::chrono::milliseconds lock_time{5000};
  };

  explicit LoginThrottle(Policy policy, size_t capacity = 10'000)
      : capacity_(capacity), policy_(policy) {}

  bool may_attempt(std::string_view user, TimePoint now);
  void record_failure(std::string_view user, TimePoint now);
  void record_success(std::string_view user);
  void set_policy(Policy policy);

 private:
  struct Failures {
    std::string user;
    uint32_t count = 0;
    TimePoint last;
  };
  using Order = std::list<Failures>;  // the latest failure in front

  const size_t capacity_;
  Mutex mutex_;
  Policy policy_ GUARDED_BY(mutex_);
  Order order_ GUARDED_BY(mutex_);
  std::unordered_map<std::string_view, Order::iterator> by_user_ GUARDED_BY(mutex_);
};

}  // namespace trellis::security
