// SPDX-License-Identifier: Apache-2.0
#include "config/former_names.h"

#include "config/setting.h"

namespace trellis::config {
namespace {

using enum Translation;

constexpr FormerName kFormerNames[] = {
#define TRELLIS_FORMER(name, now, translation, instead) {name, now, translation, instead},
#include "config/former_cluster.inc"
#include "config/former_dbms.inc"
#include "config/former_other.inc"
#undef TRELLIS_FORMER
};

}  // namespace

std::span<const FormerName> all_former_names() { return kFormerNames; }

const FormerName* find_former_name(std::string_view name) {
  const FormerName* family = nullptr;
  for (const FormerName& row : kFormerNames) {
    if (row.name == name) return &row;
    if (family == nullptr && row.name.find('<') != std::string_view::npos &&
        matches_family(row.name, name)) {
      family = &row;
    }
  }
  return family;
}

std::string successor_of(const FormerName& row, std::string_view name) {
  const size_t part = row.now.find('<');
  if (part == std::string_view::npos) return std::string(row.now);
  // The last part is the free one in both.
  return std::string(row.now.substr(0, part)) + std::string(name.substr(row.name.find('<')));
}

}  // namespace trellis::config
