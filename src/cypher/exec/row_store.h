// SPDX-License-Identifier: Apache-2.0
//
// Rows that are kept across batches: what Sort, Eager, Merge and others hold. Values are copied
// into the store's own arena; slots are those that were set in any batch that came in.
//
// Memory is charged to the tracker as it grows. Not thread-safe.
#pragma once

#include <memory>
#include <vector>

#include "value/batch.h"

namespace trellis::cypher::exec {

class RowStore {
 public:
  RowStore(uint32_t slot_count, MemoryTracker& memory)
      : memory_(memory), arena_(std::make_unique<Arena>(&memory)), column_of_(slot_count, kNone) {}
  ~RowStore() { memory_.release(charged_); }
  RowStore(const RowStore&) = delete;
  RowStore& operator=(const RowStore&) = delete;

  void clear();
  uint32_t size() const { return size_; }

  // All rows of the batch, or those that the selection names.
  void append(const value::Batch& batch);
  void append(const value::Batch& batch, const uint16_t* selection, uint32_t count);

  value::Value get(uint32_t row, uint32_t slot) const {
    const uint32_t column = column_of_[slot];
    return column == kNone ? value::Value() : columns_[column][row];
  }
  uint16_t argument_of(uint32_t row) const { return arguments_[row]; }

  // The rows order[0 .. count) (nullptr: first ... in order of arrival, from `first`) as a batch
  // whose values still live here. Vectors are made in the arena.
  void read(const uint32_t* order, uint32_t first, uint32_t count, Arena& arena,
            value::Batch& out) const;
  // Keeps only these rows, in this order.
  void keep(const std::vector<uint32_t>& rows);

 private:
  static constexpr uint32_t kNone = 0xFFFF'FFFF;
  void charge();

  MemoryTracker& memory_;
  std::unique_ptr<Arena> arena_;
  std::vector<uint32_t> column_of_;  // by slot
  std::vector<std::vector<value::Value>> columns_;
  std::vector<uint32_t> slot_of_;  // by column
  std::vector<uint16_t> arguments_;
  uint32_t size_ = 0;
  uint64_t charged_ = 0;
};

}  // namespace trellis::cypher::exec
