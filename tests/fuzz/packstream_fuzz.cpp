// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a PackStream value. What is accepted must encode again, and the encoding must decode
// to the same encoding. The first byte picks version and limits.
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "wire/pack_reader.h"
#include "wire/pack_writer.h"

using namespace trellis;
using namespace trellis::wire;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const WireOptions options{(data[0] & 1) != 0 ? BoltVersion{5, 8} : BoltVersion{4, 4},
                            (data[0] & 2) != 0};
  const PackLimits limits{.entities = (data[0] & 4) == 0};
  Arena arena;
  PackReader reader(std::as_bytes(std::span(data + 1, size - 1)), options, limits);
  const auto v = reader.value(arena);
  TRELLIS_ASSERT(arena.used_bytes() <= 80 * size + (size_t{1} << 20));
  if (!v) return 0;
  ByteBuffer first;
  PackWriter(first, options).value(*v);
  PackReader again(first.bytes(), options, {.max_depth = 1000});
  const auto same = again.value(arena);
  // Local date-times of 4.4 in a zone's repeated hour lose which of the two they were, no more.
  TRELLIS_ASSERT(same.has_value() && again.at_end());
  ByteBuffer second;
  PackWriter(second, options).value(*same);
  TRELLIS_ASSERT(first.size() == second.size());
  TRELLIS_ASSERT(std::memcmp(first.bytes().data(), second.bytes().data(), first.size()) == 0);
  return 0;
}
