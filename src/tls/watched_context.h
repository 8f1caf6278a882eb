// SPDX-License-Identifier: Apache-2.0
//
// The context that a policy's listeners use now. Replacing it is one swap: handshakes that begin
// later use the new one, open connections keep theirs. Thread-safe.
#pragma once

#include <memory>

#include "base/mutex.h"
#include "tls/context.h"

namespace trellis::tls {

class WatchedContext {
 public:
  explicit WatchedContext(ServerContext first)
      : current_(std::make_shared<const ServerContext>(std::move(first))) {}

  std::shared_ptr<const ServerContext> current() const EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return current_;
  }
  void replace(ServerContext next) EXCLUDES(mutex_) {
    auto fresh = std::make_shared<const ServerContext>(std::move(next));
    const MutexLock lock(mutex_);
    current_.swap(fresh);
  }

 private:
  mutable Mutex mutex_;
  std::shared_ptr<const ServerContext> current_ GUARDED_BY(mutex_);
};

}  // namespace trellis::tls
