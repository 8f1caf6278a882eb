// SPDX-License-Identifier: Apache-2.0
#include "cli/tls/certbot_lineage.h"

#include <algorithm>
#include <vector>

#include "cli/tls/leaf_certificate.h"
#include "os/identity.h"

namespace trellis::cli::tls_command {
namespace {

namespace fs = std::filesystem;

std::string joined(const std::vector<std::string>& names) {
  std::string all;
  for (const std::string& name : names) all += (all.empty() ? "" : ", ") + name;
  return all;
}

Result<std::vector<std::string>> lineages_in(const fs::path& live) {
  std::error_code error;
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(live, error)) {
    if (entry.is_directory(error)) names.push_back(entry.path().filename().string());
  }
  if (names.empty()) {
    const std::string blocked = os::why_unreadable(live);
    return fail(ErrorCode::InvalidArguments,
                "certbot has no certificate in {}: {}. Run this as root, name the folder with "
                "--config-dir, or begin with: certbot certonly --standalone -d NAME",
                live.string(), blocked.empty() ? "the folder is empty" : blocked);
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

Result<CertbotLineage> find_lineage(const fs::path& config_dir, const std::string& domain) {
  CertbotLineage lineage{fs::absolute(config_dir).lexically_normal(), domain};
  if (!lineage.config_dir.has_filename()) lineage.config_dir = lineage.config_dir.parent_path();
  const fs::path live = lineage.config_dir / "live";
  TRELLIS_TRY_ASSIGN(const auto names, lineages_in(live));
  if (domain.empty()) {
    if (names.size() > 1) {
      return fail(ErrorCode::InvalidArguments, "Say which certificate with --domain: {}.",
                  joined(names));
    }
    lineage.name = names.front();
    return lineage;
  }
  if (std::find(names.begin(), names.end(), domain) != names.end()) return lineage;
  for (const std::string& name : names) {
    const auto covers = file_covers(live / name / "cert.pem", domain);
    if (!covers || !*covers) continue;
    lineage.name = name;
    return lineage;
  }
  return fail(ErrorCode::InvalidArguments, "certbot has no certificate for {}; there are: {}.",
              domain, joined(names));
}

}  // namespace trellis::cli::tls_command
