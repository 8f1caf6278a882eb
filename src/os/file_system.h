// SPDX-License-Identifier: Apache-2.0
//
// Files for code whose data must survive: the storage engine and nothing that only reads a setting.
//
//   FileSystem          the interface. Thread-safe.
//   File                one open file; calls may overlap. Closed by its destructor.
//   PosixFileSystem     the machine's.
//   MemoryFileSystem    memory_file_system.h: for tests and the in-process TCK.
//   HostileFileSystem   hostile_file_system.h: loses what was not synced, fails on demand.
//
// Durability
//   1. Bytes are durable when sync_data() of the file that was written has returned success. It
//      also makes the file's size durable.
//   2. A name (made, renamed, removed) is durable when sync_directory() of its folder has returned
//      success. A file's bytes may be durable before its name is.
//   3. After a failed sync_data() nothing is known about the bytes written since the last good one;
//      trying again proves nothing.
// Errors: DiskFull (ENOSPC, EDQUOT), IoError (everything else). Paths are UTF-8, '/' separates.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"

namespace trellis::os {

enum class OpenMode : uint8_t {
  kRead,       // must exist
  kReadWrite,  // must exist
  kCreate,     // made when missing
  kCreateNew,  // must not exist
};

class File {
 public:
  virtual ~File() = default;
  // Fills the buffer, or less where the file ends; returns how many bytes.
  virtual Result<size_t> read_at(uint64_t offset, std::span<std::byte> buffer) = 0;
  // Writes everything or fails; after a failure any part may have been written.
  virtual Result<> write_at(uint64_t offset, std::span<const std::byte> bytes) = 0;
  virtual Result<> sync_data() = 0;
  virtual Result<uint64_t> size() = 0;
};

class FileSystem {
 public:
  virtual ~FileSystem() = default;
  virtual Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) = 0;
  virtual Result<bool> exists(const std::string& path) = 0;
  // Replaces `to` if it exists.
  virtual Result<> rename(const std::string& from, const std::string& to) = 0;
  virtual Result<> remove(const std::string& path) = 0;  // a file
  // Names (not paths) of files and folders directly inside, sorted.
  virtual Result<std::vector<std::string>> list(const std::string& directory) = 0;
  // With its parents; success when it is there already. Syncs the parents of what it made.
  virtual Result<> make_directory(const std::string& directory) = 0;
  // The folder and everything below it; success when there is none.
  virtual Result<> remove_tree(const std::string& directory) = 0;
  virtual Result<> sync_directory(const std::string& directory) = 0;
};

// Writes zeros, so that later writes to that range neither grow the file nor convert extents.
Result<> write_zeros(File& file, uint64_t offset, uint64_t length);
// The whole file.
Result<std::vector<std::byte>> read_file(FileSystem& files, const std::string& path);

class PosixFileSystem final : public FileSystem {
 public:
  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
  Result<bool> exists(const std::string& path) override;
  Result<> rename(const std::string& from, const std::string& to) override;
  Result<> remove(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& directory) override;
  Result<> make_directory(const std::string& directory) override;
  Result<> remove_tree(const std::string& directory) override;
  Result<> sync_directory(const std::string& directory) override;
};

}  // namespace trellis::os
