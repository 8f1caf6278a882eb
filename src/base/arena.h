// SPDX-License-Identifier: Apache-2.0
//
// Memory that is given back all at once, with accounting.
//
//   MemoryTracker   counts bytes against a limit; a tree (operator -> transaction -> server).
//                   Thread-safe.
//   Arena           bump allocator on chunks charged to a tracker. Not thread-safe: one owner.
//
// Invariants
//   1. What alloc() returned is valid until reset(), clear() or destruction.
//   2. No destructor of anything in an arena is run: store only trivially destructible types.
//   3. reset() keeps the first chunk, so that a warmed arena allocates nothing per batch.
//   4. An arena never throws for want of budget: the chunk is taken, and over_limit() of the
//      tracker turns true; whoever drives the execution tests it at each batch border and stops
//      with MemoryLimitReached. So a limit can be passed by one batch, never by more.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

namespace trellis {

class MemoryTracker {
 public:
  // limit 0: none. The parent must outlive this tracker.
  explicit MemoryTracker(uint64_t limit_bytes = 0, MemoryTracker* parent = nullptr)
      : limit_(limit_bytes), parent_(parent) {}
  ~MemoryTracker();
  MemoryTracker(const MemoryTracker&) = delete;
  MemoryTracker& operator=(const MemoryTracker&) = delete;

  void charge(uint64_t bytes);
  void release(uint64_t bytes);
  bool over_limit() const;
  // Would so many more bytes stay within the limits, this one's and those above?
  bool fits(uint64_t bytes) const;
  uint64_t used_bytes() const { return used_.load(std::memory_order_relaxed); }
  uint64_t peak_bytes() const { return peak_.load(std::memory_order_relaxed); }
  uint64_t limit_bytes() const { return limit_; }

 private:
  std::atomic<uint64_t> used_{0};
  std::atomic<uint64_t> peak_{0};
  const uint64_t limit_;
  MemoryTracker* const parent_;
};

class Arena {
 public:
  // tracker may be null: not accounted (tests, plans).
  explicit Arena(MemoryTracker* tracker = nullptr) : tracker_(tracker) {}
  ~Arena() { clear(); }
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  void* alloc(size_t bytes, size_t alignment = alignof(std::max_align_t)) {
    const uintptr_t at = (cursor_ + alignment - 1) & ~(uintptr_t{alignment} - 1);
    if (at + bytes <= end_ && at >= cursor_) {
      cursor_ = at + bytes;
      return reinterpret_cast<void*>(at);
    }
    return alloc_slow(bytes, alignment);
  }

  template <class T>
  T* alloc_array(size_t count) {
    static_assert(std::is_trivially_destructible_v<T>);
    return static_cast<T*>(alloc(count * sizeof(T), alignof(T)));
  }

  std::string_view copy(std::string_view text) {
    if (text.empty()) return {};
    char* bytes = static_cast<char*>(alloc(text.size(), 1));
    std::memcpy(bytes, text.data(), text.size());
    return {bytes, text.size()};
  }

  void reset();  // keeps one chunk
  void clear();  // gives everything back
  size_t used_bytes() const { return reserved_; }
  MemoryTracker* tracker() const { return tracker_; }

 private:
  struct Chunk {
    std::unique_ptr<std::byte[]> bytes;
    size_t size;
  };
  void* alloc_slow(size_t bytes, size_t alignment);

  MemoryTracker* tracker_;
  uintptr_t cursor_ = 0;
  uintptr_t end_ = 0;
  std::vector<Chunk> chunks_;
  size_t reserved_ = 0;
};

}  // namespace trellis
