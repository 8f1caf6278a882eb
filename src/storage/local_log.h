// SPDX-License-Identifier: Apache-2.0
//
// The commit log on this machine's disk: one thread, one write in flight, as many entries as have
// gathered meanwhile in each (group commit). Without a thread of its own, whoever appends writes,
// and what others append meanwhile too: for files in memory, where a sync costs nothing.
//
// Errors that entries get: DiskFull when no segment can be made for them; StorageFailure after a
// failed write or sync, then and ever after; DatabaseUnavailable after stop().
#pragma once

#include <deque>
#include <thread>

#include "base/mutex.h"
#include "storage/commit_log.h"
#include "storage/log_segments.h"

namespace trellis::storage {

struct LocalLogOptions {
  uint64_t segment_bytes = 16 << 20;
  uint64_t batch_bytes = 4 << 20;
  bool own_thread = true;
};

class LocalLog final : public CommitLog {
 public:
  // Takes over where recovery, or creation, ended. `upkeep` is called from the log's thread when
  // prepare_segment() would do good.
  LocalLog(os::FileSystem& files, std::string directory, std::string uuid, LocalLogOptions options,
           RecoveredLog log, std::function<void()> upkeep);
  ~LocalLog() override { stop(); }

  uint64_t append(LogEntry entry) override;
  bool cancel(uint64_t ticket) override;
  // Writes what was appended, then ends the thread.
  void stop();

  bool wants_segment() const;
  Result<> prepare_segment();
  // Frames up to the index are in an image: their segments may be used again.
  Result<> cut(uint64_t index);
  uint64_t bytes_since_cut() const;

 private:
  struct Waiting {
    uint64_t ticket;
    LogEntry entry;
  };

  void run();
  void write_waiting() EXCLUDES(mutex_);
  std::vector<Waiting> next_batch() REQUIRES(mutex_);
  void write_batch(std::vector<Waiting> batch);
  Result<> make_room(uint64_t bytes);
  Result<std::unique_ptr<LogSegment>> take_segment(uint64_t bytes);
  Result<> write_frames(std::span<const std::byte> frames);
  Error broken(Error cause);

  os::FileSystem& files_;
  const std::string directory_;
  const std::string uuid_;
  const LocalLogOptions options_;
  const std::function<void()> upkeep_;

  mutable Mutex mutex_;
  ConditionVariable changed_;
  std::deque<Waiting> queue_ GUARDED_BY(mutex_);
  uint64_t next_ticket_ GUARDED_BY(mutex_) = 1;
  bool stopping_ GUARDED_BY(mutex_) = false;
  bool writing_ GUARDED_BY(mutex_) = false;  // an appender is; only without a thread

  // The current segment's file and the position belong to whoever writes.
  mutable Mutex segments_mutex_;
  LogFiles segments_ GUARDED_BY(segments_mutex_);
  uint64_t current_offset_ GUARDED_BY(segments_mutex_) = 0;
  uint64_t current_bytes_ GUARDED_BY(segments_mutex_) = 0;
  uint64_t bytes_since_cut_ GUARDED_BY(segments_mutex_) = 0;
  LogSegment* current_;
  LogPosition position_;
  std::optional<Error> broken_;

  std::thread thread_;
};

}  // namespace trellis::storage
