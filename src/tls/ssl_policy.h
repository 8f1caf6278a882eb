// SPDX-License-Identifier: Apache-2.0
//
// One SSL policy as configured: dbms.ssl.policy.<scope>.<suffix>. Plain data.
// Source: Neo4j operations manual, "SSL framework".
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/secret.h"

namespace trellis::tls {

enum class ClientAuth : uint8_t { kNone, kOptional, kRequire };

struct SslPolicyConfig {
  std::string scope;  // "bolt", "https", "cluster", "backup"
  bool enabled = false;
  std::filesystem::path base_directory;  // absolute
  // The paths below are relative to base_directory, or absolute.
  std::filesystem::path private_key = "private.key";
  Secret private_key_password;
  std::filesystem::path public_certificate = "public.crt";
  std::filesystem::path trusted_dir = "trusted";
  std::filesystem::path revoked_dir = "revoked";
  bool trust_all = false;
  ClientAuth client_auth = ClientAuth::kOptional;  // cluster, backup: kRequire
  bool verify_hostname = true;                     // when this side is the client
  std::vector<std::string> ciphers;  // IANA or OpenSSL names; empty: OpenSSL's defaults
  std::vector<std::string> tls_versions{"TLSv1.2", "TLSv1.3"};
};

}  // namespace trellis::tls
