// SPDX-License-Identifier: Apache-2.0
#include "cypher/exec/row_store.h"

#include <algorithm>

namespace trellis::cypher::exec {

using value::Batch;
using value::Value;
using value::Vector;

void RowStore::clear() {
  for (auto& column : columns_) column.clear();
  arguments_.clear();
  size_ = 0;
  arena_->reset();
}

void RowStore::charge() {
  uint64_t bytes = arguments_.capacity() * sizeof(uint16_t);
  for (const auto& column : columns_) bytes += column.capacity() * sizeof(Value);
  if (bytes > charged_) {
    memory_.charge(bytes - charged_);
    charged_ = bytes;
  }
}

void RowStore::append(const Batch& batch) { append(batch, nullptr, batch.rows); }

void RowStore::append(const Batch& batch, const uint16_t* selection, uint32_t count) {
  for (uint32_t s = 0; s < batch.slot_count(); ++s) {
    if (!batch.slot(s).is_set() || column_of_[s] != kNone) continue;
    column_of_[s] = static_cast<uint32_t>(columns_.size());
    columns_.emplace_back(size_);
    slot_of_.push_back(s);
  }
  for (size_t c = 0; c < columns_.size(); ++c) {
    const Vector& v = batch.slot(slot_of_[c]);
    std::vector<Value>& column = columns_[c];
    const bool flat_copy = v.layout() >= Vector::Layout::kNodes || !v.is_set();
    if (v.is_constant()) {
      column.insert(column.end(), count, value::copy_into(*arena_, v.constant_value()));
      continue;
    }
    for (uint32_t i = 0; i < count; ++i) {
      const Value value = v.get(selection == nullptr ? i : selection[i]);
      column.push_back(flat_copy ? value : value::copy_into(*arena_, value));
    }
  }
  for (uint32_t i = 0; i < count; ++i) {
    arguments_.push_back(batch.argument_of(selection == nullptr ? i : selection[i]));
  }
  size_ += count;
  charge();
}

void RowStore::read(const uint32_t* order, uint32_t first, uint32_t count, Arena& arena,
                    Batch& out) const {
  out.clear();
  out.rows = count;
  for (size_t c = 0; c < columns_.size(); ++c) {
    const Value* column = columns_[c].data();
    if (order == nullptr) {
      out.slot(slot_of_[c]) = Vector::flat(column + first);
      continue;
    }
    auto* values = arena.alloc_array<Value>(count);
    for (uint32_t i = 0; i < count; ++i) values[i] = column[order[i]];
    out.slot(slot_of_[c]) = Vector::flat(values);
  }
  if (order == nullptr) {
    out.argument = arguments_.data() + first;
    return;
  }
  auto* arguments = arena.alloc_array<uint16_t>(count);
  for (uint32_t i = 0; i < count; ++i) arguments[i] = arguments_[order[i]];
  out.argument = arguments;
}

void RowStore::keep(const std::vector<uint32_t>& rows) {
  RowStore kept(static_cast<uint32_t>(column_of_.size()), memory_);
  Arena scratch;
  Batch batch(static_cast<uint32_t>(column_of_.size()));
  for (size_t at = 0; at < rows.size(); at += value::kBatchRows) {
    const auto count = static_cast<uint32_t>(std::min<size_t>(value::kBatchRows, rows.size() - at));
    scratch.reset();
    read(rows.data() + at, 0, count, scratch, batch);
    kept.append(batch);
  }
  std::swap(columns_, kept.columns_);
  std::swap(slot_of_, kept.slot_of_);
  std::swap(column_of_, kept.column_of_);
  std::swap(arguments_, kept.arguments_);
  std::swap(charged_, kept.charged_);
  size_ = kept.size_;
  std::swap(arena_, kept.arena_);
}

}  // namespace trellis::cypher::exec
