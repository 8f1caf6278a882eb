// SPDX-License-Identifier: Apache-2.0
#include "tls/findings/path_findings.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <set>

#include "os/identity.h"
#include "os/shell_word.h"
#include "os/way_to.h"
#include "tls/readable_file.h"

namespace trellis::tls {
namespace {

namespace fs = std::filesystem;

std::string whose(const struct stat& info) {
  return fmt::format("owner {}:{}, mode {:04o}", os::user_name(info.st_uid),
                     os::group_name(info.st_gid), info.st_mode & 07777);
}

// Readable through its group or by all, judged by modes alone: who runs doctor does not matter.
bool open_beyond_owner(const struct stat& info, mode_t group_bits, mode_t other_bits) {
  return (info.st_mode & other_bits) == other_bits ||
         ((info.st_mode & group_bits) == group_bits && info.st_gid != 0);
}

// The first account key below `folder` to which all directories and the file itself are open.
fs::path open_account_key(const fs::path& folder) {
  struct stat info{};
  std::error_code failed;
  for (auto entry = fs::recursive_directory_iterator(
           folder, fs::directory_options::skip_permission_denied, failed);
       !failed && entry != fs::recursive_directory_iterator(); entry.increment(failed)) {
    if (::lstat(entry->path().c_str(), &info) != 0) continue;
    if (S_ISDIR(info.st_mode)) {
      if (!open_beyond_owner(info, S_IXGRP, S_IXOTH)) entry.disable_recursion_pending();
    } else if (S_ISREG(info.st_mode) && entry->path().filename() == "private_key.json" &&
               open_beyond_owner(info, S_IRGRP, S_IROTH)) {
      return entry->path();
    }
  }
  return {};
}

}  // namespace

Findings readable_findings(const std::string& subject, const fs::path& path, const char* role) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  struct stat info{};
  const bool usable = file >= 0 && ::fstat(file, &info) == 0 && S_ISREG(info.st_mode);
  const int error = errno;
  if (file >= 0) ::close(file);
  if (usable) return {};
  const Explanation why = parted(explain_access(path, error));
  return {make_finding(FindingId::kFileUnreadable, subject,
                       fmt::format("The {} {} cannot be read: {}", role, path.string(), why.cause),
                       why.command)};
}

Findings key_open_findings(const std::string& subject, const fs::path& key) {
  struct stat info{};
  if (::stat(key.c_str(), &info) != 0) return {};  // readable_findings tells why
  const auto checked = check_key_mode(key);
  if (checked) return {};
  const std::string command = parted(checked.error().message()).command;
  std::error_code failed;
  return {make_finding(
      FindingId::kKeyOpen, subject,
      fmt::format("The private key {} is open to others ({}): only its owner may write it, only "
                  "owner and group may read it. Who may have read it can pose as this server: "
                  "consider a new key.",
                  fs::canonical(key, failed).string(), whose(info)),
      command)};
}

Findings writable_findings(const std::string& subject, const GuardedPaths& guarded) {
  Findings found;
  std::set<fs::path> seen;
  const auto look_at = [&](const fs::path& place, const fs::path& asked) {
    struct stat info{};
    if (!seen.insert(place).second || ::lstat(place.c_str(), &info) != 0) return;
    if (S_ISLNK(info.st_mode)) return;  // its mode means nothing; what it leads to comes next
    const bool folder = S_ISDIR(info.st_mode);
    if ((info.st_mode & S_IWOTH) == 0 || (folder && (info.st_mode & S_ISVTX) != 0)) return;
    const char* harm = folder ? "put files of their own in place of those" : "change it";
    found.push_back(make_finding(
        FindingId::kPathWritable, subject,
        fmt::format("Everybody may write to the {} {} ({}), and so {}: the server relies on {}.",
                    folder ? "directory" : "file", place.string(), whose(info), harm,
                    asked.string()),
        "chmod o-w " + os::shell_word(place.string())));
  };
  for (const fs::path& path : guarded.all) {
    for (const fs::path& place : os::way_to(path)) look_at(place, path);
  }
  for (const fs::path& key : guarded.keys) {
    std::vector<fs::path> way = os::way_to(key);
    way.pop_back();
    for (const fs::path& place : way) look_at(place, key);
  }
  return found;
}

Findings certbot_account_findings(const fs::path& tree) {
  struct stat info{};
  const fs::path accounts = tree / "accounts";
  if (::stat(accounts.c_str(), &info) != 0 || !open_beyond_owner(info, S_IXGRP, S_IXOTH)) return {};
  const fs::path key = open_account_key(accounts);
  if (key.empty() || ::stat(key.c_str(), &info) != 0) return {};
  const std::string all = os::shell_word(accounts.string());
  return {make_finding(
      FindingId::kCertbotAccountOpen, "certbot",
      fmt::format("certbot's account key {} can be read by more than its owner ({}), as after a "
                  "recursive chgrp and chmod of all of {}. Whoever reads it can revoke and order "
                  "certificates in your name. The server needs {}/live and {}/archive only.",
                  key.string(), whose(info), tree.string(), tree.string(), tree.string()),
      fmt::format("chgrp -R root {} && chmod -R go-rwx {}", all, all))};
}

}  // namespace trellis::tls
