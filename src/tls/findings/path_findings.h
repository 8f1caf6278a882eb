// SPDX-License-Identifier: Apache-2.0
//
// What is wrong with files and the directories above them. Reads the file system's metadata only;
// links are followed component by component, as the kernel does.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tls/findings/finding.h"

namespace trellis::tls {

// Can this process read it? `role` names it ("private key", "certificate").
Findings readable_findings(const std::string& subject, const std::filesystem::path& path,
                           const char* role);
// May others read or change the key?
Findings key_open_findings(const std::string& subject, const std::filesystem::path& key);
struct GuardedPaths {
  std::vector<std::filesystem::path> all;   // files, and directories whose content counts
  std::vector<std::filesystem::path> keys;  // their own modes left aside
};
// May everybody put another in the place of one of these, or write to it? Each folder or file that
// is too open is told of once.
Findings writable_findings(const std::string& subject, const GuardedPaths& guarded);
// Does more than root read certbot's account key in `tree` ("/etc/letsencrypt"), as after
// `chgrp -R` of all of it?
Findings certbot_account_findings(const std::filesystem::path& tree);

}  // namespace trellis::tls
