// SPDX-License-Identifier: Apache-2.0
//
// The keys that session tickets are sealed with (RFC 5077; RFC 8446, 4.6.1), for all contexts of
// one scope, so that a new certificate leaves tickets good. A ticket carries the client's identity:
// where trust changes, the keys are made anew.
//
// A key seals for half a day and opens for another half; then it is wiped. Thread-safe.
#pragma once

#include <openssl/types.h>

#include <array>
#include <chrono>
#include <memory>

#include "base/mutex.h"
#include "os/clock.h"
#include "tls/openssl_handles.h"

namespace trellis::tls {

class TicketKeys {
 public:
  static constexpr std::chrono::hours kSealingTime{12};
  // What use() and OpenSSL's callback answer.
  static constexpr int kError = -1;
  static constexpr int kUnknown = 0;
  static constexpr int kGood = 1;
  static constexpr int kGoodButRenew = 2;

  // `clock` outlives the keys.
  explicit TicketKeys(const os::Clock& clock);
  ~TicketKeys();
  TicketKeys(const TicketKeys&) = delete;
  TicketKeys& operator=(const TicketKeys&) = delete;

  // For OpenSSL's callback (SSL_CTX_set_tlsext_ticket_key_evp_cb(3)): what it expects.
  int use(unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac,
          bool sealing) EXCLUDES(mutex_);
  // Takes keys out of use whose time has come; for the watch, since an idle server seals nothing.
  void rotate_if_due() EXCLUDES(mutex_);

 private:
  struct Key {
    std::array<unsigned char, 16> name{};
    std::array<unsigned char, 32> cipher{};
    std::array<unsigned char, 32> mac{};
    os::Clock::Monotonic made;
    Key() = default;
    Key(const Key&) = delete;
    Key& operator=(const Key&) = delete;
    ~Key();
  };
  std::unique_ptr<Key> make() const;
  void rotate() REQUIRES(mutex_);

  const os::Clock& clock_;
  const CipherHandle cbc_;
  Mutex mutex_;
  std::unique_ptr<Key> current_ GUARDED_BY(mutex_);
  std::unique_ptr<Key> previous_ GUARDED_BY(mutex_);  // may be null
};

}  // namespace trellis::tls
