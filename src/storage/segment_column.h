// SPDX-License-Identifier: Apache-2.0
//
// The values of one property in one node segment, side by side: what repeated scans read instead of
// a version per node. A cache: made by readers, dropped whenever a node of the segment changes.
// Only properties whose values in the segment are null or of one type that fits eight bytes.
#pragma once

#include <array>
#include <bitset>
#include <memory>

#include "storage/version.h"

namespace trellis::storage {

struct SegmentColumn {
  KeyId key = 0;
  // kNull: the property does not qualify here, which is worth knowing too.
  value::Type type = value::Type::kNull;
  std::unique_ptr<std::array<uint64_t, kSegmentRows>> payload;
  std::bitset<kSegmentRows> present;

  bool usable() const { return type != value::Type::kNull; }
  value::Value at(size_t slot) const {
    if (!present[slot]) return {};
    const uint64_t bits = (*payload)[slot];
    switch (type) {
      case value::Type::kInteger:
        return value::Value::integer(static_cast<int64_t>(bits));
      case value::Type::kFloat:
        return value::Value::real(std::bit_cast<double>(bits));
      case value::Type::kBoolean:
        return value::Value::boolean(bits != 0);
      default:
        return value::Value::date({static_cast<int64_t>(bits)});
    }
  }
};

// From the heads of a segment, all of them committed.
std::unique_ptr<SegmentColumn> make_column(const std::array<Version*, kSegmentRows>& heads,
                                           KeyId key);

}  // namespace trellis::storage
