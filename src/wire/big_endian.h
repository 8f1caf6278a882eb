// SPDX-License-Identifier: Apache-2.0
//
// Big-endian numbers, byte by byte (compilers make one instruction of it).
#pragma once

#include <cstddef>
#include <cstdint>

namespace trellis::wire {

inline void store_big_endian(std::byte* at, uint64_t number, size_t bytes) {
  for (size_t i = bytes; i-- > 0; number >>= 8) at[i] = static_cast<std::byte>(number & 0xFF);
}

inline uint64_t load_big_endian(const std::byte* at, size_t bytes) {
  uint64_t number = 0;
  for (size_t i = 0; i < bytes; ++i) number = number << 8 | static_cast<uint64_t>(at[i]);
  return number;
}

}  // namespace trellis::wire
