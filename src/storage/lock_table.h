// SPDX-License-Identifier: Apache-2.0
//
// Locks of writers on nodes, relationships and key hashes. Sharded, first come first served, held
// until the transaction ends. No thread waits here: a request that cannot be granted is queued with
// a waker. Thread-safe.
//
// Deadlock: a transaction waits for at most one lock. When it starts to wait, edges to every holder
// and every earlier waiter go into one graph; if that closes a cycle the request is refused. As
// locks are never given back before the end, edges need no upkeep while it waits.
#pragma once

#include <array>
#include <deque>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/mutex.h"
#include "storage/storage.h"

namespace trellis::storage {

enum class LockSpace : uint8_t { kNode, kRelationship, kKey };

struct LockName {
  LockSpace space;
  uint64_t id;
  bool operator==(const LockName&) const = default;
};
struct LockNameHash {
  size_t operator()(const LockName& name) const {
    return (name.id * 4 + static_cast<size_t>(name.space)) * 0x9E3779B97F4A7C15;
  }
};

// A place in a queue. Owned by the waiting transaction; the table shares it while it waits.
struct LockRequest {
  uint64_t owner;
  LockName name;
  LockMode mode;
  bool granted = false;  // these two: by the shard's mutex
  Waker waker;
};

class LockTable {
 public:
  enum class Outcome : uint8_t { kGranted, kQueued, kDeadlock };
  struct Answer {
    Outcome outcome;
    std::shared_ptr<LockRequest> request;  // when queued
  };

  // What the owner already holds at least as strongly is granted again.
  Answer acquire(uint64_t owner, const LockName& name, LockMode mode, const Waker& waker);
  bool try_acquire(uint64_t owner, const LockName& name, LockMode mode);
  // True when it has been granted; otherwise the waker replaces the one before.
  bool poll(LockRequest& request, const Waker& waker);
  // Leaves the queue. True: it had been granted already, and is now held.
  bool cancel(LockRequest& request);
  // Calls the waker, if one is kept, so that the owner polls again.
  void wake(LockRequest& request);
  void release(uint64_t owner, std::span<const LockName> names);

 private:
  struct Entry {
    uint64_t exclusive = 0;     // owner, or 0
    uint64_t shared_first = 0;  // one owner inline: most shared locks have no other
    std::vector<uint64_t> shared_more;
    std::unique_ptr<std::deque<std::shared_ptr<LockRequest>>> queue;
    bool idle() const {
      return exclusive == 0 && shared_first == 0 && shared_more.empty() && !queue;
    }
    bool shared_by(uint64_t owner) const;
    bool shared_by_others(uint64_t owner) const;
    void add_shared(uint64_t owner);
    void remove_shared(uint64_t owner);
  };
  struct Shard {
    Mutex mutex;
    std::unordered_map<LockName, Entry, LockNameHash> entries GUARDED_BY(mutex);
  };
  static constexpr size_t kShards = 64;

  Shard& shard_of(const LockName& name) { return shards_[(LockNameHash()(name) >> 32) % kShards]; }
  static bool compatible(const Entry& entry, uint64_t owner, LockMode mode);
  static bool holds(const Entry& entry, uint64_t owner, LockMode mode);
  static void grant(Entry& entry, uint64_t owner, LockMode mode);
  void grant_waiting(Entry& entry, std::vector<Waker>& wakers);
  // False: a cycle.
  bool add_edges(uint64_t owner, std::vector<uint64_t> targets);
  void remove_edges(uint64_t owner);

  std::array<Shard, kShards> shards_;
  Mutex graph_mutex_;
  std::unordered_map<uint64_t, std::vector<uint64_t>> waits_for_ GUARDED_BY(graph_mutex_);
};

}  // namespace trellis::storage
