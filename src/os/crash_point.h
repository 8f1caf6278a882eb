// SPDX-License-Identifier: Apache-2.0
//
// Ends this process with SIGKILL at the n-th point that it passes: for tests of what a crash leaves
// behind, in test builds alone. Thread-safe.
#pragma once

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>

namespace trellis::os {

class CrashPoint {
 public:
  explicit CrashPoint(int64_t at) : left_(at) {}  // 0: never
  void pass() {
    if (left_.load() > 0 && --left_ == 0) ::kill(::getpid(), SIGKILL);
  }

 private:
  std::atomic<int64_t> left_;
};

}  // namespace trellis::os
