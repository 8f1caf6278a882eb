// SPDX-License-Identifier: Apache-2.0
#include "storage/local_log.h"

#include <algorithm>

namespace trellis::storage {
namespace {
constexpr size_t kFreeSegmentsKept = 2;
}

LocalLog::LocalLog(os::FileSystem& files, std::string directory, std::string uuid,
                   LocalLogOptions options, RecoveredLog log, std::function<void()> upkeep)
    : files_(files),
      directory_(std::move(directory)),
      uuid_(std::move(uuid)),
      options_(options),
      upkeep_(std::move(upkeep)),
      segments_(std::move(log.files)),
      current_(segments_.used.back().get()),
      position_(log.position) {
  current_offset_ = position_.offset;
  current_bytes_ = current_->bytes;
  for (const auto& segment : segments_.used) bytes_since_cut_ += segment->bytes;
  bytes_since_cut_ -= current_->bytes - position_.offset;
  if (options_.own_thread) thread_ = std::thread([this] { run(); });
}

uint64_t LocalLog::append(LogEntry entry) {
  uint64_t ticket = 0;
  {
    MutexLock lock(mutex_);
    if (!stopping_) {
      ticket = next_ticket_++;
      queue_.push_back({ticket, std::move(entry)});
    }
  }
  if (ticket == 0) {
    entry.done(fail(ErrorCode::DatabaseUnavailable, "The database is closed."));
  } else if (options_.own_thread) {
    changed_.notify_one();
  } else {
    write_waiting();
  }
  return ticket;
}

bool LocalLog::cancel(uint64_t ticket) {
  MutexLock lock(mutex_);
  return std::erase_if(queue_, [&](const Waiting& w) { return w.ticket == ticket; }) != 0;
}

void LocalLog::stop() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
  MutexLock lock(mutex_);
  while (writing_) changed_.wait(mutex_);
}

void LocalLog::write_waiting() {
  while (true) {
    std::vector<Waiting> batch;
    {
      MutexLock lock(mutex_);
      if (writing_ || queue_.empty()) return;
      writing_ = true;
      batch = next_batch();
    }
    write_batch(std::move(batch));
    {
      MutexLock lock(mutex_);
      writing_ = false;
    }
    changed_.notify_all();
  }
}

void LocalLog::run() {
  while (true) {
    std::vector<Waiting> batch;
    {
      MutexLock lock(mutex_);
      while (queue_.empty() && !stopping_) changed_.wait(mutex_);
      if (queue_.empty()) return;
      batch = next_batch();
    }
    write_batch(std::move(batch));
  }
}

std::vector<LocalLog::Waiting> LocalLog::next_batch() {
  std::vector<Waiting> batch;
  uint64_t bytes = 0;
  while (!queue_.empty()) {
    bytes += frame_bytes(queue_.front().entry.ops.size());
    if (!batch.empty() && bytes > options_.batch_bytes) break;
    batch.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  return batch;
}

void LocalLog::write_batch(std::vector<Waiting> batch) {
  const auto fail_all = [&](const Error& error) {
    for (Waiting& waiting : batch) waiting.entry.done(fail(error.clone()));
  };
  if (broken_) return fail_all(*broken_);
  uint64_t total = 0;
  for (const Waiting& waiting : batch) total += frame_bytes(waiting.entry.ops.size());
  if (auto room = make_room(total); !room) return fail_all(room.error());

  ByteWriter out;
  out.bytes().reserve(total);
  FrameHeader header;
  header.durable_index = position_.next_index - 1;
  header.previous_checksum = position_.last_checksum;
  header.index = position_.next_index;
  for (const Waiting& waiting : batch) {
    header.commit_stamp = header.index;
    header.op_count = waiting.entry.op_count;
    header.previous_checksum = append_frame(out, header, waiting.entry.ops);
    ++header.index;
  }
  if (auto written = write_frames(out.bytes()); !written) return fail_all(written.error());

  uint64_t index = position_.next_index;
  position_.next_index = header.index;
  position_.last_checksum = header.previous_checksum;
  position_.offset += total;
  bool upkeep = false;
  {
    MutexLock lock(segments_mutex_);
    current_offset_ = position_.offset;
    bytes_since_cut_ += total;
    current_->last_index = header.index - 1;
    upkeep = segments_.free.empty() && current_offset_ > current_bytes_ / 2;
  }
  for (Waiting& waiting : batch) waiting.entry.done(index++);
  if (upkeep) upkeep_();
}

Error LocalLog::broken(Error cause) {
  broken_ = make_error(ErrorCode::StorageFailure,
                       "The log cannot be written, so this database has stopped: {} What was "
                       "acknowledged is safe. Repair the disk, then start the database again.",
                       cause.message());
  return broken_->clone();
}

Result<> LocalLog::make_room(uint64_t bytes) {
  if (position_.offset + bytes <= current_->bytes) return {};
  auto next = take_segment(bytes + kSegmentHeaderBytes);
  if (!next) {
    if (next.error().code() == ErrorCode::DiskFull) return fail(std::move(next).error());
    return fail(broken(std::move(next).error()));
  }
  SegmentHeader header;
  header.sequence = current_->header.sequence + 1;
  header.first_index = position_.next_index;
  header.previous_checksum = position_.last_checksum;
  std::copy_n(uuid_.begin(), header.uuid.size(), header.uuid.begin());
  if (auto begun = begin_segment(**next, header); !begun) {
    return fail(broken(std::move(begun).error()));
  }
  MutexLock lock(segments_mutex_);
  current_ = next->get();
  segments_.used.push_back(std::move(*next));
  position_.offset = kSegmentHeaderBytes;
  current_offset_ = position_.offset;
  current_bytes_ = current_->bytes;
  return {};
}

Result<std::unique_ptr<LogSegment>> LocalLog::take_segment(uint64_t bytes) {
  MutexLock lock(segments_mutex_);
  for (auto& segment : segments_.free) {
    if (segment->bytes < bytes) continue;
    auto taken = std::move(segment);
    std::erase(segments_.free, nullptr);
    return taken;
  }
  constexpr uint64_t kPage = 4096;
  const uint64_t size = std::max(options_.segment_bytes, (bytes + kPage - 1) / kPage * kPage);
  return make_segment(files_, directory_, segments_.next_file_number++, size);
}

Result<> LocalLog::write_frames(std::span<const std::byte> frames) {
  auto written = current_->file->write_at(position_.offset, frames);
  if (!written && written.error().code() == ErrorCode::DiskFull) {
    // Overwriting can still fill a copy-on-write disk. What did go in must not come back after a
    // restart, since these entries are now refused.
    const std::vector<std::byte> zeros(std::min(frames.size(), kFrameHeaderBytes));
    if (current_->file->write_at(position_.offset, zeros) && current_->file->sync_data()) {
      return fail(std::move(written).error());
    }
  }
  if (!written) return fail(broken(std::move(written).error()));
  if (auto synced = current_->file->sync_data(); !synced) {
    return fail(broken(std::move(synced).error()));
  }
  return {};
}

bool LocalLog::wants_segment() const {
  MutexLock lock(segments_mutex_);
  return segments_.free.empty() && current_offset_ > current_bytes_ / 2;
}

Result<> LocalLog::prepare_segment() {
  uint64_t number = 0;
  {
    MutexLock lock(segments_mutex_);
    number = segments_.next_file_number++;
  }
  TRELLIS_TRY_ASSIGN(auto segment,
                     make_segment(files_, directory_, number, options_.segment_bytes));
  MutexLock lock(segments_mutex_);
  segments_.free.push_back(std::move(segment));
  return {};
}

Result<> LocalLog::cut(uint64_t index) {
  std::vector<std::unique_ptr<LogSegment>> doomed;
  {
    MutexLock lock(segments_mutex_);
    auto& used = segments_.used;
    while (used.size() > 1 && used.front()->last_index <= index) {
      auto segment = std::move(used.front());
      used.erase(used.begin());
      const bool keep =
          segment->bytes == options_.segment_bytes && segments_.free.size() < kFreeSegmentsKept;
      (keep ? segments_.free : doomed).push_back(std::move(segment));
    }
    bytes_since_cut_ = current_offset_;
    for (size_t i = 0; i + 1 < used.size(); ++i) bytes_since_cut_ += used[i]->bytes;
  }
  for (auto& segment : doomed) {
    segment->file.reset();
    TRELLIS_TRY(files_.remove(segment->path));
  }
  return doomed.empty() ? Result<>() : files_.sync_directory(directory_);
}

uint64_t LocalLog::bytes_since_cut() const {
  MutexLock lock(segments_mutex_);
  return bytes_since_cut_;
}

}  // namespace trellis::storage
