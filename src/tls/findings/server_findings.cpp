// SPDX-License-Identifier: Apache-2.0
#include "tls/findings/server_findings.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "tls/findings/obtained_findings.h"
#include "tls/findings/policy_findings.h"
#include "tls/findings/scope_findings.h"
#include "tls/findings/trust_findings.h"
#include "tls/readable_file.h"

namespace trellis::tls {
namespace {

using config::SslScope;

// The file is in disorder, but what is served is not.
Findings mended_findings(const ServedChain& one) {
  Findings found;
  const std::string subject(to_string(one.scope));
  if (one.reordered) {
    found.push_back(make_finding(
        FindingId::kChainMisordered, subject,
        fmt::format("The certificates in {} are in the wrong order; they are served in the right "
                    "one. Put the server's own first, then the one that issued it, and so on.",
                    one.source)));
  }
  if (!one.left_out.empty()) {
    found.push_back(make_finding(
        FindingId::kChainUnrelated, subject,
        fmt::format("{} also has certificates that are no part of the chain, and are not served: "
                    "{}. Take them out.",
                    one.source, fmt::join(one.left_out, "; "))));
  }
  for (Finding& finding : found) finding.severity = Severity::kWarning;
  return found;
}

Finding failure_of(const ServedChain& one) {
  FindingId id = FindingId::kReloadFailed;
  // Without its own pair a name of sni/ gets the main one.
  if (one.chain.empty()) id = one.main ? FindingId::kCertificateMissing : FindingId::kPairUnusable;
  Explanation why = parted(one.last_error);
  if (why.command.empty()) {
    why.command = id == FindingId::kReloadFailed ? "trellis tls reload" : "trellis tls status";
  }
  return make_finding(id, std::string(to_string(one.scope)), std::move(why.cause),
                      std::move(why.command));
}

Findings trust_of(const config::SslPolicySettings& policy, const std::vector<ServedChain>& served,
                  KnownAuthorities& known, os::Clock::Wall now) {
  for (const ServedChain& one : served) {
    if (one.scope != policy.scope || !one.trust) continue;
    for (x509_st* certificate : one.trust->certificates()) known.add(certificate);
    return trust_findings(policy, *one.trust, now);
  }
  return trusted_file_findings(policy, known, now);
}

ChainView named_leaves(const std::vector<ServedChain>& served, SslScope scope) {
  ChainView leaves;
  for (const ServedChain& one : served) {
    if (one.scope == scope && !one.main && !one.chain.empty()) leaves.push_back(one.chain[0]);
  }
  return leaves;
}

}  // namespace

Findings findings_of(const config::ServerConfig& config, const std::vector<ServedChain>& served,
                     const os::Clock& clock) {
  const auto now = clock.wall();
  KnownAuthorities known;
  Findings found;
  for (const SslScope scope : kAllScopes) {
    const config::SslPolicySettings& policy = config.ssl.of(scope);
    if (!policy.enabled) continue;
    append(found, surroundings(config, scope));
    append(found, trust_of(policy, served, known, now));
  }
  for (const ServedChain& one : served) {
    if (!one.last_error.empty()) found.push_back(failure_of(one));
    if (one.chain.empty() || !is_shown(config, one.scope)) continue;
    PresentedChain shown =
        presented(config, one.scope, one.chain, one.source, named_leaves(served, one.scope));
    if (!one.main) shown.advertised_hosts.clear();
    append(found, pair_findings(shown, known, now));
    append(found, mended_findings(one));
  }
  append(found, certbot_findings(config));
  append(found, plain_port_findings(config));
  append(found, obtained_findings(config));
  return found;
}

}  // namespace trellis::tls
