// SPDX-License-Identifier: Apache-2.0
#include "os/file_clock.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <charconv>

namespace trellis::os {

Clock::Wall FileClock::wall() const {
  const Wall machine = std::chrono::system_clock::now();
  const int file = ::open(file_.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return machine;
  std::array<char, 32> text{};
  const ssize_t got = ::read(file, text.data(), text.size());
  ::close(file);
  int64_t seconds = 0;
  if (got <= 0 || std::from_chars(text.data(), text.data() + got, seconds).ec != std::errc()) {
    return machine;
  }
  return machine + std::chrono::seconds(seconds);
}

}  // namespace trellis::os
