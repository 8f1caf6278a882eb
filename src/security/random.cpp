// SPDX-License-Identifier: Apache-2.0
#include "security/random.h"

#include <openssl/rand.h>

#include "base/macros.h"

namespace trellis::security {

void fill_random(void* bytes, size_t size) {
  TRELLIS_ASSERT(RAND_bytes(static_cast<unsigned char*>(bytes), static_cast<int>(size)) == 1);
}

std::string random_bytes(size_t size) {
  std::string bytes(size, '\0');
  fill_random(bytes.data(), size);
  return bytes;
}

Secret random_secret(size_t size) {
  std::string bytes = random_bytes(size);
  return Secret::take(bytes);
}

}  // namespace trellis::security
