// SPDX-License-Identifier: Apache-2.0
#include "os/random.h"

#include <fmt/format.h>
#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace trellis::os {

uint64_t Random::next() {
  uint64_t number;
  fill(std::as_writable_bytes(std::span(&number, 1)));
  return number;
}

std::string Random::uuid() {
  std::array<uint8_t, 16> b;
  fill(std::as_writable_bytes(std::span(b)));
  b[6] = static_cast<uint8_t>((b[6] & 0x0F) | 0x40);
  b[8] = static_cast<uint8_t>((b[8] & 0x3F) | 0x80);
  std::string text;
  for (size_t i = 0; i < b.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text.push_back('-');
    text += fmt::format("{:02x}", b[i]);
  }
  return text;
}

void SecureRandom::fill(std::span<std::byte> out) {
  while (!out.empty()) {
    const ssize_t got = ::getrandom(out.data(), out.size(), 0);
    if (got < 0) {
      TRELLIS_ASSERT(errno == EINTR);
      continue;
    }
    out = out.subspan(static_cast<size_t>(got));
  }
}

void SeededRandom::fill(std::span<std::byte> out) {
  MutexLock lock(mutex_);
  while (!out.empty()) {
    uint64_t z = (state_ += 0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    z ^= z >> 31;
    const size_t part = std::min(out.size(), sizeof z);
    std::memcpy(out.data(), &z, part);
    out = out.subspan(part);
  }
}

}  // namespace trellis::os
