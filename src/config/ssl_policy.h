// SPDX-License-Identifier: Apache-2.0
//
// dbms.ssl.policy.<scope>.* as structs (operations manual, "SSL framework"). Only what the files
// say; keys and certificates are loaded by room tls.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/masked_secret.h"

namespace trellis::config {

class Configuration;

enum class SslScope : uint8_t { kBolt, kHttps, kCluster, kBackup };
inline constexpr std::array<std::string_view, 4> kSslScopeNames = {"bolt", "https", "cluster",
                                                                   "backup"};
inline std::string_view to_string(SslScope scope) {
  return kSslScopeNames[static_cast<size_t>(scope)];
}

enum class ClientAuth : uint8_t { kNone, kOptional, kRequire };

struct SslPolicySettings {
  SslScope scope = SslScope::kBolt;
  bool enabled = false;
  bool obtained = false;                           // no files: the certificate comes by ACME
  std::filesystem::path base_directory;            // certificates/<scope>
  std::filesystem::path private_key;               // private.key
  MaskedSecret private_key_password;               // empty: none
  std::filesystem::path public_certificate;        // public.crt: leaf first, then its chain
  std::filesystem::path trusted_dir;               // trusted
  std::filesystem::path revoked_dir;               // revoked
  ClientAuth client_auth = ClientAuth::kOptional;  // cluster and backup: kRequire
  bool trust_all = false;
  bool trust_expired = false;
  bool verify_hostname = true;
  std::vector<std::string> ciphers;       // empty: the library's choice; OpenSSL or JSSE names
  std::vector<std::string> tls_versions;  // "TLSv1.2", "TLSv1.3"
};

struct SslPolicies {
  std::array<SslPolicySettings, 4> by_scope;
  const SslPolicySettings& of(SslScope scope) const { return by_scope[static_cast<size_t>(scope)]; }
};

SslPolicySettings ssl_policy(const Configuration& c, SslScope scope);
SslPolicies ssl_policies(const Configuration& c);

}  // namespace trellis::config
