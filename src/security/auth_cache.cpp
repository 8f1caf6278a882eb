// SPDX-License-Identifier: Apache-2.0
#include "security/auth_cache.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/macros.h"
#include "security/random.h"

namespace trellis::security {
namespace {

void append_field(std::string& message, std::string_view field) {
  const uint64_t size = field.size();
  message.append(reinterpret_cast<const char*>(&size), sizeof size);
  message.append(field);
}

}  // namespace

AuthCache::AuthCache(std::chrono::milliseconds ttl, size_t capacity)
    : key_(random_secret(32)), capacity_(capacity), ttl_(ttl) {}

AuthCache::Mac AuthCache::mac_of(std::string_view user, const Secret& password,
                                 std::string_view credential) const {
  std::string message;
  message.reserve(user.size() + password.size() + credential.size() + 3 * sizeof(uint64_t));
  append_field(message, user);
  append_field(message, credential);
  append_field(message, password.reveal());
  Mac mac{};
  unsigned size = 0;
  TRELLIS_ASSERT(HMAC(EVP_sha256(), key_.reveal().data(), static_cast<int>(key_.size()),
                      reinterpret_cast<const unsigned char*>(message.data()), message.size(),
                      mac.data(), &size) != nullptr);
  wipe(message.data(), message.size());
  return mac;
}

bool AuthCache::contains(std::string_view user, const Secret& password, std::string_view credential,
                         TimePoint now) {
  const Mac mac = mac_of(user, password, credential);
  MutexLock lock(mutex_);
  const auto found = by_user_.find(user);
  if (found == by_user_.end()) return false;
  const auto entry = found->second;
  if (now - entry->verified_at >= ttl_) {
    by_user_.erase(found);
    order_.erase(entry);
    return false;
  }
  const auto as_text = [](const Mac& bytes) {
    return std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  };
  if (!equal_in_constant_time(as_text(entry->mac), as_text(mac))) return false;
  order_.splice(order_.begin(), order_, entry);
  return true;
}

void AuthCache::remember(std::string_view user, const Secret& password, std::string_view credential,
                         TimePoint now) {
  const Mac mac = mac_of(user, password, credential);
  MutexLock lock(mutex_);
  if (capacity_ == 0 || ttl_.count() <= 0) return;
  if (const auto found = by_user_.find(user); found != by_user_.end()) {
    order_.splice(order_.begin(), order_, found->second);
    order_.front().mac = mac;
    order_.front().verified_at = now;
    return;
  }
  if (order_.size() >= capacity_) {
    by_user_.erase(order_.back().user);
    order_.pop_back();
  }
  order_.push_front({std::string(user), mac, now});
  by_user_.emplace(order_.front().user, order_.begin());
}

void AuthCache::drop(std::string_view user) {
  MutexLock lock(mutex_);
  const auto found = by_user_.find(user);
  if (found == by_user_.end()) return;
  const auto entry = found->second;
  by_user_.erase(found);
  order_.erase(entry);
}

void AuthCache::clear() {
  MutexLock lock(mutex_);
  by_user_.clear();
  order_.clear();
}

void AuthCache::set_ttl(std::chrono::milliseconds ttl) {
  MutexLock lock(mutex_);
  ttl_ = ttl;
}

size_t AuthCache::size() {
  MutexLock lock(mutex_);
  return order_.size();
}

}  // namespace trellis::security
