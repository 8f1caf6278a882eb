// SPDX-License-Identifier: Apache-2.0
//
// Bytes on their way out: appended at the end, taken from the front.
//
// Invariants
//   1. bytes() is contiguous; append may move it, consume() does not.
//   2. Growing doubles, so appends are amortised; new memory is not cleared.
//   3. release() gives the memory back (idle connections); clear() keeps it.
// Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

#include "base/macros.h"

namespace trellis::wire {

class ByteBuffer {
 public:
  ByteBuffer() = default;
  ByteBuffer(ByteBuffer&& other) noexcept { swap(other); }
  ByteBuffer& operator=(ByteBuffer&& other) noexcept {
    ByteBuffer taken(std::move(other));
    swap(taken);
    return *this;
  }

  std::span<const std::byte> bytes() const { return {storage_.get() + head_, tail_ - head_}; }
  size_t size() const { return tail_ - head_; }
  bool empty() const { return head_ == tail_; }
  size_t capacity() const { return capacity_; }

  // `count` bytes of room at the end, which count as written: fill them before anything else.
  std::byte* extend(size_t count) {
    if (capacity_ - tail_ < count) grow(count);
    std::byte* at = storage_.get() + tail_;
    tail_ += count;
    return at;
  }
  void append(const void* from, size_t count) {
    if (count != 0) std::memcpy(extend(count), from, count);
  }
  void append(std::span<const std::byte> from) { append(from.data(), from.size()); }
  void append(std::string_view from) { append(from.data(), from.size()); }
  void put(uint8_t byte) { *extend(1) = std::byte{byte}; }

  // A byte that was written before, counted from the front.
  std::byte* at(size_t offset) {
    TRELLIS_ASSERT(offset <= size());
    return storage_.get() + head_ + offset;
  }
  void truncate(size_t new_size) {
    TRELLIS_ASSERT(new_size <= size());
    tail_ = head_ + new_size;
  }
  void consume(size_t count) {
    TRELLIS_ASSERT(count <= size());
    head_ += count;
    if (head_ == tail_) head_ = tail_ = 0;
  }
  void clear() { head_ = tail_ = 0; }
  void release() {
    storage_.reset();
    head_ = tail_ = capacity_ = 0;
  }

 private:
  void grow(size_t count);
  void swap(ByteBuffer& other) noexcept {
    std::swap(storage_, other.storage_);
    std::swap(head_, other.head_);
    std::swap(tail_, other.tail_);
    std::swap(capacity_, other.capacity_);
  }

  std::unique_ptr<std::byte[]> storage_;
  size_t head_ = 0;
  size_t tail_ = 0;
  size_t capacity_ = 0;
};

}  // namespace trellis::wire
