// SPDX-License-Identifier: Apache-2.0
#include "tls/findings/policy_findings.h"

#include <fmt/format.h>

#include "config/shared_port.h"

namespace trellis::tls {
namespace {

using config::ClientAuth;
using config::SslScope;

bool for_members(SslScope scope) {
  return scope == SslScope::kCluster || scope == SslScope::kBackup;
}

std::string setting(const config::SslPolicySettings& policy, std::string_view rest) {
  return fmt::format("dbms.ssl.policy.{}.{}", to_string(policy.scope), rest);
}

// A page that came by HTTPS speaks to Bolt by WebSocket, on bolt's port.
bool is_met_by_browsers(const config::ServerConfig& config, SslScope scope) {
  if (scope == SslScope::kHttps) return is_shown(config, scope);
  return scope == SslScope::kBolt && config.http.https.enabled && in_use(config, scope);
}

}  // namespace

bool is_shown(const config::ServerConfig& config, SslScope scope) {
  return scope != SslScope::kHttps || !config::https_shares_port_of_bolt(config);
}

bool in_use(const config::ServerConfig& config, SslScope scope) {
  if (!config.ssl.of(scope).enabled) return false;
  switch (scope) {
    case SslScope::kBolt:
      return config.bolt.enabled && config.bolt.tls_level != config::TlsLevel::kDisabled;
    case SslScope::kHttps:
      return config.http.https.enabled && is_shown(config, scope);
    case SslScope::kCluster:
    case SslScope::kBackup:
      break;
  }
  return true;
}

Findings policy_findings(const config::ServerConfig& config, SslScope of) {
  const config::SslPolicySettings& policy = config.ssl.of(of);
  Findings found;
  const std::string scope(to_string(policy.scope));
  const bool asks = policy.client_auth != ClientAuth::kNone;
  if (policy.trust_all && (asks || for_members(policy.scope))) {
    Finding all = make_finding(
        FindingId::kTrustAll, scope,
        fmt::format("{} is true: any client certificate is accepted, whoever made it, so asking "
                    "for one proves nothing.",
                    setting(policy, "trust_all")),
        setting(policy, "trust_all=false"));
    if (for_members(policy.scope)) all.severity = Severity::kError;
    found.push_back(std::move(all));
  }
  if (asks && is_met_by_browsers(config, of)) {
    found.push_back(make_finding(
        FindingId::kClientAuthBrowsers, scope,
        fmt::format("{} is {}: a browser asks its user for a certificate, or gives up without one; "
                    "{} then fail without a reason that the user sees.",
                    setting(policy, "client_auth"),
                    policy.client_auth == ClientAuth::kRequire ? "REQUIRE" : "OPTIONAL",
                    of == SslScope::kHttps ? "pages"
                                           : "the WebSockets of pages, and pages on the "
                                             "same port,"),
        setting(policy, "client_auth=NONE")));
  }
  if (for_members(policy.scope) && !policy.verify_hostname) {
    found.push_back(make_finding(
        FindingId::kHostnameNotVerified, scope,
        fmt::format("{} is false: any holder of a certificate of the same authority can pose as "
                    "any member.",
                    setting(policy, "verify_hostname")),
        setting(policy, "verify_hostname=true")));
  }
  return found;
}

Findings plain_port_findings(const config::ServerConfig& config) {
  Findings found;
  const config::HttpConfig& http = config.http;
  if (http.https.enabled && http.http.enabled && !config.tls.refuse_plain_http) {
    found.push_back(make_finding(
        FindingId::kPlainHttpOpen, "http",
        fmt::format(
            "Plain HTTP is open on port {} beside HTTPS on port {}: passwords that go there "
            "can be read on the way.",
            http.http.listen_address.port, http.https.listen_address.port),
        "server.http.enabled=false"));
  }
  const config::TlsLevel level = config.bolt.tls_level;
  const bool has_policy = config.ssl.of(SslScope::kBolt).enabled;
  if (config.bolt.enabled && level != config::TlsLevel::kRequired &&
      (has_policy || http.https.enabled)) {
    found.push_back(make_finding(
        FindingId::kPlainBoltOpen, "bolt",
        fmt::format("server.bolt.tls_level is {}: clients {} send passwords and data unencrypted "
                    "on port {}, although there is a certificate{}.",
                    level == config::TlsLevel::kOptional ? "OPTIONAL" : "DISABLED",
                    level == config::TlsLevel::kOptional ? "may" : "must",
                    config.bolt.listen_address.port,
                    has_policy ? ""
                               : " for https. Give Bolt one too, in certificates/bolt, with this "
                                 "line, and then set server.bolt.tls_level=REQUIRED"),
        has_policy ? "server.bolt.tls_level=REQUIRED" : "dbms.ssl.policy.bolt.enabled=true"));
  }
  return found;
}

}  // namespace trellis::tls
