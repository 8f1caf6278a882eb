// SPDX-License-Identifier: Apache-2.0
//
// Which steps make a server use certbot's certificate. Reads the file system, changes nothing.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/tls/certbot_lineage.h"
#include "cli/tls/certbot_steps.h"
#include "config/server_config.h"

namespace trellis::cli::tls_command {

// A user of this machine, by whose rights the server reads.
struct ServiceUser {
  std::string name;
  uid_t user = 0;
  gid_t group = 0;
  std::vector<gid_t> groups;
};
Result<ServiceUser> find_service_user(const std::string& name);

struct InstallRequest {
  CertbotLineage lineage;
  ServiceUser user;
  std::vector<config::SslPolicySettings> policies;  // of the scopes that shall use it
  std::filesystem::path hook;
  std::string hook_content;
};

// What is still to be done; empty when all is in place.
Result<Steps> plan_install(const InstallRequest& request);

// Whether a policy's certificate is the lineage's, directly or by links.
bool uses_lineage(const config::SslPolicySettings& policy, const CertbotLineage& lineage);

}  // namespace trellis::cli::tls_command
