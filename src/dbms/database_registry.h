// SPDX-License-Identifier: Apache-2.0
//
// The databases that this server has open, brought into line with what `system` asks for.
//
//   LocalDatabase      an open storage database; alive as long as somebody holds it
//   DatabaseRegistry   opens, closes and removes, on one thread of its own
//
// Thread-safe. Names are in lower case.
//   1. reconcile(snapshot) is told of every commit to `system`; the newest one wins.
//   2. A database is "settled" when its status is what was asked for, or it has failed.
//   3. Before a database is closed, `drain` is called with it: it must end all use of it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/log.h"
#include "base/mutex.h"
#include "base/poll.h"
#include "base/result.h"
#include "dbms/dbms.h"
#include "dbms/system_snapshot.h"
#include "storage/storage.h"

namespace trellis::dbms {

struct LocalDatabase {
  std::string name;
  std::string directory;
  std::unique_ptr<storage::Database> store;
};

enum class DatabaseStatus : uint8_t { kUnknown, kStarting, kOnline, kStopping, kOffline, kFailed };
std::string_view to_string(DatabaseStatus status);  // column currentStatus

struct DatabaseState {
  DatabaseStatus status = DatabaseStatus::kUnknown;
  std::string message;
  bool settled = true;
};

class DatabaseRegistry {
 public:
  using Drain = std::function<void(const LocalDatabase&)>;
  DatabaseRegistry(Stores& stores, Logger log, Drain drain);
  ~DatabaseRegistry();

  // `system`, opened by whoever bootstraps it.
  void adopt(std::shared_ptr<LocalDatabase> database);
  void reconcile(std::shared_ptr<const SystemSnapshot> snapshot);

  // DatabaseUnavailable when it is not online; the message says why.
  Result<std::shared_ptr<LocalDatabase>> online(std::string_view name) const;
  DatabaseState state(std::string_view name) const;
  std::shared_ptr<LocalDatabase> with_uuid(std::string_view uuid) const;
  // kReady when the database is settled.
  Poll await_settled(std::string_view name, const PollContext& context);
  void wait_settled(std::string_view name);  // blocks: for start-up

  // Closes all, the newest first, `system` last. Later calls of online() fail.
  Result<> close();

 private:
  struct Entry {
    std::string directory;
    bool wanted_online = false;
    bool wanted = false;  // in the newest snapshot
    DatabaseStatus status = DatabaseStatus::kOffline;
    std::string message;
    std::shared_ptr<LocalDatabase> open;
    int64_t started_at_ms = 0;  // of the request: START on a failed one tries again
    uint64_t attempt = 0;       // requests seen; a failed one is not retried before the next
    uint64_t failed_attempt = 0;
  };
  using Entries = std::map<std::string, Entry, std::less<>>;
  struct Work {
    enum class Kind : uint8_t { kOpen, kClose, kRemove } kind;
    std::string name;
    std::string directory;
    std::shared_ptr<LocalDatabase> database;
  };

  void run();
  bool next_work(Work& work) REQUIRES(mutex_);
  void open_one(const Work& work) EXCLUDES(mutex_);
  void close_one(const Work& work) EXCLUDES(mutex_);
  void remove_one(const Work& work) EXCLUDES(mutex_);
  static bool settled(const Entry& entry);
  void wake_waiters() EXCLUDES(mutex_);

  Stores& stores_;
  const Logger log_;
  const Drain drain_;
  mutable Mutex mutex_;
  ConditionVariable changed_;
  bool stopping_ GUARDED_BY(mutex_) = false;
  uint64_t epoch_ GUARDED_BY(mutex_) = 0;
  Entries entries_ GUARDED_BY(mutex_);
  // Directories of databases that were dropped (or dropped and made again under the same name).
  std::vector<Work> removals_ GUARDED_BY(mutex_);
  std::vector<Waker> waiters_ GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace trellis::dbms
