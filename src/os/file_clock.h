// SPDX-License-Identifier: Apache-2.0
//
// The machine's clock, moved by the whole seconds that a file holds (they may be negative; a
// missing or unreadable file is none). Rewriting the file moves the time of day of a running
// process; monotonic time does not move. For tests of what happens over months.
//
// Only builds with the CMake option TRELLIS_TEST_CLOCK let a server have it. Thread-safe.
#pragma once

#include <filesystem>

#include "os/clock.h"

namespace trellis::os {

class FileClock final : public Clock {
 public:
  explicit FileClock(std::filesystem::path file) : file_(std::move(file)) {}
  Monotonic monotonic() const override { return std::chrono::steady_clock::now(); }
  Wall wall() const override;

 private:
  const std::filesystem::path file_;
};

}  // namespace trellis::os
