// SPDX-License-Identifier: Apache-2.0
//
// The parts of the resident engine and what joins them. Shared by the database object and its
// transactions; ends when the last of them does.
//
// Order of locks: latch, then a part's own mutex; no part calls another while it holds its mutex.
// Wakers are called with nothing held.
#pragma once

#include <atomic>
#include <memory>
#include <thread>

#include "storage/counts.h"
#include "storage/garbage.h"
#include "storage/graph.h"
#include "storage/key_commits.h"
#include "storage/latch.h"
#include "storage/local_log.h"
#include "storage/lock_table.h"
#include "storage/resident_database.h"
#include "storage/schema_registry.h"
#include "storage/snapshots.h"
#include "storage/token_catalog.h"
#include "storage/wait_lists.h"
#include "storage/write_set.h"

namespace trellis::storage {

class Engine {
 public:
  Engine(os::FileSystem& files, std::string directory, ResidentOptions options)
      : files_(files), directory_(std::move(directory)), options_(std::move(options)) {}
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  Result<> open();
  Result<> close();

  // The error for whoever wants to begin or to write; success while the database works.
  Result<> check_open() const EXCLUDES(state_mutex_);
  std::optional<Error> failure() const EXCLUDES(state_mutex_);
  Result<> check_log_size(uint64_t bytes) const;
  uint64_t next_transaction_id() { return next_transaction_.fetch_add(1); }
  const std::string& uuid() const { return uuid_; }

  // Appends to the log; the state is answered from the log's thread, published or undone.
  // Returns the ticket for cancel().
  uint64_t commit(const std::shared_ptr<CommitState>& state);
  bool cancel(uint64_t ticket) { return log_->cancel(ticket); }
  // Takes back every change, and gives the locks back.
  void undo(WriteSet& set);
  void release(WriteSet& set);

  Result<> checkpoint() EXCLUDES(checkpoint_mutex_);

  Latch latch;
  Graph graph GUARDED_BY(latch);
  ResidentTokens tokens;
  LockTable locks;
  KeyCommits key_commits;
  Snapshots snapshots;
  Counts counts;
  SchemaRegistry schema;
  ActiveWriters writers;
  CommitWaiters commit_waiters;

 private:
  Result<RecoveredLog> create();
  Result<RecoveredLog> recover(const std::string& image);
  Result<> remove_leftovers(const std::vector<std::string>& names);
  void count_all() REQUIRES(latch);
  Result<uint64_t> write_image(const std::string& path, const View& view, const Schema& schema_now)
      EXCLUDES(latch);

  void publish(WriteSet& set, uint64_t index);
  void settle_nodes(const WriteSet& set, uint64_t index, CountChanges& changes);
  void settle_relationships(const WriteSet& set, uint64_t index, CountChanges& changes);
  void publish_schema(const WriteSet& set);
  void note_keys(const WriteSet& set, uint64_t index);
  void add_garbage(const WriteSet& set, uint64_t index);
  void undo_relationships(WriteSet& set);
  void undo_nodes(WriteSet& set);
  void stop_with(const Error& error) EXCLUDES(state_mutex_);

  void upkeep();
  void wake_upkeep() EXCLUDES(upkeep_mutex_);
  void stop_upkeep() EXCLUDES(upkeep_mutex_);
  bool collect_garbage(size_t limit) EXCLUDES(latch);  // true: there may be more
  bool checkpoint_due() const;

  os::FileSystem& files_;
  const std::string directory_;
  const ResidentOptions options_;
  std::string uuid_;
  std::atomic<uint64_t> next_transaction_{1};
  Garbage garbage_;

  mutable Mutex state_mutex_;
  std::optional<Error> failure_ GUARDED_BY(state_mutex_);
  bool closed_ GUARDED_BY(state_mutex_) = false;

  Mutex checkpoint_mutex_;
  std::atomic<uint64_t> image_bytes_{0};
  std::atomic<uint64_t> checkpoint_floor_{0};  // after a failure: not before the log is so long
  uint64_t image_index_ GUARDED_BY(checkpoint_mutex_) = 0;

  Mutex upkeep_mutex_;
  ConditionVariable upkeep_changed_;
  bool upkeep_wanted_ GUARDED_BY(upkeep_mutex_) = false;
  bool upkeep_stopping_ GUARDED_BY(upkeep_mutex_) = false;
  std::thread upkeep_thread_;

  std::unique_ptr<LocalLog> log_;  // destroyed first: its thread uses the rest
};

}  // namespace trellis::storage
