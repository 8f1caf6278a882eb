// SPDX-License-Identifier: Apache-2.0
#include "storage/label_sets.h"

#include <algorithm>

namespace trellis::storage {

LabelSets::LabelSets() { intern({}); }

uint32_t LabelSets::intern(std::vector<LabelId> labels) {
  std::ranges::sort(labels);
  labels.erase(std::unique(labels.begin(), labels.end()), labels.end());
  const auto [entry, made] = ids_.try_emplace(std::move(labels), sets_.size());
  if (made) {
    uint64_t mask = 0;
    for (const LabelId label : entry->first) {
      if (label < 64) mask |= uint64_t{1} << label;
    }
    sets_.push_back(&entry->first);
    masks_.push_back(mask);
  }
  return entry->second;
}

uint32_t LabelSets::with(uint32_t set, LabelId label) {
  std::vector<LabelId> labels = *sets_[set];
  labels.push_back(label);
  return intern(std::move(labels));
}

uint32_t LabelSets::without(uint32_t set, LabelId label) {
  std::vector<LabelId> labels = *sets_[set];
  std::erase(labels, label);
  return intern(std::move(labels));
}

bool LabelSets::has_high(uint32_t set, LabelId label) const {
  return std::ranges::binary_search(*sets_[set], label);
}

}  // namespace trellis::storage
