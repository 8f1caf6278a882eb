// SPDX-License-Identifier: Apache-2.0
#include "base/arena.h"

#include <algorithm>

#include "base/macros.h"

namespace trellis {
namespace {
constexpr size_t kFirstChunkBytes = 4 * 1024;
constexpr size_t kLargestChunkBytes = 1024 * 1024;
}  // namespace

MemoryTracker::~MemoryTracker() { TRELLIS_ASSERT(used_.load() == 0); }

void MemoryTracker::charge(uint64_t bytes) {
  const uint64_t now = used_.fetch_add(bytes, std::memory_order_relaxed) + bytes;
  uint64_t peak = peak_.load(std::memory_order_relaxed);
  while (now > peak && !peak_.compare_exchange_weak(peak, now, std::memory_order_relaxed)) {
  }
  if (parent_) parent_->charge(bytes);
}

void MemoryTracker::release(uint64_t bytes) {
  used_.fetch_sub(bytes, std::memory_order_relaxed);
  if (parent_) parent_->release(bytes);
}

bool MemoryTracker::over_limit() const {
  if (limit_ != 0 && used_bytes() > limit_) return true;
  return parent_ && parent_->over_limit();
}

bool MemoryTracker::fits(uint64_t bytes) const {
  if (limit_ != 0 && used_bytes() + bytes > limit_) return false;
  return !parent_ || parent_->fits(bytes);
}

void* Arena::alloc_slow(size_t bytes, size_t alignment) {
  size_t size =
      chunks_.empty() ? kFirstChunkBytes : std::min(chunks_.back().size * 2, kLargestChunkBytes);
  size = std::max(size, bytes + alignment);
  // Not value-initialised: an arena hands out raw memory.
  chunks_.push_back({std::unique_ptr<std::byte[]>(new std::byte[size]), size});
  reserved_ += size;
  if (tracker_) tracker_->charge(size);
  cursor_ = reinterpret_cast<uintptr_t>(chunks_.back().bytes.get());
  end_ = cursor_ + size;
  const uintptr_t at = (cursor_ + alignment - 1) & ~(uintptr_t{alignment} - 1);
  cursor_ = at + bytes;
  return reinterpret_cast<void*>(at);
}

void Arena::reset() {
  if (chunks_.size() > 1) {
    // The largest ordinary chunk stays: the next batch is likely to be as big as this one was.
    size_t keep = 0;
    for (size_t i = 0; i < chunks_.size(); ++i) {
      if (chunks_[i].size <= kLargestChunkBytes) keep = i;
    }
    Chunk kept = std::move(chunks_[keep]);
    const size_t freed = reserved_ - kept.size;
    chunks_.clear();
    reserved_ = kept.size;
    chunks_.push_back(std::move(kept));
    if (tracker_) tracker_->release(freed);
  }
  if (!chunks_.empty()) {
    cursor_ = reinterpret_cast<uintptr_t>(chunks_[0].bytes.get());
    end_ = cursor_ + chunks_[0].size;
  }
}

void Arena::clear() {
  chunks_.clear();
  if (tracker_ && reserved_ != 0) tracker_->release(reserved_);
  reserved_ = 0;
  cursor_ = end_ = 0;
}

}  // namespace trellis
