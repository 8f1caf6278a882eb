// SPDX-License-Identifier: Apache-2.0
#include "storage/log_segments.h"

#include <fmt/format.h>

namespace trellis::storage {

Result<std::unique_ptr<LogSegment>> make_segment(os::FileSystem& files,
                                                 const std::string& directory, uint64_t number,
                                                 uint64_t bytes) {
  auto segment = std::make_unique<LogSegment>();
  segment->path = fmt::format("{}/{}{:08}", directory, kSegmentPrefix, number);
  segment->bytes = bytes;
  const auto fill = [&]() -> Result<> {
    TRELLIS_TRY_ASSIGN(segment->file, files.open(segment->path, os::OpenMode::kCreateNew));
    TRELLIS_TRY(os::write_zeros(*segment->file, 0, bytes));
    TRELLIS_TRY(segment->file->sync_data());
    return files.sync_directory(directory);
  };
  if (auto filled = fill(); !filled) {
    segment->file.reset();
    (void)files.remove(segment->path);  // a half-made file would only waste the scarce space
    return fail(std::move(filled).error());
  }
  return segment;
}

Result<> begin_segment(LogSegment& segment, const SegmentHeader& header) {
  TRELLIS_TRY(segment.file->write_at(0, encode_segment_header(header)));
  TRELLIS_TRY(segment.file->sync_data());
  segment.header = header;
  return {};
}

}  // namespace trellis::storage
