// SPDX-License-Identifier: Apache-2.0
//
// Sets of labels, each known by a small id; 0 is the empty set. Grows only. Guarded by the latch.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "storage/storage.h"

namespace trellis::storage {

class LabelSets {
 public:
  LabelSets();
  uint32_t intern(std::vector<LabelId> labels);  // any order, doubles allowed
  uint32_t with(uint32_t set, LabelId label);
  uint32_t without(uint32_t set, LabelId label);

  std::span<const LabelId> labels(uint32_t set) const { return *sets_[set]; }
  bool has(uint32_t set, LabelId label) const {
    if (label < 64) return (masks_[set] >> label & 1) != 0;
    return has_high(set, label);
  }

 private:
  bool has_high(uint32_t set, LabelId label) const;

  std::map<std::vector<LabelId>, uint32_t> ids_;
  std::vector<const std::vector<LabelId>*> sets_;  // into ids_; ascending
  std::vector<uint64_t> masks_;                    // labels 0 .. 63 as bits
};

}  // namespace trellis::storage
