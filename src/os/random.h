// SPDX-License-Identifier: Apache-2.0
//
// Random bytes, behind an interface that tests replace. Thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "base/mutex.h"

namespace trellis::os {

class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(std::span<std::byte> out) = 0;
  uint64_t next();
  // 8-4-4-4-12, version 4 (RFC 9562).
  std::string uuid();
};

// The kernel's generator (getrandom): fit for keys.
class SecureRandom final : public Random {
 public:
  void fill(std::span<std::byte> out) override;
};

// The same bytes for the same seed (splitmix64): for tests, never for keys.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(uint64_t seed) : state_(seed) {}
  void fill(std::span<std::byte> out) override;

 private:
  Mutex mutex_;
  uint64_t state_ GUARDED_BY(mutex_);
};

}  // namespace trellis::os
