// SPDX-License-Identifier: Apache-2.0
#include <xxhash.h>

#include <array>

#include "storage/storage.h"
#include "value/compare.h"

namespace trellis::storage {

uint64_t lock_key_of(LabelId label, KeyId key, const value::Value& value) {
  const std::array<uint64_t, 2> parts{uint64_t{label} << 32 | key, value::hash(value)};
  return XXH3_64bits(parts.data(), sizeof parts);
}

}  // namespace trellis::storage
