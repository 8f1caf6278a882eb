// SPDX-License-Identifier: Apache-2.0
#include "os/hostile_file_system.h"

#include <algorithm>
#include <cstring>

namespace trellis::os {
namespace {

constexpr size_t kSectorBytes = 512;

std::string parent_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

tl::unexpected<Error> missing(const std::string& path) {
  return fail(ErrorCode::IoError, "Cannot open {}: No such file or directory.", path);
}

}  // namespace

class HostileFile final : public File {
 public:
  HostileFile(HostileFileSystem& system, std::shared_ptr<HostileFileSystem::Inode> inode,
              uint64_t generation)
      : system_(system), inode_(std::move(inode)), generation_(generation) {}

  Result<size_t> read_at(uint64_t offset, std::span<std::byte> buffer) override {
    return system_.read(*inode_, generation_, offset, buffer);
  }
  Result<> write_at(uint64_t offset, std::span<const std::byte> bytes) override {
    return system_.write(*inode_, generation_, offset, bytes);
  }
  Result<> sync_data() override { return system_.sync(*inode_, generation_); }
  Result<uint64_t> size() override { return system_.size(*inode_); }

 private:
  HostileFileSystem& system_;
  const std::shared_ptr<HostileFileSystem::Inode> inode_;
  const uint64_t generation_;
};

void HostileFileSystem::apply(std::vector<std::byte>& bytes, const Write& write) {
  if (write.bytes.empty()) return;
  if (bytes.size() < write.offset + write.bytes.size()) {
    bytes.resize(write.offset + write.bytes.size());
  }
  std::memcpy(bytes.data() + write.offset, write.bytes.data(), write.bytes.size());
}

Result<> HostileFileSystem::count_call(const std::string& what) {
  ++calls_;
  if (cut_at_ && calls_ >= *cut_at_) {
    return fail(ErrorCode::IoError, "Cannot {}: the power is cut.", what);
  }
  if (fail_at_ && calls_ == *fail_at_) {
    return fail(fail_code_, "Cannot {}: the test wants it so.", what);
  }
  return {};
}

Result<std::unique_ptr<File>> HostileFileSystem::open(const std::string& path, OpenMode mode) {
  MutexLock lock(mutex_);
  TRELLIS_TRY(count_call("open " + path));
  auto found = names_.find(path);
  if (found == names_.end()) {
    if (mode == OpenMode::kRead || mode == OpenMode::kReadWrite) return missing(path);
    found = names_.emplace(path, std::make_shared<Inode>()).first;
  } else if (mode == OpenMode::kCreateNew) {
    return fail(ErrorCode::IoError, "Cannot open {}: File exists.", path);
  }
  return std::make_unique<HostileFile>(*this, found->second, generation_);
}

Result<bool> HostileFileSystem::exists(const std::string& path) {
  MutexLock lock(mutex_);
  return names_.contains(path) || directories_.contains(path);
}

Result<> HostileFileSystem::rename(const std::string& from, const std::string& to) {
  MutexLock lock(mutex_);
  TRELLIS_TRY(count_call("rename " + from));
  auto moved = names_.extract(from);
  if (!moved) return missing(from);
  names_.erase(to);
  moved.key() = to;
  names_.insert(std::move(moved));
  return {};
}

Result<> HostileFileSystem::remove(const std::string& path) {
  MutexLock lock(mutex_);
  TRELLIS_TRY(count_call("remove " + path));
  if (names_.erase(path) == 0) return missing(path);
  return {};
}

Result<std::vector<std::string>> HostileFileSystem::list(const std::string& directory) {
  MutexLock lock(mutex_);
  if (!directories_.contains(directory)) return missing(directory);
  std::set<std::string> listed;
  for (const auto& [path, inode] : names_) {
    if (parent_of(path) == directory) listed.insert(path.substr(directory.size() + 1));
  }
  for (const auto& path : directories_) {
    if (parent_of(path) == directory) listed.insert(path.substr(directory.size() + 1));
  }
  return std::vector<std::string>(listed.begin(), listed.end());
}

Result<> HostileFileSystem::make_directory(const std::string& directory) {
  MutexLock lock(mutex_);
  directories_.insert(directory);
  return {};
}

Result<> HostileFileSystem::remove_tree(const std::string& directory) {
  MutexLock lock(mutex_);
  const std::string prefix = directory + "/";
  for (Names* names : {&names_, &durable_names_}) {
    std::erase_if(*names, [&](const auto& entry) { return entry.first.starts_with(prefix); });
  }
  std::erase_if(directories_,
                [&](const auto& path) { return path == directory || path.starts_with(prefix); });
  return {};
}

Result<> HostileFileSystem::sync_directory(const std::string& directory) {
  MutexLock lock(mutex_);
  TRELLIS_TRY(count_call("sync " + directory));
  std::erase_if(durable_names_,
                [&](const auto& entry) { return parent_of(entry.first) == directory; });
  for (const auto& [path, inode] : names_) {
    if (parent_of(path) == directory) durable_names_[path] = inode;
  }
  return {};
}

void HostileFileSystem::settle(Inode& inode, CrashModel model) {
  for (Write& write : inode.pending) {
    switch (model) {
      case CrashModel::kKeepAll:
        apply(inode.durable, write);
        break;
      case CrashModel::kDropAll:
        if (&write == &inode.pending.back()) {
          size_t kept = random_.next() % (write.bytes.size() + 1);
          if (random_.next() % 2 == 0) kept -= kept % kSectorBytes;
          write.bytes.resize(kept);
          apply(inode.durable, write);
        }
        break;
      case CrashModel::kAnySectors: {
        for (size_t at = 0; at < write.bytes.size();) {
          const size_t border = kSectorBytes - (write.offset + at) % kSectorBytes;
          const size_t part = std::min(border, write.bytes.size() - at);
          if (random_.next() % 2 == 0) {
            const auto begin = write.bytes.begin() + static_cast<ptrdiff_t>(at);
            apply(inode.durable,
                  {write.offset + at, {begin, begin + static_cast<ptrdiff_t>(part)}});
          }
          at += part;
        }
        break;
      }
    }
  }
  inode.pending.clear();
  inode.seen = inode.durable;
}

void HostileFileSystem::crash(CrashModel model) {
  MutexLock lock(mutex_);
  if (model == CrashModel::kKeepAll) durable_names_ = names_;
  for (auto& [path, inode] : durable_names_) settle(*inode, model);
  names_ = durable_names_;
  ++generation_;
  fail_at_.reset();
  cut_at_.reset();
}

void HostileFileSystem::fail_at(std::optional<uint64_t> call, ErrorCode code) {
  MutexLock lock(mutex_);
  fail_at_ = call;
  fail_code_ = code;
}

void HostileFileSystem::cut_power_at(std::optional<uint64_t> call) {
  MutexLock lock(mutex_);
  cut_at_ = call;
}

void HostileFileSystem::set_full(bool full) {
  MutexLock lock(mutex_);
  full_ = full;
}

uint64_t HostileFileSystem::calls() const {
  MutexLock lock(mutex_);
  return calls_;
}

uint64_t HostileFileSystem::syncs() const {
  MutexLock lock(mutex_);
  return syncs_;
}

bool HostileFileSystem::flip(const std::string& path, uint64_t offset) {
  MutexLock lock(mutex_);
  const auto found = names_.find(path);
  if (found == names_.end() || offset >= found->second->durable.size()) return false;
  found->second->durable[offset] ^= std::byte{0x10};
  if (offset < found->second->seen.size()) found->second->seen[offset] ^= std::byte{0x10};
  return true;
}

Result<> HostileFileSystem::write(Inode& inode, uint64_t generation, uint64_t offset,
                                  std::span<const std::byte> bytes) {
  MutexLock lock(mutex_);
  if (generation != generation_)
    return fail(ErrorCode::IoError, "Cannot write: the power was cut.");
  Write write{offset, {bytes.begin(), bytes.end()}};
  Result<> counted = count_call("write");
  if (counted && full_ && offset + bytes.size() > inode.seen.size()) {
    counted = fail(ErrorCode::DiskFull, "Cannot write: no space left on device.");
  }
  if (!counted) write.bytes.resize(random_.next() % (bytes.size() + 1));
  apply(inode.seen, write);
  if (!write.bytes.empty()) inode.pending.push_back(std::move(write));
  return counted;
}

Result<> HostileFileSystem::sync(Inode& inode, uint64_t generation) {
  MutexLock lock(mutex_);
  if (generation != generation_) return fail(ErrorCode::IoError, "Cannot sync: the power was cut.");
  if (auto counted = count_call("sync"); !counted) {
    // With the power cut the writes stay undecided; with a failed sync they are lost.
    if (!cut_at_ || calls_ < *cut_at_) inode.pending.clear();
    return counted;
  }
  for (const Write& write : inode.pending) apply(inode.durable, write);
  inode.pending.clear();
  ++syncs_;
  return {};
}

Result<size_t> HostileFileSystem::read(Inode& inode, uint64_t generation, uint64_t offset,
                                       std::span<std::byte> buffer) {
  MutexLock lock(mutex_);
  if (generation != generation_) return fail(ErrorCode::IoError, "Cannot read: the power was cut.");
  if (offset >= inode.seen.size()) return size_t{0};
  const size_t part = std::min<size_t>(buffer.size(), inode.seen.size() - offset);
  std::memcpy(buffer.data(), inode.seen.data() + offset, part);
  return part;
}

Result<uint64_t> HostileFileSystem::size(Inode& inode) {
  MutexLock lock(mutex_);
  return uint64_t{inode.seen.size()};
}

}  // namespace trellis::os
