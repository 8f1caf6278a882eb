// SPDX-License-Identifier: Apache-2.0
//
// One lock below a storage folder, which machines may share.
//
// Two things together: the kernel's lock on a file, gone with its holder however that ended, and a
// lease, a file that the holder rewrites every `refresh`, for file systems whose locks do not reach
// other machines. A lease of this machine found while we have the kernel's lock is a dead
// process's. A lease of another machine counts as abandoned when it has not changed for `stale`,
// measured by our own monotonic clock while we watch; clocks are never compared.
// Errors: FileLocked (somebody has it, or may have it: try again in a second), IoError, DiskFull.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "base/mutex.h"
#include "base/result.h"
#include "tls/acme/store.h"

namespace trellis::tls::acme {

struct LeaseTimes {
  std::chrono::milliseconds refresh;
  std::chrono::milliseconds stale;
  std::chrono::milliseconds settle;  // after taking over, before we believe it
};

class StorageLocks {
 public:
  StorageLocks(std::filesystem::path folder, std::string machine, bool kernel_lock,
               LeaseTimes times);
  Result<std::unique_ptr<StoreLock>> acquire(const std::string& purpose) EXCLUDES(mutex_);

 private:
  struct Seen {
    std::string content;
    std::chrono::steady_clock::time_point since;
  };
  Result<> take_lease(const std::filesystem::path& lease, const std::string& mine,
                      const std::string& purpose, bool have_kernel_lock) EXCLUDES(mutex_);
  bool abandoned(const std::string& purpose, const std::string& content) EXCLUDES(mutex_);

  const std::filesystem::path folder_;
  const std::string machine_;
  const bool kernel_lock_;
  const LeaseTimes times_;
  Mutex mutex_;
  std::map<std::string, Seen> seen_ GUARDED_BY(mutex_);  // one for each purpose
};

// The kernel's name for this boot of this machine.
std::string this_machine();

}  // namespace trellis::tls::acme
