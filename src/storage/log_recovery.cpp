// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>

#include "storage/log_segments.h"

namespace trellis::storage {
namespace {

class LogReader {
 public:
  LogReader(os::FileSystem& files, std::string directory, std::string_view uuid, uint64_t after,
            const std::function<bool(const Frame&)>& visit)
      : files_(files),
        directory_(std::move(directory)),
        uuid_(uuid),
        after_(after),
        visit_(visit) {}

  Result<RecoveredLog> run() {
    TRELLIS_TRY(open_segments());
    TRELLIS_TRY(choose_first());
    for (size_t i = 0; i < used().size(); ++i) TRELLIS_TRY(read_segment(i));
    TRELLIS_TRY(check_tail());
    TRELLIS_TRY(harden());
    return std::move(log_);
  }

 private:
  std::vector<std::unique_ptr<LogSegment>>& used() { return log_.files.used; }

  Result<> open_segments() {
    TRELLIS_TRY_ASSIGN(const auto names, files_.list(directory_));
    for (const std::string& name : names) {
      if (!name.starts_with(kSegmentPrefix)) continue;
      uint64_t number = 0;
      std::from_chars(name.data() + kSegmentPrefix.size(), name.data() + name.size(), number);
      log_.files.next_file_number = std::max(log_.files.next_file_number, number + 1);
      auto segment = std::make_unique<LogSegment>();
      segment->path = directory_ + "/" + name;
      TRELLIS_TRY_ASSIGN(segment->file, files_.open(segment->path, os::OpenMode::kReadWrite));
      TRELLIS_TRY_ASSIGN(segment->bytes, segment->file->size());
      std::vector<std::byte> bytes(std::min(segment->bytes, kSegmentHeaderBytes));
      TRELLIS_TRY(segment->file->read_at(0, bytes));
      const auto header = parse_segment_header(bytes);
      if (header && std::string_view(header->uuid.data(), header->uuid.size()) == uuid_) {
        segment->header = *header;
        used().push_back(std::move(segment));
      } else if (segment->bytes > kSegmentHeaderBytes) {
        log_.files.free.push_back(std::move(segment));
      } else {
        segment->file.reset();  // power failed while it was made
        TRELLIS_TRY(files_.remove(segment->path));
      }
    }
    std::ranges::sort(used(), {}, [](const auto& s) { return s->header.sequence; });
    return {};
  }

  // The last segment that begins at or before the first frame wanted; older ones are free.
  Result<> choose_first() {
    const auto wanted = std::ranges::find_if(
        used(), [&](const auto& s) { return s->header.first_index > after_ + 1; });
    if (wanted == used().begin()) {
      return fail(ErrorCode::Corruption,
                  "The log in {} has no segment that holds index {}. Restore the folder from a "
                  "backup, or put the missing segment file back.",
                  directory_, after_ + 1);
    }
    for (auto it = used().begin(); it != wanted - 1; ++it) {
      log_.files.free.push_back(std::move(*it));
    }
    used().erase(used().begin(), wanted - 1);
    const SegmentHeader& header = used().front()->header;
    log_.position.next_index = header.first_index;
    log_.position.last_checksum = header.previous_checksum;
    return {};
  }

  Result<> read_segment(size_t i) {
    LogSegment& segment = *used()[i];
    LogPosition& at = log_.position;
    if (i > 0 && (segment.header.sequence != used()[i - 1]->header.sequence + 1 ||
                  segment.header.first_index != at.next_index ||
                  segment.header.previous_checksum != at.last_checksum)) {
      return damaged(*used()[i - 1], at.offset);
    }
    bytes_.resize(segment.bytes);
    TRELLIS_TRY_ASSIGN(const size_t got, segment.file->read_at(0, bytes_));
    bytes_.resize(got);
    at.offset = kSegmentHeaderBytes;
    batch_offset_ = at.offset;
    while (true) {
      const auto rest = std::span(bytes_).subspan(std::min<size_t>(at.offset, bytes_.size()));
      const auto frame = parse_frame(rest);
      if (!frame || frame->header.index != at.next_index ||
          frame->header.previous_checksum != at.last_checksum) {
        break;
      }
      if (frame->header.index == frame->header.durable_index + 1) batch_offset_ = at.offset;
      if (frame->header.index > after_ && !visit_(*frame)) {
        return fail(ErrorCode::Corruption,
                    "The frame at offset {} of {} does not fit the graph before it. Restore the "
                    "database from a backup.",
                    at.offset, segment.path);
      }
      at.offset += frame->header.length;
      at.last_checksum = frame->header.checksum;
      ++at.next_index;
    }
    segment.last_index = at.next_index - 1;
    return {};
  }

  // What follows the last good frame is a torn tail or an earlier life, unless something there
  // knows that the next index was durable once.
  Result<> check_tail() {
    if (log_.position.next_index <= after_) {
      return damaged(*used().back(), log_.position.offset);
    }
    if (proves_damage(
            std::span(bytes_).subspan(std::min<size_t>(log_.position.offset, bytes_.size())))) {
      return damaged(*used().back(), log_.position.offset);
    }
    for (const auto& segment : log_.files.free) {
      if (segment->header.sequence != 0) continue;  // an earlier life, by its header
      std::vector<std::byte> bytes(segment->bytes);
      TRELLIS_TRY(segment->file->read_at(0, bytes));
      if (proves_damage(bytes)) return damaged(*used().back(), log_.position.offset);
    }
    return {};
  }

  bool proves_damage(std::span<const std::byte> bytes) const {
    for (size_t at = 0; at + kFrameHeaderBytes <= bytes.size(); at += kFrameAlignment) {
      uint32_t magic;
      std::memcpy(&magic, bytes.data() + at, sizeof magic);
      if (magic != kFrameMagic) continue;
      const auto frame = parse_frame(bytes.subspan(at));
      if (frame && frame->header.durable_index >= log_.position.next_index) return true;
    }
    return false;
  }

  // The last batch may sit in the page cache alone, even clean there after a failed sync of an
  // earlier process: written again and synced, it is certain.
  Result<> harden() {
    LogSegment& segment = *used().back();
    TRELLIS_TRY(segment.file->write_at(0, std::span(bytes_).first(kSegmentHeaderBytes)));
    TRELLIS_TRY(segment.file->write_at(
        batch_offset_,
        std::span(bytes_).subspan(batch_offset_, log_.position.offset - batch_offset_)));
    TRELLIS_TRY(segment.file->sync_data());
    return files_.sync_directory(directory_);
  }

  tl::unexpected<Error> damaged(const LogSegment& segment, uint64_t offset) {
    return fail(ErrorCode::Corruption,
                "The log is damaged at offset {} of {}: frame {} cannot be read, though it was "
                "written. Restore the database from a backup.",
                offset, segment.path, log_.position.next_index);
  }

  os::FileSystem& files_;
  const std::string directory_;
  const std::string_view uuid_;
  const uint64_t after_;
  const std::function<bool(const Frame&)>& visit_;
  RecoveredLog log_;
  std::vector<std::byte> bytes_;  // of the segment read last
  uint64_t batch_offset_ = kSegmentHeaderBytes;
};

}  // namespace

Result<RecoveredLog> recover_log(os::FileSystem& files, const std::string& directory,
                                 std::string_view uuid, uint64_t after_index,
                                 const std::function<bool(const Frame&)>& visit) {
  return LogReader(files, directory, uuid, after_index, visit).run();
}

}  // namespace trellis::storage
