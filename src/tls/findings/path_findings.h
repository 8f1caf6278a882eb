// SPDX-License-Identifier: Apache-2.0
//
// What is wrong with files and the directories above them. Reads the file system's metadata only;
// links are followed component by component, as the kernel does.
#pragma once

#include <filesystem>
#include <string>

#include "tls/findings/finding.h"

namespace trellis::tls {

// Can this process read it? `role` names it ("private key", "certificate").
Findings readable_findings(const std::string& subject, const std::filesystem::path& path,
                           const char* role);
// Is it open to others, or may others put another in its place?
Findings key_path_findings(const std::string& subject, const std::filesystem::path& key);
// `certificate`: perhaps a link into certbot's tree. Does more than root read certbot's account
// key there, as after `chgrp -R` of the whole tree?
Findings certbot_account_findings(const std::string& subject,
                                  const std::filesystem::path& certificate);

}  // namespace trellis::tls
