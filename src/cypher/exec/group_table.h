// SPDX-License-Identifier: Apache-2.0
//
// Numbers for distinct keys: (argument row, values) -> 0, 1, 2, ... in order of first appearance,
// by equivalence (null with null, 1 with 1.0). Open addressing; keys are copied into the table's
// arena. Memory is charged to the tracker. Not thread-safe.
#pragma once

#include <span>
#include <vector>

#include "value/batch.h"

namespace trellis::cypher::exec {

class GroupTable {
 public:
  GroupTable(uint32_t key_width, MemoryTracker& memory)
      : width_(key_width), memory_(memory), arena_(&memory) {}
  ~GroupTable() { memory_.release(charged_); }
  GroupTable(const GroupTable&) = delete;
  GroupTable& operator=(const GroupTable&) = delete;

  void clear();
  uint32_t size() const { return static_cast<uint32_t>(hashes_.size()); }

  // groups[i] becomes the number of row i's key; keys has key_width vectors.
  void find_or_add(std::span<const value::Vector> keys, const value::Batch& batch,
                   uint32_t* groups);
  value::Value key(uint32_t group, uint32_t column) const {
    return keys_[size_t{group} * width_ + column];
  }
  uint16_t argument(uint32_t group) const { return arguments_[group]; }

 private:
  void grow();

  const uint32_t width_;
  MemoryTracker& memory_;
  Arena arena_;
  std::vector<uint32_t> buckets_;  // group + 1; 0: free
  std::vector<uint64_t> hashes_;   // by group
  std::vector<uint16_t> arguments_;
  std::vector<value::Value> keys_;
  uint64_t charged_ = 0;
};

}  // namespace trellis::cypher::exec
