// SPDX-License-Identifier: Apache-2.0
//
// A lock that the kernel holds for one open file: gone when its process is, however it ended.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

#include "base/result.h"

namespace trellis::os {

class FileLock {
 public:
  // Takes the lock, or fails when `patience` is over: FileLocked when another process has it,
  // IoError at once when the file cannot be opened, or is a link. The file is made when it is
  // missing, and holds our pid (for people; nobody trusts it).
  static Result<FileLock> acquire(const std::filesystem::path& file,
                                  std::chrono::milliseconds patience = {});
  // True when some process holds the lock of that file; false when none does or there is no file.
  static bool is_held(const std::filesystem::path& file);
  // The number written in the file by the holder; nullopt when there is none.
  static std::optional<pid_t> holder(const std::filesystem::path& file);

  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;
  ~FileLock();

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_ = -1;
};

}  // namespace trellis::os
