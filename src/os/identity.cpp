// SPDX-License-Identifier: Apache-2.0
#include "os/identity.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace trellis::os {

uid_t effective_user() { return ::geteuid(); }
gid_t effective_group() { return ::getegid(); }

std::string user_name(uid_t user) {
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(user, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr) {
    return found->pw_name;
  }
  return std::to_string(user);
}

std::string group_name(gid_t group) {
  std::array<char, 4096> buffer{};
  struct group entry{};
  struct group* found = nullptr;
  if (::getgrgid_r(group, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr) {
    return found->gr_name;
  }
  return std::to_string(group);
}

Result<Ownership> ownership(const std::filesystem::path& path) {
  struct stat facts{};
  if (::stat(path.c_str(), &facts) != 0) {
    return fail(ErrorCode::IoError, "Cannot look at {}: {}.", path.string(), std::strerror(errno));
  }
  return Ownership{facts.st_uid, facts.st_gid, static_cast<mode_t>(facts.st_mode & 07777),
                   S_ISDIR(facts.st_mode)};
}

std::string mode_text(mode_t mode) { return fmt::format("{:04o}", mode & 07777); }

std::string why_unreadable(const std::filesystem::path& path) {
  std::filesystem::path absolute = std::filesystem::absolute(path).lexically_normal();
  std::filesystem::path part;
  for (auto step = absolute.begin(); step != absolute.end(); ++step) {
    part /= *step;
    const bool last = std::next(step) == absolute.end();
    struct stat facts{};
    if (::stat(part.c_str(), &facts) != 0) {
      return fmt::format("{}: {}", part.string(), std::strerror(errno));
    }
    const bool folder = S_ISDIR(facts.st_mode);
    if (::faccessat(AT_FDCWD, part.c_str(), folder && !last ? X_OK : R_OK, AT_EACCESS) == 0) {
      continue;
    }
    return fmt::format("{} (owner {}:{}, mode {}) does not let user {} {}", part.string(),
                       user_name(facts.st_uid), group_name(facts.st_gid), mode_text(facts.st_mode),
                       user_name(::geteuid()), folder && !last ? "pass" : "read");
  }
  return {};
}

}  // namespace trellis::os
