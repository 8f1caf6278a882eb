// SPDX-License-Identifier: Apache-2.0
//
// The resident engine: the whole graph in memory, every commit in a log on disk, and now and then a
// full image beside it. Simple, durable, and the model for engines to come.
//
// Files in the directory (docs/formats/): image-<index>, segment-<number>, image.tmp while one is
// written. A directory without an image and without a used segment gets a new, empty database.
//
// Threads: one for the log, one for upkeep (checkpoints, segments, old versions).
#pragma once

#include <memory>
#include <string>

#include "base/log.h"
#include "os/file_system.h"
#include "os/random.h"
#include "storage/storage.h"

namespace trellis::storage {

struct ResidentOptions {
  uint64_t first_segment_bytes = 1 << 20;  // small: it is filled with zeros while a start waits
  uint64_t segment_bytes = 16 << 20;
  // A checkpoint follows when the log has grown by this much, and by half the last image.
  uint64_t checkpoint_log_bytes = 64 << 20;
  // A transaction that writes more than this into the log fails with ResourceExhausted.
  uint64_t transaction_log_bytes = uint64_t{1} << 30;
  // False: commits write their frames themselves. For files in memory: a commit is then ready at
  // its first poll, with no thread in between.
  bool log_thread = true;
  os::Random* random = nullptr;  // for the uuid; null: the kernel's
  Logger log;

  // For a MemoryFileSystem: small segments, no log thread.
  static ResidentOptions in_memory() {
    ResidentOptions options;
    options.first_segment_bytes = 64 << 10;
    options.segment_bytes = 1 << 20;
    options.log_thread = false;
    return options;
  }
};

// Errors: Corruption (with file and offset), IoError, DiskFull. `files` must outlive the database
// and its transactions.
Result<std::unique_ptr<Database>> open_resident(os::FileSystem& files, const std::string& directory,
                                                const ResidentOptions& options = {});

}  // namespace trellis::storage
