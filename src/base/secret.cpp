// SPDX-License-Identifier: Apache-2.0
#include "base/secret.h"

#include <string.h>

namespace trellis {

void wipe(void* bytes, size_t size) { explicit_bzero(bytes, size); }

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned char difference = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    difference = static_cast<unsigned char>(difference | (a[i] ^ b[i]));
  }
  return difference == 0;
}

Secret Secret::take(std::string& bytes) {
  Secret secret(bytes);
  wipe(bytes.data(), bytes.size());
  bytes.clear();
  return secret;
}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    clear();
    bytes_ = other.bytes_;
    other.clear();
  }
  return *this;
}

void Secret::clear() {
  // Capacity, not size: a shrunk string still holds the rest (small strings included).
  wipe(bytes_.data(), bytes_.capacity());
  bytes_.clear();
}

}  // namespace trellis
