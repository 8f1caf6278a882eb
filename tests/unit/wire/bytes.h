// SPDX-License-Identifier: Apache-2.0
//
// Bytes written as hexadecimal text in tests; spaces are ignored.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "wire/byte_buffer.h"

namespace trellis::wire::test {

inline std::vector<std::byte> unhex(std::string_view text) {
  std::vector<std::byte> out;
  int upper = -1;
  for (const char c : text) {
    int digit;
    if (c >= '0' && c <= '9') {
      digit = c - '0';
    } else if (c >= 'A' && c <= 'F') {
      digit = c - 'A' + 10;
    } else {
      continue;
    }
    if (upper < 0) {
      upper = digit;
    } else {
      out.push_back(static_cast<std::byte>(upper * 16 + digit));
      upper = -1;
    }
  }
  return out;
}

inline std::string hex(std::span<const std::byte> bytes) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  for (const std::byte b : bytes) {
    if (!out.empty()) out += ' ';
    out += kDigits[static_cast<unsigned>(b) >> 4];
    out += kDigits[static_cast<unsigned>(b) & 15];
  }
  return out;
}

inline std::string hex(const ByteBuffer& buffer) { return hex(buffer.bytes()); }

}  // namespace trellis::wire::test
