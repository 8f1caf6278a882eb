// SPDX-License-Identifier: Apache-2.0
#include "config/shared_port.h"

#include <algorithm>

namespace trellis::config {
namespace {

std::string_view text_of(ClientAuth client_auth) {
  switch (client_auth) {
    case ClientAuth::kNone:
      return "NONE";
    case ClientAuth::kOptional:
      return "OPTIONAL";
    case ClientAuth::kRequire:
      return "REQUIRE";
  }
  TRELLIS_UNREACHABLE();
}

}  // namespace

bool is_same_place(const SocketAddress& a, const SocketAddress& b) {
  return a.port == b.port && a.port != 0 && a.host == b.host;
}

bool https_shares_port_of_bolt(const ServerConfig& config) {
  if (!config.bolt.enabled || !config.http.https.enabled) return false;
  const SocketAddress& https = config.http.https.listen_address;
  return is_same_place(config.bolt.listen_address, https) ||
         std::ranges::any_of(config.bolt.additional_listen_addresses,
                             [&](const auto& bolt) { return is_same_place(bolt, https); });
}

Result<> check_shared_port(const ServerConfig& config) {
  if (!https_shares_port_of_bolt(config)) return {};
  const std::string address = to_string(config.http.https.listen_address);
  if (config.bolt.tls_level == TlsLevel::kDisabled) {
    return fail(
        ErrorCode::InvalidConfiguration,
        "HTTPS and Bolt share {}, and Bolt has no TLS there:\n"
        "  server.https.listen_address={}\n"
        "  server.bolt.tls_level=DISABLED\n"
        "Set server.bolt.tls_level=REQUIRED (or OPTIONAL), or give HTTPS a port of its own.",
        address, address);
  }
  const SslPolicySettings& bolt = config.ssl.of(SslScope::kBolt);
  const SslPolicySettings& https = config.ssl.of(SslScope::kHttps);
  if (!https.enabled || https.obtained || bolt.client_auth == https.client_auth) return {};
  return fail(ErrorCode::InvalidConfiguration,
              "HTTPS and Bolt share {}, where one handshake serves both, but they disagree:\n"
              "  dbms.ssl.policy.bolt.client_auth={}\n"
              "  dbms.ssl.policy.https.client_auth={}\n"
              "Set both to the same (NONE where browsers come), or give HTTPS a port of its own.",
              address, text_of(bolt.client_auth), text_of(https.client_auth));
}

}  // namespace trellis::config
