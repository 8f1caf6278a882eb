// SPDX-License-Identifier: Apache-2.0
//
// Time, behind an interface that tests replace. Thread-safe.
#pragma once

#include <atomic>
#include <chrono>

namespace trellis::os {

class Clock {
 public:
  using Monotonic = std::chrono::steady_clock::time_point;
  using Wall = std::chrono::time_point<std::chrono::system_clock, std::chrono::nanoseconds>;

  virtual ~Clock() = default;
  virtual Monotonic monotonic() const = 0;  // never goes back; for timeouts
  virtual Wall wall() const = 0;            // since 1970-01-01 UTC; for what people read
};

// The machine's.
class SystemClock final : public Clock {
 public:
  Monotonic monotonic() const override { return std::chrono::steady_clock::now(); }
  Wall wall() const override { return std::chrono::system_clock::now(); }
};

// Stands still until it is moved.
class ManualClock final : public Clock {
 public:
  Monotonic monotonic() const override { return Monotonic(elapsed_.load()); }
  Wall wall() const override { return Wall(elapsed_.load()); }
  void advance(std::chrono::nanoseconds by) { elapsed_ = elapsed_.load() + by; }

 private:
  std::atomic<std::chrono::nanoseconds> elapsed_{std::chrono::nanoseconds(0)};
};

}  // namespace trellis::os
