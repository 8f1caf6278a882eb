// SPDX-License-Identifier: Apache-2.0
#include "os/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <thread>
#include <utility>

#include "os/shell_word.h"

namespace trellis::os {

namespace {

constexpr std::chrono::milliseconds kPause{20};

// False: another has it.
bool take(int descriptor, std::chrono::milliseconds patience) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    if (errno != EWOULDBLOCK || std::chrono::steady_clock::now() >= end) return false;
    std::this_thread::sleep_for(kPause);
  }
  return true;
}

}  // namespace

Result<FileLock> FileLock::acquire(const std::filesystem::path& file,
                                   std::chrono::milliseconds patience) {
  int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0640);
  if (descriptor < 0 && errno == ELOOP) {
    return fail(ErrorCode::IoError,
                "The lock file {} is a symbolic link, and what it leads to would be overwritten. "
                "Remove it: rm {}",
                file.string(), shell_word(file.string()));
  }
  if (descriptor < 0) {
    return fail(ErrorCode::IoError, "Cannot open the lock file {}: {}.", file.string(),
                std::strerror(errno));
  }
  FileLock lock(descriptor);
  const bool locked = take(descriptor, patience);
  if (!locked && errno == EWOULDBLOCK) {
    auto other = holder(file);
    return fail(ErrorCode::FileLocked, "{} is locked by another process{}.", file.string(),
                other ? fmt::format(" (pid {})", *other) : "");
  }
  if (!locked) {
    return fail(ErrorCode::IoError, "Cannot lock {}: {}.", file.string(), std::strerror(errno));
  }
  std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(descriptor, 0) != 0 ||
      ::pwrite(descriptor, pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
    return fail(ErrorCode::IoError, "Cannot write {}: {}.", file.string(), std::strerror(errno));
  }
  return lock;
}

bool FileLock::is_held(const std::filesystem::path& file) {
  int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return false;
  bool held = ::flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  ::close(descriptor);
  return held;
}

std::optional<pid_t> FileLock::holder(const std::filesystem::path& file) {
  int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return std::nullopt;
  std::array<char, 32> buffer{};
  ssize_t got = ::read(descriptor, buffer.data(), buffer.size());
  ::close(descriptor);
  pid_t pid = 0;
  if (got <= 0 || std::from_chars(buffer.data(), buffer.data() + got, pid).ec != std::errc()) {
    return std::nullopt;
  }
  return pid;
}

FileLock::FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = std::exchange(other.descriptor_, -1);
  return *this;
}

FileLock::~FileLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace trellis::os
