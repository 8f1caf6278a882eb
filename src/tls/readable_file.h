// SPDX-License-Identifier: Apache-2.0
//
// Reads small files that administrators lay out (keys, certificates, links to them), and explains
// exactly what stands in the way: which component of the path, behind which symbolic link, whose it
// is, its mode, who this process is, and the command that mends it.
#pragma once

#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "base/result.h"
#include "base/secret.h"

namespace trellis::tls {

inline constexpr size_t kLargestFile = 1 << 20;

// `role` names the file in errors ("private key", "certificate"). InvalidConfiguration.
Result<Secret> read_small_file(const std::filesystem::path& path, const char* role);
// Whether there is such a file. IoError when that cannot be seen: closed to us is not absent.
Result<bool> there_is(const std::filesystem::path& path);
// Refuses a key file that others may read or write, or that the group may write. The one rule for
// modes of keys.
Result<> check_key_mode(const std::filesystem::path& path);
// Whatever has a name that does not begin with a dot, in name order. `failed` says why it could not
// be read to its end.
std::vector<std::filesystem::path> visible_entries(const std::filesystem::path& directory,
                                                   std::error_code& failed);
// Regular files (or links to them) in name order; names that begin with a dot and directories are
// left out. A missing directory is empty.
Result<std::vector<std::filesystem::path>> files_in(const std::filesystem::path& directory);

// The sentence that names the component of `path` that is missing or closed to this process, given
// the errno that opening it gave.
std::string explain_access(const std::filesystem::path& path, int open_errno);
// Parts the command at the end of an explanation of this room from the rest; often there is none.
struct Explanation {
  std::string cause;
  std::string command;
};
Explanation parted(const std::string& explanation);

}  // namespace trellis::tls
