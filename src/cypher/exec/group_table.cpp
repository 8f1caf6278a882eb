// SPDX-License-Identifier: Apache-2.0
#include "cypher/exec/group_table.h"

#include <algorithm>

#include "value/compare.h"

namespace trellis::cypher::exec {

using value::Value;

void GroupTable::clear() {
  std::fill(buckets_.begin(), buckets_.end(), 0);
  hashes_.clear();
  arguments_.clear();
  keys_.clear();
  arena_.reset();
}

void GroupTable::grow() {
  const size_t size = std::max<size_t>(64, buckets_.size() * 2);
  buckets_.assign(size, 0);
  for (uint32_t group = 0; group < hashes_.size(); ++group) {
    size_t at = hashes_[group] & (size - 1);
    while (buckets_[at] != 0) at = (at + 1) & (size - 1);
    buckets_[at] = group + 1;
  }
  const uint64_t bytes = size * sizeof(uint32_t) + hashes_.capacity() * sizeof(uint64_t) +
                         keys_.capacity() * sizeof(Value);
  if (bytes > charged_) {
    memory_.charge(bytes - charged_);
    charged_ = bytes;
  }
}

void GroupTable::find_or_add(std::span<const value::Vector> keys, const value::Batch& batch,
                             uint32_t* groups) {
  for (uint32_t row = 0; row < batch.rows; ++row) {
    if (buckets_.size() < (hashes_.size() + 1) * 2) grow();
    const uint16_t argument = batch.argument_of(row);
    uint64_t h = 0x9E37'79B9'7F4A'7C15U * (uint64_t{argument} + 1);
    for (const value::Vector& key : keys) {
      h = (h ^ value::hash(key.get(row))) * 0xD6E8'FEB8'6659'FD93U;
      h ^= h >> 32;
    }
    size_t at = h & (buckets_.size() - 1);
    while (true) {
      const uint32_t bucket = buckets_[at];
      if (bucket == 0) {
        const auto group = static_cast<uint32_t>(hashes_.size());
        buckets_[at] = group + 1;
        hashes_.push_back(h);
        arguments_.push_back(argument);
        for (const value::Vector& key : keys) {
          keys_.push_back(value::copy_into(arena_, key.get(row)));
        }
        groups[row] = group;
        break;
      }
      const uint32_t group = bucket - 1;
      bool same = hashes_[group] == h && arguments_[group] == argument;
      for (uint32_t c = 0; same && c < width_; ++c) {
        same = value::equivalent(keys_[size_t{group} * width_ + c], keys[c].get(row));
      }
      if (same) {
        groups[row] = group;
        break;
      }
      at = (at + 1) & (buckets_.size() - 1);
    }
  }
}

}  // namespace trellis::cypher::exec
