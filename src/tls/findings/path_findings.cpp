// SPDX-License-Identifier: Apache-2.0
#include "tls/findings/path_findings.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "os/identity.h"
#include "tls/readable_file.h"

namespace trellis::tls {
namespace {

std::string whose(const struct stat& info) {
  return fmt::format("owner {}:{}, mode {:04o}", os::user_name(info.st_uid),
                     os::group_name(info.st_gid), info.st_mode & 07777);
}

// What follows "Mend it with: " in an explanation of access.
std::string command_in(const std::string& explanation) {
  constexpr std::string_view kMark = "Mend it with: ";
  const size_t at = explanation.find(kMark);
  return at == explanation.npos ? std::string() : explanation.substr(at + kMark.size());
}

// "/etc/letsencrypt" for a path (links followed) below it: the folder that has archive/ and
// accounts/.
std::filesystem::path certbot_folder(const std::filesystem::path& certificate) {
  std::error_code failed;
  const auto real = std::filesystem::canonical(certificate, failed);
  if (failed) return {};
  const auto archive = real.parent_path().parent_path();
  if (archive.filename() != "archive") return {};
  return std::filesystem::exists(archive.parent_path() / "accounts", failed)
             ? archive.parent_path()
             : std::filesystem::path();
}

// Readable through its group or by all, judged by modes alone: who runs doctor does not matter.
bool open_beyond_owner(const struct stat& info, mode_t group_bits, mode_t other_bits) {
  return (info.st_mode & other_bits) == other_bits ||
         ((info.st_mode & group_bits) == group_bits && info.st_gid != 0);
}

// The first account key below `folder` to which all directories and the file itself are open.
std::filesystem::path open_account_key(const std::filesystem::path& folder) {
  struct stat info{};
  std::error_code failed;
  for (auto entry = std::filesystem::recursive_directory_iterator(
           folder, std::filesystem::directory_options::skip_permission_denied, failed);
       !failed && entry != std::filesystem::recursive_directory_iterator();
       entry.increment(failed)) {
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

Findings readable_findings(const std::string& subject, const std::filesystem::path& path,
                           const char* role) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  struct stat info{};
  const bool usable = file >= 0 && ::fstat(file, &info) == 0 && S_ISREG(info.st_mode);
  const int error = errno;
  if (file >= 0) ::close(file);
  if (usable) return {};
  const std::string why = explain_access(path, error);
  return {make_finding(FindingId::kFileUnreadable, subject,
                       fmt::format("The {} {} cannot be read: {}", role, path.string(), why),
                       command_in(why))};
}

Findings key_path_findings(const std::string& subject, const std::filesystem::path& key) {
  std::error_code failed;
  const auto real = std::filesystem::canonical(key, failed);
  struct stat info{};
  if (failed || ::stat(real.c_str(), &info) != 0) return {};  // readable_findings tells why
  Findings found;
  if ((info.st_mode & (S_IRWXO | S_IWGRP)) != 0) {
    found.push_back(make_finding(
        FindingId::kKeyOpen, subject,
        fmt::format("The private key {} is open to others ({}): only its owner may write it, only "
                    "owner and group may read it. Who may have read it can pose as this server: "
                    "consider a new key.",
                    real.string(), whose(info)),
        "chmod 0640 " + real.string()));
  }
  for (auto folder = real.parent_path(); folder != folder.parent_path();
       folder = folder.parent_path()) {
    if (::stat(folder.c_str(), &info) != 0) break;
    if ((info.st_mode & S_IWOTH) == 0 || (info.st_mode & S_ISVTX) != 0) continue;
    found.push_back(make_finding(FindingId::kPathWritable, subject,
                                 fmt::format("Everybody may write to the directory {} ({}), and so "
                                             "put another key or certificate in place of {}.",
                                             folder.string(), whose(info), real.string()),
                                 "chmod o-w " + folder.string()));
    break;
  }
  return found;
}

Findings certbot_account_findings(const std::string& subject,
                                  const std::filesystem::path& certificate) {
  const auto folder = certbot_folder(certificate);
  if (folder.empty()) return {};
  struct stat info{};
  const auto accounts = folder / "accounts";
  if (::stat(accounts.c_str(), &info) != 0 || !open_beyond_owner(info, S_IXGRP, S_IXOTH)) return {};
  const auto key = open_account_key(accounts);
  if (key.empty() || ::stat(key.c_str(), &info) != 0) return {};
  const std::string all = accounts.string();
  return {make_finding(
      FindingId::kCertbotAccountOpen, subject,
      fmt::format("certbot's account key {} can be read by more than its owner ({}), as after a "
                  "recursive chgrp and chmod of all of {}. Whoever reads it can revoke and order "
                  "certificates in your name. The server needs {}/live and {}/archive only.",
                  key.string(), whose(info), folder.string(), folder.string(), folder.string()),
      fmt::format("chgrp -R root {} && chmod -R go-rwx {}", all, all))};
}

}  // namespace trellis::tls
