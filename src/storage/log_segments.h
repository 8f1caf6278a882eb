// SPDX-License-Identifier: Apache-2.0
//
// The files of the local log: segments, written full of zeros before use, overwritten, recycled.
// Layout: docs/formats/log.md. Not thread-safe: LocalLog guards it.
//
// Invariants
//   1. A segment's header is durable before the first frame goes in, and names the order of use;
//      file names mean nothing.
//   2. A free segment may hold frames of an earlier life: all older than any that is needed.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "os/file_system.h"
#include "storage/log_frame.h"

namespace trellis::storage {

struct LogSegment {
  std::string path;
  std::unique_ptr<os::File> file;
  uint64_t bytes = 0;
  SegmentHeader header;     // sequence 0: never used
  uint64_t last_index = 0;  // of a full segment
};

// Where the log goes on.
struct LogPosition {
  uint64_t next_index = 1;
  uint64_t last_checksum = 0;
  uint64_t offset = kSegmentHeaderBytes;  // in the current segment
};

constexpr std::string_view kSegmentPrefix = "segment-";

struct LogFiles {
  std::vector<std::unique_ptr<LogSegment>> used;  // by sequence; the last one is current
  std::vector<std::unique_ptr<LogSegment>> free;
  uint64_t next_file_number = 1;
};

// Makes a file full of zeros, durable with its name.
Result<std::unique_ptr<LogSegment>> make_segment(os::FileSystem& files,
                                                 const std::string& directory, uint64_t number,
                                                 uint64_t bytes);
// Writes the header and syncs it.
Result<> begin_segment(LogSegment& segment, const SegmentHeader& header);

struct RecoveredLog {
  LogFiles files;
  LogPosition position;
};
// Reads every frame after `after_index` in order. Cuts a torn tail, makes durable what it read.
// Corruption, with file and offset: a bad or missing frame that had been durable, or one that
// `visit` refuses (returns false).
Result<RecoveredLog> recover_log(os::FileSystem& files, const std::string& directory,
                                 std::string_view uuid, uint64_t after_index,
                                 const std::function<bool(const Frame&)>& visit);

}  // namespace trellis::storage
