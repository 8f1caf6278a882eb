// SPDX-License-Identifier: Apache-2.0
#include "storage/lock_table.h"

#include <algorithm>
#include <unordered_set>

namespace trellis::storage {

bool LockTable::Entry::shared_by(uint64_t owner) const {
  return shared_first == owner || std::ranges::find(shared_more, owner) != shared_more.end();
}

bool LockTable::Entry::shared_by_others(uint64_t owner) const {
  return (shared_first != 0 && shared_first != owner) ||
         std::ranges::any_of(shared_more, [&](uint64_t holder) { return holder != owner; });
}

void LockTable::Entry::add_shared(uint64_t owner) {
  if (shared_first == 0) {
    shared_first = owner;
  } else {
    shared_more.push_back(owner);
  }
}

void LockTable::Entry::remove_shared(uint64_t owner) {
  if (shared_first == owner) {
    shared_first = 0;
  } else if (!shared_more.empty()) {
    std::erase(shared_more, owner);
  }
}

bool LockTable::holds(const Entry& entry, uint64_t owner, LockMode mode) {
  if (entry.exclusive == owner) return true;
  return mode == LockMode::kShared && entry.shared_by(owner);
}

bool LockTable::compatible(const Entry& entry, uint64_t owner, LockMode mode) {
  if (entry.exclusive != 0 && entry.exclusive != owner) return false;
  if (mode == LockMode::kShared) return true;
  return !entry.shared_by_others(owner);
}

void LockTable::grant(Entry& entry, uint64_t owner, LockMode mode) {
  if (mode == LockMode::kExclusive) {
    entry.remove_shared(owner);
    entry.exclusive = owner;
  } else {
    entry.add_shared(owner);
  }
}

bool LockTable::try_acquire(uint64_t owner, const LockName& name, LockMode mode) {
  Shard& shard = shard_of(name);
  MutexLock lock(shard.mutex);
  Entry& entry = shard.entries[name];
  if (holds(entry, owner, mode)) return true;
  const bool upgrade = holds(entry, owner, LockMode::kShared);
  if (!compatible(entry, owner, mode) || (entry.queue && !upgrade)) return false;
  grant(entry, owner, mode);
  return true;
}

LockTable::Answer LockTable::acquire(uint64_t owner, const LockName& name, LockMode mode,
                                     const Waker& waker) {
  Shard& shard = shard_of(name);
  MutexLock lock(shard.mutex);
  Entry& entry = shard.entries[name];
  if (holds(entry, owner, mode)) return {Outcome::kGranted, nullptr};
  const bool upgrade = holds(entry, owner, LockMode::kShared);
  if (compatible(entry, owner, mode) && (!entry.queue || upgrade)) {
    grant(entry, owner, mode);
    return {Outcome::kGranted, nullptr};
  }
  std::vector<uint64_t> targets;
  if (entry.exclusive != 0) targets.push_back(entry.exclusive);
  if (entry.shared_first != 0 && entry.shared_first != owner) targets.push_back(entry.shared_first);
  for (const uint64_t holder : entry.shared_more) {
    if (holder != owner) targets.push_back(holder);
  }
  if (entry.queue && !upgrade) {
    for (const auto& request : *entry.queue) targets.push_back(request->owner);
  }
  if (!add_edges(owner, std::move(targets))) return {Outcome::kDeadlock, nullptr};
  auto request = std::make_shared<LockRequest>(LockRequest{owner, name, mode, false, waker});
  if (!entry.queue) entry.queue = std::make_unique<std::deque<std::shared_ptr<LockRequest>>>();
  // Who holds the lock shared goes first: nobody behind it could get the lock before it ends.
  if (upgrade) {
    entry.queue->push_front(request);
  } else {
    entry.queue->push_back(request);
  }
  return {Outcome::kQueued, std::move(request)};
}

bool LockTable::poll(LockRequest& request, const Waker& waker) {
  Shard& shard = shard_of(request.name);
  MutexLock lock(shard.mutex);
  if (request.granted) return true;
  request.waker = waker;
  return false;
}

void LockTable::wake(LockRequest& request) {
  Waker waker;
  {
    Shard& shard = shard_of(request.name);
    MutexLock lock(shard.mutex);
    waker.swap(request.waker);
  }
  if (waker) waker();
}

bool LockTable::cancel(LockRequest& request) {
  std::vector<Waker> wakers;
  bool granted = false;
  {
    Shard& shard = shard_of(request.name);
    MutexLock lock(shard.mutex);
    granted = request.granted;
    if (!granted) {
      const auto found = shard.entries.find(request.name);
      TRELLIS_ASSERT(found != shard.entries.end() && found->second.queue);
      Entry& entry = found->second;
      std::erase_if(*entry.queue, [&](const auto& waiting) { return waiting.get() == &request; });
      remove_edges(request.owner);
      grant_waiting(entry, wakers);
      if (entry.idle()) shard.entries.erase(found);
    }
  }
  for (const Waker& waker : wakers) waker();
  return granted;
}

void LockTable::grant_waiting(Entry& entry, std::vector<Waker>& wakers) {
  if (!entry.queue) return;
  while (!entry.queue->empty()) {
    LockRequest& next = *entry.queue->front();
    if (!compatible(entry, next.owner, next.mode)) break;
    grant(entry, next.owner, next.mode);
    next.granted = true;
    remove_edges(next.owner);
    if (next.waker) wakers.push_back(std::move(next.waker));
    next.waker = nullptr;
    entry.queue->pop_front();
  }
  if (entry.queue->empty()) entry.queue.reset();
}

void LockTable::release(uint64_t owner, std::span<const LockName> names) {
  std::vector<Waker> wakers;
  for (const LockName& name : names) {
    Shard& shard = shard_of(name);
    MutexLock lock(shard.mutex);
    const auto found = shard.entries.find(name);
    if (found == shard.entries.end()) continue;
    Entry& entry = found->second;
    if (entry.exclusive == owner) entry.exclusive = 0;
    entry.remove_shared(owner);
    grant_waiting(entry, wakers);
    if (entry.idle()) shard.entries.erase(found);
  }
  for (const Waker& waker : wakers) waker();
}

bool LockTable::add_edges(uint64_t owner, std::vector<uint64_t> targets) {
  MutexLock lock(graph_mutex_);
  std::vector<uint64_t> to_visit = targets;
  std::unordered_set<uint64_t> visited;
  while (!to_visit.empty()) {
    const uint64_t at = to_visit.back();
    to_visit.pop_back();
    if (at == owner) return false;
    if (!visited.insert(at).second) continue;
    if (const auto next = waits_for_.find(at); next != waits_for_.end()) {
      to_visit.insert(to_visit.end(), next->second.begin(), next->second.end());
    }
  }
  waits_for_[owner] = std::move(targets);
  return true;
}

void LockTable::remove_edges(uint64_t owner) {
  MutexLock lock(graph_mutex_);
  waits_for_.erase(owner);
}

}  // namespace trellis::storage
