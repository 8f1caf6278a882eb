// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "os/file_system.h"

namespace trellis::os {
namespace {

namespace fs = std::filesystem;

tl::unexpected<Error> failed(std::string_view action, const std::string& path, int error) {
  const bool full = error == ENOSPC || error == EDQUOT;
  return fail(full ? ErrorCode::DiskFull : ErrorCode::IoError, "Cannot {} {}: {}.{}", action, path,
              std::strerror(error), full ? " Free some space and try again." : "");
}

class PosixFile final : public File {
 public:
  PosixFile(int descriptor, std::string path) : descriptor_(descriptor), path_(std::move(path)) {}
  ~PosixFile() override { ::close(descriptor_); }
  PosixFile(const PosixFile&) = delete;
  PosixFile& operator=(const PosixFile&) = delete;

  Result<size_t> read_at(uint64_t offset, std::span<std::byte> buffer) override {
    size_t done = 0;
    while (done < buffer.size()) {
      const ssize_t got = ::pread(descriptor_, buffer.data() + done, buffer.size() - done,
                                  static_cast<off_t>(offset + done));
      if (got == 0) break;
      if (got < 0) {
        if (errno == EINTR) continue;
        return failed("read", path_, errno);
      }
      done += static_cast<size_t>(got);
    }
    return done;
  }

  Result<> write_at(uint64_t offset, std::span<const std::byte> bytes) override {
    size_t done = 0;
    while (done < bytes.size()) {
      const ssize_t put = ::pwrite(descriptor_, bytes.data() + done, bytes.size() - done,
                                   static_cast<off_t>(offset + done));
      if (put < 0) {
        if (errno == EINTR) continue;
        return failed("write", path_, errno);
      }
      done += static_cast<size_t>(put);
    }
    return {};
  }

  Result<> sync_data() override {
    // Not repeated on EINTR: a second call could report success for pages the first one dropped.
    if (::fdatasync(descriptor_) != 0) return failed("sync", path_, errno);
    return {};
  }

  Result<uint64_t> size() override {
    struct stat status;
    if (::fstat(descriptor_, &status) != 0) return failed("examine", path_, errno);
    return static_cast<uint64_t>(status.st_size);
  }

 private:
  const int descriptor_;
  const std::string path_;
};

int flags_of(OpenMode mode) {
  switch (mode) {
    case OpenMode::kRead:
      return O_RDONLY;
    case OpenMode::kReadWrite:
      return O_RDWR;
    case OpenMode::kCreate:
      return O_RDWR | O_CREAT;
    case OpenMode::kCreateNew:
      return O_RDWR | O_CREAT | O_EXCL;
  }
  TRELLIS_UNREACHABLE();
}

}  // namespace

Result<std::unique_ptr<File>> PosixFileSystem::open(const std::string& path, OpenMode mode) {
  int descriptor = -1;
  do {
    descriptor = ::open(path.c_str(), flags_of(mode) | O_CLOEXEC, 0640);
  } while (descriptor < 0 && errno == EINTR);
  if (descriptor < 0) return failed("open", path, errno);
  return std::make_unique<PosixFile>(descriptor, path);
}

Result<bool> PosixFileSystem::exists(const std::string& path) {
  struct stat status;
  if (::stat(path.c_str(), &status) == 0) return true;
  if (errno == ENOENT || errno == ENOTDIR) return false;
  return failed("examine", path, errno);
}

Result<> PosixFileSystem::rename(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return failed("rename", from, errno);
  return {};
}

Result<> PosixFileSystem::remove(const std::string& path) {
  if (::unlink(path.c_str()) != 0) return failed("remove", path, errno);
  return {};
}

Result<std::vector<std::string>> PosixFileSystem::list(const std::string& directory) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    names.push_back(it->path().filename().string());
  }
  if (error) return failed("list", directory, error.value());
  std::ranges::sort(names);
  return names;
}

Result<> PosixFileSystem::make_directory(const std::string& directory) {
  const fs::path path = fs::path(directory).lexically_normal();
  fs::path made;
  for (const fs::path& part : path) {
    const fs::path parent = made;
    made /= part;
    if (part.empty()) continue;
    if (::mkdir(made.c_str(), 0750) == 0) {
      TRELLIS_TRY(sync_directory(parent.empty() ? "." : parent.string()));
    } else if (errno != EEXIST) {
      const int error = errno;
      struct stat status;  // a folder that we may not write to is fine when it exists
      if (::stat(made.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) {
        return failed("make the folder", made.string(), error);
      }
    }
  }
  return {};
}

Result<> PosixFileSystem::remove_tree(const std::string& directory) {
  std::error_code error;
  fs::remove_all(directory, error);
  if (error) return failed("remove", directory, error.value());
  return {};
}

Result<> PosixFileSystem::sync_directory(const std::string& directory) {
  const int descriptor = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return failed("open the folder", directory, errno);
  const int result = ::fsync(descriptor);
  const int error = errno;
  ::close(descriptor);
  if (result != 0) return failed("sync the folder", directory, error);
  return {};
}

}  // namespace trellis::os
