// SPDX-License-Identifier: Apache-2.0
#include "wire/byte_buffer.h"

#include <algorithm>

namespace trellis::wire {

void ByteBuffer::grow(size_t count) {
  const size_t held = size();
  // Room taken back at the front is used before more memory is.
  if (capacity_ - held >= count && head_ >= held) {
    std::memcpy(storage_.get(), storage_.get() + head_, held);
  } else {
    const size_t wanted = std::max({size_t{256}, held + count, capacity_ * 2});
    std::unique_ptr<std::byte[]> bigger(new std::byte[wanted]);
    if (held != 0) std::memcpy(bigger.get(), storage_.get() + head_, held);
    storage_ = std::move(bigger);
    capacity_ = wanted;
  }
  head_ = 0;
  tail_ = held;
}

}  // namespace trellis::wire
