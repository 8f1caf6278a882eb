// SPDX-License-Identifier: Apache-2.0
//
// Remembers verified logins, so that a pool of connections costs one password hash and not one each
// (dbms.security.auth_cache_ttl, dbms.security.auth_cache_max_size).
//
// What is kept is HMAC-SHA256 under a random key of this process over (user, password, stored
// credential). The stored credential is part of it: a changed password or provider never matches,
// even if nobody called drop(). Suspension is the caller's to check, on every login.
//
// Thread-safe. Bounded by capacity (least recently used goes); capacity or ttl 0: off.
#pragma once

#include <array>
#include <chrono>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/mutex.h"
#include "base/secret.h"

namespace trellis::security {

class AuthCache {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  AuthCache(std::chrono::milliseconds ttl, size_t capacity);

  bool contains(std::string_view user, const Secret& password, std::string_view credential,
                TimePoint now);
  void remember(std::string_view user, const Secret& password, std::string_view credential,
                TimePoint now);
  void drop(std::string_view user);
  void clear();
  void set_ttl(std::chrono::milliseconds ttl);
  size_t size();

 private:
  using Mac = std::array<unsigned char, 32>;
  struct Entry {
    std::string user;
    Mac mac;
    TimePoint verified_at;
  };
  using Order = std::list<Entry>;
  Mac mac_of(std::string_view user, const Secret& password, std::string_view credential) const;

  const Secret key_;
  const size_t capacity_;
  Mutex mutex_;
  std::chrono::milliseconds ttl_ GUARDED_BY(mutex_);
  Order order_ GUARDED_BY(mutex_);
  std::unordered_map<std::string_view, Order::iterator> by_user_ GUARDED_BY(mutex_);
};

}  // namespace trellis::security
