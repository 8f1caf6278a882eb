// SPDX-License-Identifier: Apache-2.0
#include "storage/sorted_ids.h"

#include <algorithm>

namespace trellis::storage {

size_t SortedIds::chunk_for(uint64_t id) const {
  const auto found =
      std::ranges::lower_bound(chunks_, id, {}, [](const auto& chunk) { return chunk.back(); });
  return static_cast<size_t>(found - chunks_.begin());
}

bool SortedIds::add(uint64_t id) {
  if (chunks_.empty()) chunks_.emplace_back();
  const size_t index = chunks_.back().empty() ? 0 : std::min(chunk_for(id), chunks_.size() - 1);
  auto& chunk = chunks_[index];
  const auto at = std::ranges::lower_bound(chunk, id);
  if (at != chunk.end() && *at == id) return false;
  const bool appended = at == chunk.end();
  chunk.insert(at, id);
  ++size_;
  if (chunk.size() > kChunkIds) {
    // Ascending ids leave full chunks behind, others halves.
    const auto middle = appended ? chunk.end() - 1 : chunk.begin() + kChunkIds / 2;
    std::vector<uint64_t> upper(middle, chunk.end());
    chunk.erase(middle, chunk.end());
    chunks_.insert(chunks_.begin() + static_cast<ptrdiff_t>(index) + 1, std::move(upper));
  }
  return true;
}

bool SortedIds::remove(uint64_t id) {
  const size_t index = chunk_for(id);
  if (index == chunks_.size()) return false;
  auto& chunk = chunks_[index];
  const auto at = std::ranges::lower_bound(chunk, id);
  if (at == chunk.end() || *at != id) return false;
  chunk.erase(at);
  --size_;
  if (chunk.empty()) chunks_.erase(chunks_.begin() + static_cast<ptrdiff_t>(index));
  return true;
}

}  // namespace trellis::storage
