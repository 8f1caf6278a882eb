// SPDX-License-Identifier: Apache-2.0
#include "tls/file_stamp.h"

#include <sys/stat.h>

#include <cerrno>
#include <climits>
#include <cstdlib>

namespace trellis::tls {
namespace {

// More than the coarsest clock of a file system that is in use for such files.
constexpr int64_t kTickNs = 2'000'000'000;

int64_t in_ns(const timespec& time) {
  return static_cast<int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

FileStamp FileStamp::of(const std::vector<std::filesystem::path>& paths,
                        std::chrono::system_clock::time_point now) {
  FileStamp stamp;
  stamp.settled_ = true;
  const int64_t now_ns =
      std::chrono::duration_cast<std::chrono::nanoseconds>(now.time_since_epoch()).count();
  for (const auto& path : paths) {
    Entry entry;
    entry.path = path.string();
    struct stat info{};
    char resolved[PATH_MAX];
    if (::realpath(path.c_str(), resolved) == nullptr || ::stat(resolved, &info) != 0) {
      entry.error = errno;
    } else {
      entry.leads_to = resolved;
      entry.device = info.st_dev;
      entry.inode = info.st_ino;
      entry.size = info.st_size;
      entry.modified_ns = in_ns(info.st_mtim);
      entry.changed_ns = in_ns(info.st_ctim);
      const int64_t age = now_ns - entry.changed_ns;
      if (age > -kTickNs && age < kTickNs) stamp.settled_ = false;
    }
    stamp.entries_.push_back(std::move(entry));
  }
  return stamp;
}

bool FileStamp::surely_equals(const FileStamp& later) const {
  return settled_ && entries_ == later.entries_;
}

}  // namespace trellis::tls
