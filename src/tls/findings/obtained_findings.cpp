// SPDX-License-Identifier: Apache-2.0
#include "tls/findings/obtained_findings.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "os/port_holder.h"
#include "tls/findings/policy_findings.h"

namespace trellis::tls {
namespace {

using config::SslScope;

// As this program, and each server of it, is called.
constexpr std::string_view kOwnName = "trellis";

Findings unserved_findings(const config::ServerConfig& config) {
  std::vector<std::string> lines;
  for (const SslScope scope : {SslScope::kBolt, SslScope::kHttps}) {
    const bool used = in_use(config, scope);
    if (used && config.ssl.of(scope).obtained) return {};
    if (used) lines.push_back(fmt::format("dbms.ssl.policy.{}.enabled=false", to_string(scope)));
  }
  if (lines.empty()) lines.emplace_back("server.bolt.tls_level=REQUIRED");
  return {make_finding(
      FindingId::kObtainedUnserved, "server.tls.acme",
      "server.tls.acme.enabled=true obtains a certificate that no port serves: each that is "
      "encrypted has a policy, with key and certificate of its own.",
      fmt::format("{}", fmt::join(lines, "\n")))};
}

Findings challenge_port_findings(const config::AcmeConfig& acme) {
  if (acme.challenge != config::AcmeChallenge::kHttp01) return {};
  const uint16_t port = acme.http_listen_address.port;
  const auto holder = os::who_listens(port);
  if (!holder || holder->name == kOwnName) return {};
  return {make_finding(
      FindingId::kChallengePortTaken, "server.tls.acme",
      fmt::format("Process {} (pid {}) listens on port {}, where the authority's challenges are "
                  "to be answered: no certificate can be obtained or renewed. Stop it; or have it "
                  "send /.well-known/acme-challenge/ on to a port that "
                  "server.tls.acme.http_listen_address names; or, if it is another ACME client, "
                  "have it write into server.tls.acme.http_webroot; or use port 443:",
                  holder->name, holder->pid, port),
      "server.tls.acme.challenge=tls-alpn-01")};
}

}  // namespace

Findings obtained_findings(const config::ServerConfig& config) {
  if (!config.tls.acme.enabled) return {};
  Findings found = unserved_findings(config);
  append(found, challenge_port_findings(config.tls.acme));
  return found;
}

}  // namespace trellis::tls
