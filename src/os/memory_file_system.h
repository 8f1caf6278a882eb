// SPDX-License-Identifier: Apache-2.0
//
// Files in memory: for tests and the in-process TCK. A reopened database finds what it wrote; syncs
// do nothing. Thread-safe. Folders exist when made or when a file lies in them.
#pragma once

#include <map>
#include <set>

#include "base/mutex.h"
#include "os/file_system.h"

namespace trellis::os {

class MemoryFileSystem final : public FileSystem {
 public:
  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
  Result<bool> exists(const std::string& path) override;
  Result<> rename(const std::string& from, const std::string& to) override;
  Result<> remove(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& directory) override;
  Result<> make_directory(const std::string& directory) override;
  Result<> remove_tree(const std::string& directory) override;
  Result<> sync_directory(const std::string&) override { return {}; }

  struct Content {
    SharedMutex mutex;
    std::vector<std::byte> bytes GUARDED_BY(mutex);
  };

 private:
  Mutex mutex_;
  std::map<std::string, std::shared_ptr<Content>> files_ GUARDED_BY(mutex_);
  std::set<std::string> directories_ GUARDED_BY(mutex_);
};

}  // namespace trellis::os
