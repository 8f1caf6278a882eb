// SPDX-License-Identifier: Apache-2.0
#include "dbms/database_registry.h"

#include "dbms/system_schema.h"

namespace trellis::dbms {

std::string_view to_string(DatabaseStatus status) {
  switch (status) {
    case DatabaseStatus::kUnknown:
      return "unknown";
    case DatabaseStatus::kStarting:
      return "starting";
    case DatabaseStatus::kOnline:
      return "online";
    case DatabaseStatus::kStopping:
      return "stopping";
    case DatabaseStatus::kOffline:
      return "offline";
    case DatabaseStatus::kFailed:
      return "dirty";
  }
  TRELLIS_UNREACHABLE();
}

DatabaseRegistry::DatabaseRegistry(Stores& stores, Logger log, Drain drain)
    : stores_(stores), log_(std::move(log)), drain_(std::move(drain)), thread_([this] { run(); }) {}

DatabaseRegistry::~DatabaseRegistry() { (void)close(); }

void DatabaseRegistry::adopt(std::shared_ptr<LocalDatabase> database) {
  MutexLock lock(mutex_);
  Entry& entry = entries_[database->name];
  entry.directory = database->directory;
  entry.wanted = entry.wanted_online = true;
  entry.status = DatabaseStatus::kOnline;
  entry.open = std::move(database);
}

bool DatabaseRegistry::settled(const Entry& entry) {
  if (!entry.wanted) return false;
  if (entry.status == DatabaseStatus::kFailed) return entry.failed_attempt == entry.attempt;
  return entry.status == (entry.wanted_online ? DatabaseStatus::kOnline : DatabaseStatus::kOffline);
}

void DatabaseRegistry::reconcile(std::shared_ptr<const SystemSnapshot> snapshot) {
  {
    MutexLock lock(mutex_);
    if (stopping_ || snapshot->epoch < epoch_) return;
    epoch_ = snapshot->epoch;
    for (auto it = entries_.begin(); it != entries_.end();) {
      Entry& entry = it->second;
      const DatabaseRecord* record = snapshot->database(it->first);
      if (record != nullptr && record->directory == entry.directory) {
        ++it;
        continue;
      }
      // Dropped, or made again in another directory.
      removals_.push_back({Work::Kind::kRemove, it->first, entry.directory, std::move(entry.open)});
      it = entries_.erase(it);
    }
    for (const auto& [name, record] : snapshot->databases) {
      if (record.kind != DatabaseKind::kStandard) continue;
      Entry& entry = entries_[name];
      if (!entry.wanted || entry.wanted_online != record.requested_online ||
          entry.started_at_ms != record.started_at_ms) {
        ++entry.attempt;
      }
      entry.started_at_ms = record.started_at_ms;
      entry.directory = record.directory;
      entry.wanted = true;
      entry.wanted_online = record.requested_online;
    }
  }
  changed_.notify_one();
  wake_waiters();
}

Result<std::shared_ptr<LocalDatabase>> DatabaseRegistry::online(std::string_view name) const {
  MutexLock lock(mutex_);
  const auto found = entries_.find(name);
  if (found == entries_.end()) {
    return fail(ErrorCode::DatabaseUnavailable, "Database '{}' is not available.", name);
  }
  const Entry& entry = found->second;
  if (entry.status != DatabaseStatus::kOnline || !entry.wanted_online) {
    return fail(ErrorCode::DatabaseUnavailable, "Database '{}' is {}.{}{}", name,
                to_string(entry.status), entry.message.empty() ? "" : " ", entry.message);
  }
  return entry.open;
}

DatabaseState DatabaseRegistry::state(std::string_view name) const {
  MutexLock lock(mutex_);
  const auto found = entries_.find(name);
  if (found == entries_.end()) return {};
  const Entry& entry = found->second;
  DatabaseState state{entry.status, entry.message, settled(entry)};
  if (entry.open && entry.status == DatabaseStatus::kOnline) {
    if (const auto failure = entry.open->store->failure()) {
      state.status = DatabaseStatus::kFailed;
      state.message = failure->message();
    }
  }
  return state;
}

std::shared_ptr<LocalDatabase> DatabaseRegistry::with_uuid(std::string_view uuid) const {
  MutexLock lock(mutex_);
  for (const auto& [name, entry] : entries_) {
    if (entry.open && entry.open->store->uuid() == uuid) return entry.open;
  }
  return nullptr;
}

Poll DatabaseRegistry::await_settled(std::string_view name, const PollContext& context) {
  MutexLock lock(mutex_);
  const auto found = entries_.find(name);
  const bool removing = std::any_of(removals_.begin(), removals_.end(),
                                    [&](const Work& work) { return work.name == name; });
  if (stopping_) return Poll::kReady;
  if (found == entries_.end() ? !removing : settled(found->second)) return Poll::kReady;
  waiters_.push_back(context.waker);
  return Poll::kBlocked;
}

void DatabaseRegistry::wait_settled(std::string_view name) {
  Mutex mutex;
  ConditionVariable woken;
  bool ready = false;
  while (true) {
    const PollContext context{[&] {
      MutexLock lock(mutex);
      ready = true;
      woken.notify_one();
    }};
    if (await_settled(name, context) == Poll::kReady) return;
    MutexLock lock(mutex);
    while (!ready) woken.wait(mutex);
    ready = false;
  }
}

void DatabaseRegistry::wake_waiters() {
  std::vector<Waker> waiters;
  {
    MutexLock lock(mutex_);
    waiters.swap(waiters_);
  }
  for (const Waker& wake : waiters) wake();
}

bool DatabaseRegistry::next_work(Work& work) {
  if (!removals_.empty()) {
    work = removals_.front();  // stays in the list until done: see await_settled
    return true;
  }
  for (auto& [name, entry] : entries_) {
    if (settled(entry) || name == system_schema::kSystemDatabase) continue;
    if (entry.wanted_online) {
      entry.status = DatabaseStatus::kStarting;
      entry.message.clear();
      work = {Work::Kind::kOpen, name, entry.directory, nullptr};
    } else {
      entry.status = DatabaseStatus::kStopping;
      work = {Work::Kind::kClose, name, entry.directory, std::move(entry.open)};
      entry.open = nullptr;
    }
    return true;
  }
  return false;
}

void DatabaseRegistry::run() {
  while (true) {
    Work work;
    {
      MutexLock lock(mutex_);
      while (!stopping_ && !next_work(work)) changed_.wait(mutex_);
      if (stopping_) return;
    }
    switch (work.kind) {
      case Work::Kind::kOpen:
        open_one(work);
        break;
      case Work::Kind::kClose:
        close_one(work);
        break;
      case Work::Kind::kRemove:
        remove_one(work);
        break;
    }
    wake_waiters();
  }
}

void DatabaseRegistry::open_one(const Work& work) {
  auto opened = stores_.open(work.directory);
  MutexLock lock(mutex_);
  const auto found = entries_.find(work.name);
  if (found == entries_.end() || found->second.directory != work.directory) {
    // Dropped meanwhile: what was made is removed again.
    auto database = std::make_shared<LocalDatabase>();
    database->name = work.name;
    database->directory = work.directory;
    if (opened) database->store = std::move(*opened);
    for (Work& removal : removals_) {
      if (removal.directory == work.directory && database->store) removal.database = database;
    }
    return;
  }
  Entry& entry = found->second;
  if (!opened) {
    entry.status = DatabaseStatus::kFailed;
    entry.message = opened.error().message();
    entry.failed_attempt = entry.attempt;
    log_.error("Database '{}' cannot be opened: {}", work.name, entry.message);
    return;
  }
  entry.open = std::make_shared<LocalDatabase>();
  entry.open->name = work.name;
  entry.open->directory = work.directory;
  entry.open->store = std::move(*opened);
  entry.status = DatabaseStatus::kOnline;
  log_.info("Database '{}' is online.", work.name);
}

void DatabaseRegistry::close_one(const Work& work) {
  Result<> closed;
  if (work.database) {
    drain_(*work.database);
    closed = work.database->store->close();
  }
  MutexLock lock(mutex_);
  const auto found = entries_.find(work.name);
  if (found == entries_.end() || found->second.directory != work.directory) return;
  found->second.status = DatabaseStatus::kOffline;
  found->second.message = closed ? "" : closed.error().message();
  log_.info("Database '{}' is offline.", work.name);
}

void DatabaseRegistry::remove_one(const Work& work) {
  if (work.database && work.database->store) {
    drain_(*work.database);
    // What it holds is not wanted any more: an error on the way does not matter.
    (void)work.database->store->close();
  }
  const auto removed = stores_.remove(work.directory);
  if (!removed) {
    log_.error("The files of the dropped database '{}' cannot be removed: {}", work.name,
               removed.error().message());
  }
  MutexLock lock(mutex_);
  std::erase_if(removals_, [&](const Work& other) { return other.directory == work.directory; });
}

Result<> DatabaseRegistry::close() {
  std::vector<std::shared_ptr<LocalDatabase>> open;
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
  wake_waiters();
  std::shared_ptr<LocalDatabase> system;
  {
    MutexLock lock(mutex_);
    for (auto& [name, entry] : entries_) {
      entry.status = DatabaseStatus::kOffline;
      if (!entry.open) continue;
      if (name == system_schema::kSystemDatabase) {
        system = std::move(entry.open);
      } else {
        open.push_back(std::move(entry.open));
      }
    }
    for (Work& work : removals_) {
      if (work.database && work.database->store) open.push_back(std::move(work.database));
    }
    removals_.clear();
  }
  if (system) open.push_back(std::move(system));
  Result<> result;
  for (const auto& database : open) {
    drain_(*database);
    auto closed = database->store->close();
    if (!closed && result) result = std::move(closed);
  }
  return result;
}

}  // namespace trellis::dbms
