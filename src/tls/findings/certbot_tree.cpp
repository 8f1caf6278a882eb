// SPDX-License-Identifier: Apache-2.0
#include "tls/findings/certbot_tree.h"

namespace trellis::tls {

std::optional<CertbotTree> certbot_tree(const std::filesystem::path& certificate) {
  std::error_code failed;
  const auto real = std::filesystem::canonical(certificate, failed);
  if (failed) return std::nullopt;
  const auto lineage = real.parent_path();
  const auto archive = lineage.parent_path();
  if (archive.filename() != "archive") return std::nullopt;
  return CertbotTree{archive.parent_path(), lineage.filename().string()};
}

}  // namespace trellis::tls
