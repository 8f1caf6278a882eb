// SPDX-License-Identifier: Apache-2.0
//
// Compiled statements by key, least recently used out first. Thread-safe.
#pragma once

#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/mutex.h"
#include "cypher/engine/compiled.h"

namespace trellis::cypher {

class StatementCache {
 public:
  explicit StatementCache(size_t capacity) : capacity_(capacity) {}

  std::shared_ptr<const Compiled> find(std::string_view key);
  void put(std::shared_ptr<const Compiled> compiled);
  void drop(std::string_view key);
  // A key whose statement depends on the very text of its literals: look it up by that text.
  void mark_exact(std::string key);
  bool is_exact(std::string_view key) const;
  void clear();

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  struct Entry {
    std::string key;
    std::shared_ptr<const Compiled> compiled;  // null: marked exact
  };
  using Order = std::list<Entry>;  // most recent first
  void insert(Entry entry) REQUIRES(mutex_);

  const size_t capacity_;
  mutable Mutex mutex_;
  Order order_ GUARDED_BY(mutex_);
  std::unordered_map<std::string, Order::iterator, Hash, std::equal_to<>> entries_
      GUARDED_BY(mutex_);
};

}  // namespace trellis::cypher
