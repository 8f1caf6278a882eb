// SPDX-License-Identifier: Apache-2.0
#include "os/private_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace trellis::os {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kPrivate = 0600;

tl::unexpected<Error> failed(std::string_view action, const fs::path& path, int error) {
  const bool full = error == ENOSPC || error == EDQUOT;
  return fail(full ? ErrorCode::DiskFull : ErrorCode::IoError, "Cannot {} {}: {}.{}", action,
              path.string(), std::strerror(error), full ? " Free some space and try again." : "");
}

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }

 private:
  int number_;
};

Result<> sync_folder_of(const fs::path& path) {
  const fs::path folder = path.parent_path();
  const Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (opened.number() < 0) return failed("open", folder, errno);
  // Some network file systems sync names with the call that changes them and refuse this one.
  if (::fsync(opened.number()) != 0 && errno != EINVAL) return failed("sync", folder, errno);
  return {};
}

// Beside `path`, synced; the caller gives it its name.
Result<fs::path> write_aside(const fs::path& path, std::string_view bytes, mode_t mode) {
  const fs::path aside =
      path.parent_path() / fmt::format(".{}.{}", path.filename().string(), ::getpid());
  ::unlink(aside.c_str());  // of a process of the same number that was killed
  const Descriptor file(::open(aside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kPrivate));
  if (file.number() < 0) return failed("write", aside, errno);
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t put = ::write(file.number(), bytes.data() + done, bytes.size() - done);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) {
      auto error = failed("write", aside, errno);
      ::unlink(aside.c_str());
      return error;
    }
    done += static_cast<size_t>(put);
  }
  // Not from the start: the process may have a umask of its own.
  if (::fchmod(file.number(), mode) != 0 || ::fsync(file.number()) != 0) {
    auto error = failed("sync", aside, errno);
    ::unlink(aside.c_str());
    return error;
  }
  return aside;
}

}  // namespace

Result<std::optional<Secret>> read_private_file(const fs::path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.number() < 0) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    return failed("read", path, errno);
  }
  struct stat status{};
  if (::fstat(file.number(), &status) != 0) return failed("examine", path, errno);
  if (static_cast<uint64_t>(status.st_size) > kLargestPrivateFile) {
    return fail(ErrorCode::IoError, "{} is larger than {} bytes: it is not what it should be.",
                path.string(), kLargestPrivateFile);
  }
  std::string bytes(static_cast<size_t>(status.st_size), '\0');
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t got = ::read(file.number(), bytes.data() + done, bytes.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed("read", path, errno);
    if (got == 0) break;
    done += static_cast<size_t>(got);
  }
  bytes.resize(done);
  return Secret::take(bytes);
}

Result<> move_private_file(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return failed("write", to, errno);
  return sync_folder_of(to);
}

Result<> replace_private_file(const fs::path& path, std::string_view bytes, mode_t mode) {
  TRELLIS_TRY_ASSIGN(const fs::path aside, write_aside(path, bytes, mode));
  auto moved = move_private_file(aside, path);
  if (!moved) ::unlink(aside.c_str());
  return moved;
}

Result<> create_private_file(const fs::path& path, std::string_view bytes) {
  TRELLIS_TRY_ASSIGN(const fs::path aside, write_aside(path, bytes, kPrivate));
  const bool linked = ::link(aside.c_str(), path.c_str()) == 0;
  const int reason = errno;
  ::unlink(aside.c_str());
  if (!linked && reason == EEXIST) {
    return fail(ErrorCode::FileLocked, "{} exists already.", path.string());
  }
  if (!linked) return failed("write", path, reason);
  return sync_folder_of(path);
}

Result<> remove_private_file(const fs::path& path) {
  if (::unlink(path.c_str()) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return {};
    return failed("remove", path, errno);
  }
  return sync_folder_of(path);
}

Result<> make_private_directory(const fs::path& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) == 0) {
    if (S_ISDIR(status.st_mode)) return {};
    return fail(ErrorCode::IoError, "{} is not a folder.", path.string());
  }
  if (path.has_parent_path() && path.parent_path() != path) {
    TRELLIS_TRY(make_private_directory(path.parent_path()));
  }
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return failed("make", path, errno);
  return sync_folder_of(path);
}

}  // namespace trellis::os
