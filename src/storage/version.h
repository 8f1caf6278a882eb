// SPDX-License-Identifier: Apache-2.0
//
// One immutable state of an entity, and the rule of what a transaction sees.
//
// A stamp is the log index of the commit that made a version, or the mark of the transaction that
// is still making it. Marks are greater than every index, so "committed at or before the snapshot"
// is one comparison.
//
// A version is one allocation: header, keys (ascending), values, and what the values point to.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "storage/storage.h"

namespace trellis::storage {

constexpr uint64_t kMarkBit = uint64_t{1} << 63;
constexpr uint64_t kNever = ~uint64_t{0};  // no such event; never a mark
constexpr uint32_t kNoLabelSet = 0xFFFF'FFFF;

inline bool is_mark(uint64_t stamp) { return (stamp & kMarkBit) != 0; }

// What one transaction sees: commits up to the snapshot and its own mark.
struct View {
  uint64_t snapshot = 0;
  uint64_t mark = 0;
  bool sees(uint64_t stamp) const { return stamp <= snapshot || stamp == mark; }
};

struct Version {
  uint64_t stamp;
  Version* older;
  uint32_t label_set;  // kNoLabelSet: the node is deleted. 0 for relationships
  uint32_t count;      // of properties
  uint32_t bytes;      // of the allocation

  bool deleted() const { return label_set == kNoLabelSet; }
  std::span<const KeyId> keys() const { return {key_array(), count}; }
  std::span<const value::Value> values() const { return {value_array(), count}; }
  // Null when it lacks the key.
  const value::Value* find(KeyId key) const {
    const KeyId* k = key_array();
    for (uint32_t i = 0; i < count; ++i) {
      if (k[i] >= key) return k[i] == key ? value_array() + i : nullptr;
    }
    return nullptr;
  }

  static constexpr size_t kKeysAt = 28;
  static size_t values_at(size_t count) {
    return (kKeysAt + count * sizeof(KeyId) + 7) & ~size_t{7};
  }

 private:
  const KeyId* key_array() const {
    return reinterpret_cast<const KeyId*>(reinterpret_cast<const char*>(this) + kKeysAt);
  }
  const value::Value* value_array() const {
    return reinterpret_cast<const value::Value*>(reinterpret_cast<const char*>(this) +
                                                 values_at(count));
  }
};

struct VersionDeleter {
  void operator()(Version* version) const;  // it and everything older
};
using VersionPtr = std::unique_ptr<Version, VersionDeleter>;

// properties: ascending keys, no key twice, no null.
VersionPtr make_version(uint64_t stamp, uint32_t label_set, std::span<const Property> properties);
// The properties of `base` (may be null) with one key changed; a null value removes it.
VersionPtr make_version_with(uint64_t stamp, uint32_t label_set, const Version* base, KeyId key,
                             const value::Value& value);
VersionPtr make_version_like(uint64_t stamp, uint32_t label_set, const Version* base);
VersionPtr make_tombstone(uint64_t stamp);

// Newest first; null when the view sees none.
inline const Version* visible_version(const Version* version, const View& view) {
  while (version && !view.sees(version->stamp)) version = version->older;
  return version;
}
// What is committed, or is about to be by `mark`.
inline const Version* latest_version(const Version* version, uint64_t mark) {
  while (version && is_mark(version->stamp) && version->stamp != mark) version = version->older;
  return version;
}

// Sorts by key; the last of equal keys wins; nulls go.
std::vector<Property> in_key_order(std::span<const Property> properties);

}  // namespace trellis::storage
