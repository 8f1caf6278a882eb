// SPDX-License-Identifier: Apache-2.0
#include "tls/findings/server_findings.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>

#include "tls/findings/certbot_findings.h"
#include "tls/findings/obtained_findings.h"
#include "tls/findings/pair_findings.h"
#include "tls/findings/path_findings.h"
#include "tls/findings/policy_findings.h"
#include "tls/findings/trust_findings.h"
#include "tls/openssl_handles.h"
#include "tls/pem.h"
#include "tls/readable_file.h"

namespace trellis::tls {
namespace {

using config::SslScope;

constexpr SslScope kScopes[] = {SslScope::kBolt, SslScope::kHttps, SslScope::kCluster,
                                SslScope::kBackup};

PresentedChain presented(const config::ServerConfig& config, SslScope scope, ChainView chain,
                         std::string source) {
  PresentedChain shown{std::string(to_string(scope)), std::move(source), std::move(chain)};
  shown.advertised_hosts = advertised_hosts(config, scope);
  shown.for_members = scope == SslScope::kCluster || scope == SslScope::kBackup;
  shown.for_browsers = scope == SslScope::kHttps;
  return shown;
}

// The policy, what it trusts, and the modes of its files; for every scope that is in use.
Findings surroundings(const config::ServerConfig& config, SslScope scope, KnownAuthorities& known,
                      os::Clock::Wall now) {
  const config::SslPolicySettings& policy = config.ssl.of(scope);
  const std::string subject(to_string(scope));
  Findings found = policy_findings(policy);
  append(found, trust_findings(policy, known, now));
  if (policy.obtained) return found;
  append(found, key_path_findings(subject, policy.base_directory / policy.private_key));
  const std::filesystem::path certificate = policy.base_directory / policy.public_certificate;
  append(found, certbot_account_findings(subject, certificate));
  append(found, certbot_schedule_findings(subject, certificate));
  return found;
}

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

// -- files, for the doctor --

struct PairOnDisk {
  std::string subject;
  std::filesystem::path certificate;
  std::filesystem::path key;
  bool main = true;
};

std::vector<PairOnDisk> pairs_of(const config::SslPolicySettings& policy) {
  const std::string scope(to_string(policy.scope));
  std::vector<PairOnDisk> pairs{{scope, policy.base_directory / policy.public_certificate,
                                 policy.base_directory / policy.private_key}};
  std::error_code failed;
  for (const auto& entry :
       std::filesystem::directory_iterator(policy.base_directory / "sni", failed)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with('.') || !entry.is_directory(failed)) continue;
    pairs.push_back(
        {scope + "/sni/" + name, entry.path() / "public.crt", entry.path() / "private.key", false});
  }
  std::sort(pairs.begin() + 1, pairs.end(),
            [](const PairOnDisk& a, const PairOnDisk& b) { return a.subject < b.subject; });
  return pairs;
}

// The leaf among `chain` that the key belongs to comes first in the answer; none: no pair.
bool key_belongs(const EVP_PKEY* key, const std::vector<CertificateHandle>& chain) {
  const bool any = std::any_of(chain.begin(), chain.end(), [&](const CertificateHandle& c) {
    return X509_check_private_key(c.get(), key) == 1;
  });
  ERR_clear_error();
  return any;
}

struct DiskLook {
  Findings findings;
  std::string digest;
};

DiskLook look_at(const config::ServerConfig& config, const config::SslPolicySettings& policy,
                 const PairOnDisk& pair, KnownAuthorities& known, os::Clock::Wall now) {
  DiskLook look;
  append(look.findings, readable_findings(pair.subject, pair.certificate, "certificate"));
  append(look.findings, readable_findings(pair.subject, pair.key, "private key"));
  std::vector<CertificateHandle> chain;
  std::optional<PrivateKey> key;
  if (auto loaded = load_certificates(pair.certificate)) {
    chain = std::move(*loaded);
  } else if (look.findings.empty()) {
    look.findings.push_back(
        make_finding(FindingId::kPairUnusable, pair.subject, loaded.error().message()));
  }
  const bool open = !key_path_findings(pair.subject, pair.key).empty();
  if (auto loaded = load_private_key(pair.key, policy.private_key_password.unmask())) {
    key = std::move(*loaded);
  } else if (look.findings.empty() && !open) {
    look.findings.push_back(
        make_finding(FindingId::kPairUnusable, pair.subject, loaded.error().message()));
  }
  if (chain.empty()) return look;
  if (key && !key_belongs(key->key.get(), chain)) {
    look.findings.push_back(make_finding(
        FindingId::kKeyMismatch, pair.subject,
        fmt::format("The private key {} does not belong to any certificate in {} ('{}'). Put the "
                    "key and the certificate of the same request there; after a renewal, both.",
                    pair.key.string(), pair.certificate.string(), subject_text(chain[0].get()))));
  }
  ChainView view;
  for (const auto& certificate : chain) view.push_back(certificate.get());
  PresentedChain shown =
      presented(config, policy.scope, std::move(view), pair.certificate.string());
  shown.subject = pair.subject;
  if (!pair.main) shown.advertised_hosts.clear();
  for (Finding& finding : pair_findings(shown, known, now)) {
    // The server sorts a chain when it loads it.
    if (finding.id == "chain-misordered") finding.severity = Severity::kWarning;
    look.findings.push_back(std::move(finding));
  }
  look.digest = sha256_of(in_order(shown.chain)[0]);
  return look;
}

}  // namespace

std::vector<std::string> advertised_hosts(const config::ServerConfig& config, SslScope scope) {
  std::optional<config::SocketAddress> address;
  switch (scope) {
    case SslScope::kBolt:
      address = config.bolt.advertised_address;
      break;
    case SslScope::kHttps:
      address = config.http.https.advertised_address;
      break;
    case SslScope::kCluster:
      if (config.all) address = config.all->advertised_address("server.cluster.advertised_address");
      break;
    case SslScope::kBackup:
      break;
  }
  if (!address || address->host.empty()) return {};
  return {address->host};
}

Findings findings_of(const config::ServerConfig& config, const std::vector<ServedChain>& served,
                     const os::Clock& clock) {
  const auto now = clock.wall();
  KnownAuthorities known;
  Findings found;
  for (const SslScope scope : kScopes) {
    if (config.ssl.of(scope).enabled) append(found, surroundings(config, scope, known, now));
  }
  for (const ServedChain& one : served) {
    const std::string subject(to_string(one.scope));
    if (!one.last_error.empty()) {
      found.push_back(make_finding(
          one.chain.empty() ? FindingId::kCertificateMissing : FindingId::kReloadFailed, subject,
          one.last_error, "trellis tls reload"));
    }
    if (one.chain.empty()) continue;
    PresentedChain shown = presented(config, one.scope, one.chain, one.source);
    if (!one.sni_names.empty()) shown.advertised_hosts.clear();
    append(found, pair_findings(shown, known, now));
    append(found, mended_findings(one));
  }
  append(found, plain_port_findings(config));
  append(found, obtained_findings(config));
  return found;
}

FileFindings file_findings(const config::ServerConfig& config, const os::Clock& clock) {
  const auto now = clock.wall();
  KnownAuthorities known;
  FileFindings all;
  for (const SslScope scope : kScopes) {
    const config::SslPolicySettings& policy = config.ssl.of(scope);
    if (!policy.enabled) continue;
    append(all.findings, surroundings(config, scope, known, now));
    if (policy.obtained) continue;
    for (const PairOnDisk& pair : pairs_of(policy)) {
      DiskLook look = look_at(config, policy, pair, known, now);
      append(all.findings, std::move(look.findings));
      if (pair.main && !look.digest.empty()) all.digests.emplace_back(scope, look.digest);
    }
  }
  append(all.findings, plain_port_findings(config));
  append(all.findings, obtained_findings(config));
  return all;
}

}  // namespace trellis::tls
