// SPDX-License-Identifier: Apache-2.0
//
// Whether files may have changed, without reading them: where each path leads (links resolved),
// which file stands there, its size and times; or why it cannot be seen. Equal stamps mean equal
// content, unless a file was so fresh when it was stamped that it could change again within the
// tick of the file system's clock: then the stamp equals nothing.
//
// No digest of the content is needed for that: whatever changes a file's content, owner or mode
// sets its change time (st_ctime), which no program can set back. So a change that keeps path,
// inode, size and modification time (touch -r, rsync --inplace --times) is seen too.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace trellis::tls {

class FileStamp {
 public:
  FileStamp() = default;  // equals nothing
  // `now` by the machine's clock: it is the file system whose times are compared with it.
  static FileStamp of(const std::vector<std::filesystem::path>& paths,
                      std::chrono::system_clock::time_point now = std::chrono::system_clock::now());
  bool surely_equals(const FileStamp& later) const;

 private:
  struct Entry {
    std::string path;
    std::string leads_to;
    int error = 0;
    dev_t device = 0;
    ino_t inode = 0;
    off_t size = 0;
    int64_t modified_ns = 0;
    int64_t changed_ns = 0;
    bool operator==(const Entry&) const = default;
  };
  std::vector<Entry> entries_;
  bool settled_ = false;
};

}  // namespace trellis::tls
