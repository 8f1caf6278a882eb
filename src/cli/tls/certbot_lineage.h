// SPDX-License-Identifier: Apache-2.0
//
// What certbot keeps of one certificate ("lineage", certbot's manual, "Where are my certificates"):
//   live/NAME/{privkey,fullchain,cert,chain}.pem  links to
//   archive/NAME/{privkey,...}N.pem               which stay, one generation beside the other
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"

namespace trellis::cli::tls_command {

struct CertbotLineage {
  std::filesystem::path config_dir;  // absolute
  std::string name;

  std::filesystem::path live() const { return config_dir / "live" / name; }
  std::filesystem::path archive() const { return config_dir / "archive" / name; }
  std::filesystem::path hooks() const { return config_dir / "renewal-hooks" / "deploy"; }
};

// By the lineage's name or by a name that its certificate is for; an empty domain: the only one.
// Errors say which there are.
Result<CertbotLineage> find_lineage(const std::filesystem::path& config_dir,
                                    const std::string& domain);

}  // namespace trellis::cli::tls_command
