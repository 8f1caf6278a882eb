// SPDX-License-Identifier: Apache-2.0
#include "os/memory_file_system.h"

#include <algorithm>
#include <cstring>

namespace trellis::os {
namespace {

class MemoryFile final : public File {
 public:
  explicit MemoryFile(std::shared_ptr<MemoryFileSystem::Content> content)
      : content_(std::move(content)) {}

  Result<size_t> read_at(uint64_t offset, std::span<std::byte> buffer) override {
    ReaderLock lock(content_->mutex);
    if (offset >= content_->bytes.size()) return size_t{0};
    const size_t part = std::min<size_t>(buffer.size(), content_->bytes.size() - offset);
    std::memcpy(buffer.data(), content_->bytes.data() + offset, part);
    return part;
  }
  Result<> write_at(uint64_t offset, std::span<const std::byte> bytes) override {
    if (bytes.empty()) return {};
    WriterLock lock(content_->mutex);
    if (content_->bytes.size() < offset + bytes.size()) {
      content_->bytes.resize(offset + bytes.size());
    }
    std::memcpy(content_->bytes.data() + offset, bytes.data(), bytes.size());
    return {};
  }
  Result<> sync_data() override { return {}; }
  Result<uint64_t> size() override {
    ReaderLock lock(content_->mutex);
    return uint64_t{content_->bytes.size()};
  }

 private:
  std::shared_ptr<MemoryFileSystem::Content> content_;
};

tl::unexpected<Error> missing(const std::string& path) {
  return fail(ErrorCode::IoError, "Cannot open {}: No such file or directory.", path);
}

}  // namespace

Result<std::unique_ptr<File>> MemoryFileSystem::open(const std::string& path, OpenMode mode) {
  MutexLock lock(mutex_);
  auto found = files_.find(path);
  if (found == files_.end()) {
    if (mode == OpenMode::kRead || mode == OpenMode::kReadWrite) return missing(path);
    found = files_.emplace(path, std::make_shared<Content>()).first;
  } else if (mode == OpenMode::kCreateNew) {
    return fail(ErrorCode::IoError, "Cannot open {}: File exists.", path);
  }
  return std::make_unique<MemoryFile>(found->second);
}

Result<bool> MemoryFileSystem::exists(const std::string& path) {
  MutexLock lock(mutex_);
  if (files_.contains(path) || directories_.contains(path)) return true;
  const auto below = files_.lower_bound(path + "/");
  return below != files_.end() && below->first.starts_with(path + "/");
}

Result<> MemoryFileSystem::rename(const std::string& from, const std::string& to) {
  MutexLock lock(mutex_);
  auto moved = files_.extract(from);
  if (!moved) return missing(from);
  files_.erase(to);
  moved.key() = to;
  files_.insert(std::move(moved));
  return {};
}

Result<> MemoryFileSystem::remove(const std::string& path) {
  MutexLock lock(mutex_);
  if (files_.erase(path) == 0) return missing(path);
  return {};
}

Result<std::vector<std::string>> MemoryFileSystem::list(const std::string& directory) {
  MutexLock lock(mutex_);
  const std::string prefix = directory + "/";
  std::set<std::string> names;
  const auto add = [&](const std::string& path) {
    if (path.starts_with(prefix)) {
      names.insert(path.substr(prefix.size(), path.find('/', prefix.size()) - prefix.size()));
    }
  };
  for (const auto& [path, content] : files_) add(path);
  for (const auto& path : directories_) add(path);
  if (names.empty() && !directories_.contains(directory)) return missing(directory);
  return std::vector<std::string>(names.begin(), names.end());
}

Result<> MemoryFileSystem::make_directory(const std::string& directory) {
  MutexLock lock(mutex_);
  directories_.insert(directory);
  return {};
}

Result<> MemoryFileSystem::remove_tree(const std::string& directory) {
  MutexLock lock(mutex_);
  const std::string prefix = directory + "/";
  std::erase_if(files_, [&](const auto& file) { return file.first.starts_with(prefix); });
  std::erase_if(directories_,
                [&](const auto& path) { return path == directory || path.starts_with(prefix); });
  return {};
}

}  // namespace trellis::os
