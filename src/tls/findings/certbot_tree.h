// SPDX-License-Identifier: Apache-2.0
//
// Is a certificate one of certbot's? Its files lie in FOLDER/archive/LINEAGE/, and everything that
// uses them links there.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace trellis::tls {

struct CertbotTree {
  std::filesystem::path folder;  // "/etc/letsencrypt", links followed
  std::string lineage;
};
// `certificate`: perhaps a link into such a tree.
std::optional<CertbotTree> certbot_tree(const std::filesystem::path& certificate);

}  // namespace trellis::tls
