// SPDX-License-Identifier: Apache-2.0
//
// The worst disk that the contract of file_system.h allows, in memory, repeatable by its seed.
//
//   crash()        what power loss leaves: synced bytes under synced names. Of the unsynced writes
//                  the model decides what survives. Files opened before fail from then on.
//   cut_power_at() every call from the n-th on fails, as for a process that is about to die; then
//                  crash() and open again.
//   fail_at()      one call fails with an error; a failed write leaves a part behind, a failed sync
//                  drops what it should have synced for good (as Linux does), though reads still
//                  show it.
// Calls are counted from 1 over open, write_at, sync_data, rename, remove and sync_directory; reads
// do not count. Thread-safe.
#pragma once

#include <map>
#include <optional>
#include <set>

#include "base/mutex.h"
#include "os/file_system.h"
#include "os/random.h"

namespace trellis::os {

enum class CrashModel : uint8_t {
  kDropAll,     // every unsynced write is lost, but for the beginning of the last one of each file
  kAnySectors,  // any 512-byte sectors of any unsynced writes survive
  kKeepAll,     // nothing is lost: what kill -9 leaves
};

class HostileFileSystem final : public FileSystem {
 public:
  explicit HostileFileSystem(uint64_t seed) : random_(seed) {}

  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
  Result<bool> exists(const std::string& path) override;
  Result<> rename(const std::string& from, const std::string& to) override;
  Result<> remove(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& directory) override;
  Result<> make_directory(const std::string& directory) override;
  Result<> remove_tree(const std::string& directory) override;
  Result<> sync_directory(const std::string& directory) override;

  void crash(CrashModel model);
  // `call` counts from the first call ever made; nullopt ends it.
  void fail_at(std::optional<uint64_t> call, ErrorCode code = ErrorCode::IoError);
  void cut_power_at(std::optional<uint64_t> call);
  // The error for every write that makes a file longer (a full disk), until told otherwise.
  void set_full(bool full);

  uint64_t calls() const;
  uint64_t syncs() const;  // successful sync_data() calls
  // Damages one byte of a file, as bit rot would. False: no such byte.
  bool flip(const std::string& path, uint64_t offset);

 private:
  friend class HostileFile;
  struct Write {
    uint64_t offset;
    std::vector<std::byte> bytes;
  };
  struct Inode {
    std::vector<std::byte> durable;
    std::vector<std::byte> seen;  // what reads show
    std::vector<Write> pending;
  };
  using Names = std::map<std::string, std::shared_ptr<Inode>>;

  static void apply(std::vector<std::byte>& bytes, const Write& write);
  Result<> count_call(const std::string& what) REQUIRES(mutex_);
  void settle(Inode& inode, CrashModel model) REQUIRES(mutex_);
  Result<> write(Inode& inode, uint64_t generation, uint64_t offset,
                 std::span<const std::byte> bytes);
  Result<> sync(Inode& inode, uint64_t generation);
  Result<size_t> read(Inode& inode, uint64_t generation, uint64_t offset,
                      std::span<std::byte> buffer);
  Result<uint64_t> size(Inode& inode);

  mutable Mutex mutex_;
  Names names_ GUARDED_BY(mutex_);
  Names durable_names_ GUARDED_BY(mutex_);
  std::set<std::string> directories_ GUARDED_BY(mutex_);
  uint64_t generation_ GUARDED_BY(mutex_) = 0;
  uint64_t calls_ GUARDED_BY(mutex_) = 0;
  uint64_t syncs_ GUARDED_BY(mutex_) = 0;
  std::optional<uint64_t> fail_at_ GUARDED_BY(mutex_);
  ErrorCode fail_code_ GUARDED_BY(mutex_) = ErrorCode::IoError;
  std::optional<uint64_t> cut_at_ GUARDED_BY(mutex_);
  bool full_ GUARDED_BY(mutex_) = false;
  SeededRandom random_;
};

}  // namespace trellis::os
