// SPDX-License-Identifier: Apache-2.0
#include "tls/readable_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <system_error>

#include "os/identity.h"
#include "os/shell_word.h"

namespace trellis::tls {
namespace {

constexpr int kLargestLinkCount = 40;
constexpr mode_t kOpenKey = S_IROTH | S_IWOTH | S_IWGRP;

std::string text_of(int error) { return std::generic_category().message(error); }

std::string ownership(const struct stat& info) {
  return fmt::format("owner {}:{} ({}:{}), mode {:04o}", os::user_name(info.st_uid),
                     os::group_name(info.st_gid), info.st_uid, info.st_gid, info.st_mode & 07777);
}
std::string ourselves() {
  return fmt::format("this server runs as {}:{} (uid {}, gid {})", os::user_name(geteuid()),
                     os::group_name(getegid()), geteuid(), getegid());
}

// What opens it to this process: as its owner, or else as one of its group.
std::string opening_command(const std::filesystem::path& path, const struct stat& info,
                            const char* owner_mode, const char* group_mode) {
  const std::string word = os::shell_word(path.string());
  if (info.st_uid == ::geteuid()) return fmt::format("chmod {} {}", owner_mode, word);
  return fmt::format("chgrp {} {} && chmod {} {}", os::group_name(getegid()), word, group_mode,
                     word);
}

bool allowed(const std::filesystem::path& path, int mode) {
  return ::faccessat(AT_FDCWD, path.c_str(), mode, AT_EACCESS) == 0;
}

// Follows a path component by component, links included, as the kernel does, and stops at the
// first that is missing or closed.
class Walk {
 public:
  explicit Walk(const std::filesystem::path& path) : asked_(std::filesystem::absolute(path)) {
    for (const auto& part : asked_) pending_.push_back(part);
  }

  std::string explain(int open_errno) {
    int links = 0;
    while (!pending_.empty()) {
      const auto part = pending_.front();
      pending_.pop_front();
      if (part == "/" || part.empty() || part == ".") {
        if (part == "/") at_ = "/";
        continue;
      }
      if (part == "..") {
        at_ = at_.parent_path();
        continue;
      }
      if (!allowed(at_, X_OK)) return closed_directory();
      at_ /= part;
      struct stat info{};
      if (::lstat(at_.c_str(), &info) != 0) return missing(errno);
      if (S_ISLNK(info.st_mode)) {
        if (++links > kLargestLinkCount) return where() + "it is a loop of symbolic links.";
        follow_link();
      } else if (!pending_.empty() && !S_ISDIR(info.st_mode)) {
        return fmt::format("{}{} is no directory.", where(), at_.string());
      }
    }
    return closed_file(open_errno);
  }

 private:
  void follow_link() {
    std::error_code failed;
    const auto target = std::filesystem::read_symlink(at_, failed);
    if (failed) return;
    link_ = at_;
    link_target_ = target;
    at_ = at_.parent_path();
    std::deque<std::filesystem::path> parts(target.begin(), target.end());
    pending_.insert(pending_.begin(), parts.begin(), parts.end());
  }

  std::string where() const {
    if (link_.empty()) return "";
    return fmt::format("{} is a symbolic link to {}; ", link_.string(), link_target_.string());
  }

  std::string missing(int error) const {
    std::string text =
        fmt::format("{}{} cannot be reached: {}.", where(), at_.string(), text_of(error));
    if (error == ENOENT) {
      text = fmt::format("{}{} does not exist.", where(), at_.string());
      text += link_.empty() ? " Put the file there, or correct the setting."
                            : " Correct the link: ln -sfn TARGET " + os::shell_word(link_.string());
    }
    return text;
  }

  std::string closed_directory() const {
    struct stat info{};
    ::stat(at_.c_str(), &info);
    return fmt::format("{}the directory {} may not be entered: {}; {}. Mend it with: {}", where(),
                       at_.string(), ownership(info), ourselves(),
                       opening_command(at_, info, "u+x", "g+x"));
  }

  std::string closed_file(int open_errno) const {
    struct stat info{};
    if (::stat(at_.c_str(), &info) != 0) return missing(errno);
    if (S_ISDIR(info.st_mode) && allowed(at_, R_OK)) {
      return fmt::format("{}{} is a directory.", where(), at_.string());
    }
    if (!allowed(at_, R_OK)) {
      const bool folder = S_ISDIR(info.st_mode);
      return fmt::format("{}the {} {} may not be read: {}; {}. Mend it with: {}", where(),
                         folder ? "directory" : "file", at_.string(), ownership(info), ourselves(),
                         folder ? opening_command(at_, info, "u+rx", "g+rx")
                                : opening_command(at_, info, "u+r", "0640"));
    }
    return fmt::format("{}{}: {} ({}; {}).", where(), at_.string(), text_of(open_errno),
                       ownership(info), ourselves());
  }

  const std::filesystem::path asked_;
  std::deque<std::filesystem::path> pending_;
  std::filesystem::path at_ = "/";
  std::filesystem::path link_;
  std::filesystem::path link_target_;
};

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

}  // namespace

std::string explain_access(const std::filesystem::path& path, int open_errno) {
  return Walk(path).explain(open_errno);
}

Explanation parted(const std::string& explanation) {
  constexpr std::string_view kMark = " Mend it with: ";
  const size_t at = explanation.find(kMark);
  if (at == explanation.npos) return {explanation, {}};
  return {explanation.substr(0, at), explanation.substr(at + kMark.size())};
}

Result<Secret> read_small_file(const std::filesystem::path& path, const char* role) {
  // O_NONBLOCK: a pipe in place of the file must not hold up the start.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat info{};
  if (file.get() < 0 || ::fstat(file.get(), &info) != 0 || S_ISDIR(info.st_mode)) {
    return fail(ErrorCode::InvalidConfiguration, "Cannot read the {} {}: {}", role, path.string(),
                explain_access(path, errno));
  }
  if (!S_ISREG(info.st_mode) || static_cast<size_t>(info.st_size) > kLargestFile) {
    return fail(ErrorCode::InvalidConfiguration,
                "Cannot read the {} {}: it is no ordinary file of at most 1 MiB.", role,
                path.string());
  }
  std::string bytes(static_cast<size_t>(info.st_size), '\0');
  size_t have = 0;
  while (have < bytes.size()) {
    const ssize_t got = ::read(file.get(), bytes.data() + have, bytes.size() - have);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      const int error = errno;
      wipe(bytes.data(), bytes.size());
      return fail(ErrorCode::InvalidConfiguration, "Cannot read the {} {}: {}.", role,
                  path.string(), text_of(error));
    }
    if (got == 0) break;
    have += static_cast<size_t>(got);
  }
  bytes.resize(have);
  return Secret::take(bytes);
}

Result<> check_key_mode(const std::filesystem::path& path) {
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0) {
    return fail(ErrorCode::InvalidConfiguration, "Cannot read the private key {}: {}",
                path.string(), explain_access(path, errno));
  }
  if ((info.st_mode & kOpenKey) == 0) return {};
  std::error_code ignored;
  const auto real = std::filesystem::canonical(path, ignored);
  return fail(ErrorCode::InvalidConfiguration,
              "The private key {} is open to others: {}. Only its owner may write it, and only "
              "owner and group may read it. Mend it with: chmod g-w,o= {}",
              path.string(), ownership(info),
              os::shell_word(ignored ? path.string() : real.string()));
}

Result<bool> there_is(const std::filesystem::path& path) {
  std::error_code failed;
  const auto found = std::filesystem::status(path, failed);
  if (found.type() == std::filesystem::file_type::not_found) return false;
  if (!failed) return true;
  return fail(ErrorCode::IoError, "Cannot look at {}: {}", path.string(),
              explain_access(path, failed.value()));
}

std::vector<std::filesystem::path> visible_entries(const std::filesystem::path& directory,
                                                   std::error_code& failed) {
  std::vector<std::filesystem::path> entries;
  std::filesystem::directory_iterator at(directory, failed);
  for (const std::filesystem::directory_iterator end; !failed && at != end; at.increment(failed)) {
    if (!at->path().filename().string().starts_with('.')) entries.push_back(at->path());
  }
  std::sort(entries.begin(), entries.end());
  return entries;
}

Result<std::vector<std::filesystem::path>> files_in(const std::filesystem::path& directory) {
  std::error_code failed;
  std::vector<std::filesystem::path> files = visible_entries(directory, failed);
  if (failed) {
    // Missing is empty, but a link to nowhere, or a path that cannot be walked, is a mistake.
    std::error_code ignored;
    if (failed.value() == ENOENT && !std::filesystem::is_symlink(directory, ignored)) return files;
    return fail(ErrorCode::InvalidConfiguration, "Cannot read the directory {}: {}",
                directory.string(), explain_access(directory, failed.value()));
  }
  std::erase_if(files, [](const std::filesystem::path& file) {
    std::error_code ignored;
    return std::filesystem::is_directory(file, ignored);
  });
  return files;
}

}  // namespace trellis::tls
