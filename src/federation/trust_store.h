// SPDX-License-Identifier: Apache-2.0
//
// TLS contexts for outgoing Bolt connections: trust is the operating system's store and every
// certificate in one directory; read again when older than half a minute, so that a certificate put
// there counts soon. Thread-safe.
#pragma once

#include <chrono>
#include <filesystem>

#include "base/mutex.h"
#include "base/result.h"
#include "federation/bolt_uri.h"
#include "net/stream.h"
#include "os/clock.h"

namespace trellis::federation {

class TrustStore {
 public:
  // May be empty or missing: the system's store alone.
  // Dates are judged by `clock`, which outlives the contexts; null: the machine's.
  explicit TrustStore(std::filesystem::path trusted_dir, const os::Clock* clock = nullptr)
      : trusted_dir_(std::move(trusted_dir)), clock_(clock) {}

  // Null for kNone.
  Result<net::TlsContext> context_for(Encryption encryption) EXCLUDES(mutex_);

 private:
  struct Held {
    net::TlsContext context;
    std::chrono::steady_clock::time_point made;
  };
  const std::filesystem::path trusted_dir_;
  const os::Clock* const clock_;
  Mutex mutex_;
  Held verifying_ GUARDED_BY(mutex_);
  Held trusting_ GUARDED_BY(mutex_);
};

}  // namespace trellis::federation
