// SPDX-License-Identifier: Apache-2.0
//
// A policy as the defaults make it.
#pragma once

#include "config/ssl_policy.h"

namespace trellis::testing {

inline config::SslPolicySettings policy_in(const std::filesystem::path& base_directory) {
  config::SslPolicySettings settings;
  settings.enabled = true;
  settings.base_directory = base_directory;
  settings.private_key = "private.key";
  settings.public_certificate = "public.crt";
  settings.trusted_dir = "trusted";
  settings.revoked_dir = "revoked";
  settings.tls_versions = {"TLSv1.2", "TLSv1.3"};
  return settings;
}

}  // namespace trellis::testing
