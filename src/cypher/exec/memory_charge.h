// SPDX-License-Identifier: Apache-2.0
//
// The account of a container that does not live in an arena: what it holds is charged to a tracker
// until it is let go.
#pragma once

#include "base/arena.h"

namespace trellis::cypher::exec {

class MemoryCharge {
 public:
  explicit MemoryCharge(MemoryTracker& tracker) : tracker_(tracker) {}
  ~MemoryCharge() { tracker_.release(bytes_); }
  MemoryCharge(const MemoryCharge&) = delete;
  MemoryCharge& operator=(const MemoryCharge&) = delete;

  void set(uint64_t bytes) {
    if (bytes > bytes_) tracker_.charge(bytes - bytes_);
    if (bytes < bytes_) tracker_.release(bytes_ - bytes);
    bytes_ = bytes;
  }
  void add(uint64_t bytes) { set(bytes_ + bytes); }

 private:
  MemoryTracker& tracker_;
  uint64_t bytes_ = 0;
};

}  // namespace trellis::cypher::exec
