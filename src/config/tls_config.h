// SPDX-License-Identifier: Apache-2.0
//
// server.tls.* as structs: how certificates are watched, how they are obtained from an ACME
// authority (RFC 8555), and where the cluster's own authority is. Paths are absolute.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "config/values.h"

namespace trellis::config {

class Configuration;

enum class AcmeChallenge : uint8_t { kHttp01, kTlsAlpn01, kDns01 };
enum class AcmeKeyType : uint8_t { kEc256, kEc384, kRsa2048, kRsa3072, kRsa4096 };

struct AcmeIssuer {
  std::string directory;             // empty: there is none
  std::filesystem::path trust_file;  // empty: the system's store
  std::string eab_kid;               // empty: no external account
  Secret eab_hmac_key;               // base64url, as written
};

struct AcmeConfig {
  bool enabled = false;
  AcmeIssuer issuer;
  AcmeIssuer fallback;
  std::string staging_directory;     // empty: none; trusted as the issuer is; Let's Encrypt has one
  std::vector<std::string> contact;  // "mailto:..."
  std::vector<std::string> domains;
  AcmeChallenge challenge = AcmeChallenge::kHttp01;
  SocketAddress http_listen_address;
  bool http_always_listen = false;
  bool http_redirect = false;
  std::optional<std::filesystem::path> http_webroot;
  std::string profile;  // empty: the authority's choice
  AcmeKeyType key_type = AcmeKeyType::kEc256;
  bool reuse_key = false;
  std::optional<std::filesystem::path> dns_hook;
  Duration dns_hook_timeout;
  std::optional<SocketAddress> dns_resolver;
  Duration dns_wait;
  std::filesystem::path storage_directory;
  std::optional<Duration> renew_before;
  std::string preferred_chain;
  Duration request_timeout;
  Duration order_timeout;
};

struct AuthorityConfig {
  std::filesystem::path directory;
  std::optional<SocketAddress> listen_address;
  Duration member_lifetime;
};

struct TlsConfig {
  Duration poll_interval;
  std::string expiry_command;  // empty: none
  int64_t max_handshakes = 1000;
  bool refuse_plain_http = false;
  AuthorityConfig authority;
  AcmeConfig acme;
  // Of test builds alone (CMake option TRELLIS_TEST_CLOCK); others refuse them.
  std::filesystem::path clock_file;  // empty: the machine's time
  int64_t crash_at = 0;              // the step of ACME at which the process ends; 0: none
};

TlsConfig tls_config(const Configuration& c);

}  // namespace trellis::config
