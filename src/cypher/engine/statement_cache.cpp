// SPDX-License-Identifier: Apache-2.0
#include "cypher/engine/statement_cache.h"

namespace trellis::cypher {

std::shared_ptr<const Compiled> StatementCache::find(std::string_view key) {
  MutexLock lock(mutex_);
  const auto it = entries_.find(key);
  if (it == entries_.end()) return nullptr;
  order_.splice(order_.begin(), order_, it->second);
  return it->second->compiled;
}

void StatementCache::insert(Entry entry) {
  if (const auto it = entries_.find(entry.key); it != entries_.end()) {
    order_.erase(it->second);
    entries_.erase(it);
  }
  while (!order_.empty() && order_.size() >= capacity_) {
    entries_.erase(order_.back().key);
    order_.pop_back();
  }
  order_.push_front(std::move(entry));
  entries_.emplace(order_.front().key, order_.begin());
}

void StatementCache::put(std::shared_ptr<const Compiled> compiled) {
  MutexLock lock(mutex_);
  std::string key = compiled->key();
  insert({std::move(key), std::move(compiled)});
}

void StatementCache::drop(std::string_view key) {
  MutexLock lock(mutex_);
  const auto it = entries_.find(key);
  if (it == entries_.end()) return;
  order_.erase(it->second);
  entries_.erase(it);
}

void StatementCache::mark_exact(std::string key) {
  MutexLock lock(mutex_);
  insert({std::move(key), nullptr});
}

bool StatementCache::is_exact(std::string_view key) const {
  MutexLock lock(mutex_);
  const auto it = entries_.find(key);
  return it != entries_.end() && !it->second->compiled;
}

void StatementCache::clear() {
  MutexLock lock(mutex_);
  order_.clear();
  entries_.clear();
}

}  // namespace trellis::cypher
