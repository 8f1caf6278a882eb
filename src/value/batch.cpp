// SPDX-License-Identifier: Apache-2.0
#include "value/batch.h"

namespace trellis::value {

Vector RowSelector::select(const Vector& v) {
  if (rows_ == nullptr || v.layout() <= Vector::Layout::kConstant) return v;
  if (v.selection() == nullptr) return v.with_selection(rows_);
  for (uint32_t i = 0; i < composed_size_; ++i) {
    if (composed_[i].base == v.selection()) return v.with_selection(composed_[i].result);
  }
  auto* result = arena_.alloc_array<uint16_t>(count_);
  for (uint32_t i = 0; i < count_; ++i) result[i] = v.selection()[rows_[i]];
  if (composed_size_ < std::size(composed_)) composed_[composed_size_++] = {v.selection(), result};
  return v.with_selection(result);
}

void Batch::clear() {
  for (Vector& v : slots_) v = Vector();
  rows = 0;
  argument = nullptr;
}

void Batch::select(const Batch& input, const uint16_t* selection, uint32_t count, Arena& arena) {
  clear();
  rows = count;
  overlay(input, selection, count, arena);
  if (input.argument == nullptr || selection == nullptr) {
    argument = input.argument;
    return;
  }
  auto* numbers = arena.alloc_array<uint16_t>(count);
  for (uint32_t i = 0; i < count; ++i) numbers[i] = input.argument[selection[i]];
  argument = numbers;
}

void Batch::overlay(const Batch& input, const uint16_t* selection, uint32_t count, Arena& arena) {
  TRELLIS_ASSERT(input.slot_count() == slot_count());
  RowSelector selector(selection, count, arena);
  for (uint32_t s = 0; s < slot_count(); ++s) {
    if (input.slots_[s].is_set()) slots_[s] = selector.select(input.slots_[s]);
  }
}

}  // namespace trellis::value
