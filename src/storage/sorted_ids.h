// SPDX-License-Identifier: Apache-2.0
//
// An ordered set of node ids in chunks, so that a set of a million is still cheap to change.
// Guarded by the latch.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace trellis::storage {

class SortedIds {
 public:
  bool add(uint64_t id);     // false: it was there
  bool remove(uint64_t id);  // false: it was not there
  bool empty() const { return chunks_.empty(); }
  size_t size() const { return size_; }

  // Calls visit(id) ascending for ids beyond `after` until it returns false.
  template <class Visit>
  void each(std::optional<uint64_t> after, Visit&& visit) const {
    size_t at = 0;
    size_t chunk = after ? chunk_for(*after) : 0;
    if (after && chunk < chunks_.size()) {
      const auto& ids = chunks_[chunk];
      while (at < ids.size() && ids[at] <= *after) ++at;
    }
    for (; chunk < chunks_.size(); ++chunk, at = 0) {
      for (; at < chunks_[chunk].size(); ++at) {
        if (!visit(chunks_[chunk][at])) return;
      }
    }
  }

 private:
  static constexpr size_t kChunkIds = 1024;
  // The chunk whose range may hold the id: the first whose last id is not less.
  size_t chunk_for(uint64_t id) const;

  std::vector<std::vector<uint64_t>> chunks_;  // none empty
  size_t size_ = 0;
};

}  // namespace trellis::storage
