// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "os/acting_as.h"
#include "tls/findings/obtained_findings.h"
#include "tls/findings/path_findings.h"
#include "tls/findings/policy_findings.h"
#include "tls/findings/scope_findings.h"
#include "tls/findings/server_findings.h"
#include "tls/findings/trust_findings.h"
#include "tls/openssl_handles.h"
#include "tls/pair_places.h"
#include "tls/pem.h"
#include "tls/readable_file.h"

namespace trellis::tls {
namespace {

using config::SslScope;

struct PairOnDisk {
  PairPlace place;
  Findings findings;  // of reading it
  std::vector<CertificateHandle> chain;
  std::optional<PrivateKey> key;

  ChainView view() const {
    ChainView all;
    for (const auto& certificate : chain) all.push_back(certificate.get());
    return all;
  }
};

bool key_belongs(const EVP_PKEY* key, const std::vector<CertificateHandle>& chain) {
  const bool any = std::any_of(chain.begin(), chain.end(), [&](const CertificateHandle& c) {
    return X509_check_private_key(c.get(), key) == 1;
  });
  ERR_clear_error();
  return any;
}

// `server`: whose rights decide what can be read. All else is read with ours, which may be more:
// so a file that is closed is not all that comes to light.
PairOnDisk read_pair(const config::SslPolicySettings& policy, PairPlace place,
                     const std::filesystem::path& server) {
  PairOnDisk pair{std::move(place), {}, {}, std::nullopt};
  const PairPlace& at = pair.place;
  {
    const os::ActingAs owner(server);
    append(pair.findings, readable_findings(at.title, at.certificate, "certificate"));
    append(pair.findings, readable_findings(at.title, at.key, "private key"));
  }
  const bool readable = pair.findings.empty();
  const auto unusable = [&](const Error& error) {
    pair.findings.push_back(make_finding(FindingId::kPairUnusable, at.title, error.message()));
  };
  if (auto loaded = load_certificates(at.certificate)) {
    pair.chain = std::move(*loaded);
  } else if (readable) {
    unusable(loaded.error());
  }
  const bool open = !key_open_findings(at.title, at.key).empty();
  if (auto loaded = load_private_key(at.key, policy.private_key_password.unmask())) {
    pair.key = std::move(*loaded);
  } else if (readable && !open) {
    unusable(loaded.error());
  }
  if (!pair.chain.empty() && pair.key && !key_belongs(pair.key->key.get(), pair.chain)) {
    pair.findings.push_back(make_finding(
        FindingId::kKeyMismatch, at.title,
        fmt::format("The private key {} does not belong to any certificate in {} ('{}'). Put the "
                    "key and the certificate of the same request there; after a renewal, both.",
                    at.key.string(), at.certificate.string(), subject_text(pair.view()[0]))));
  }
  return pair;
}

std::vector<PairOnDisk> read_pairs(const config::SslPolicySettings& policy,
                                   const std::filesystem::path& server, Findings& found) {
  std::vector<PairOnDisk> pairs;
  if (!policy.obtained) pairs.push_back(read_pair(policy, main_place(policy), server));
  Result<std::vector<PairPlace>> named;
  {
    const os::ActingAs owner(server);
    named = named_places(policy);
  }
  if (!named) {
    Explanation why = parted(named.error().message());
    found.push_back(make_finding(FindingId::kFileUnreadable, std::string(to_string(policy.scope)),
                                 std::move(why.cause), std::move(why.command)));
    return pairs;
  }
  for (PairPlace& place : *named) pairs.push_back(read_pair(policy, std::move(place), server));
  return pairs;
}

void judge(const config::ServerConfig& config, SslScope scope, std::vector<PairOnDisk>& pairs,
           KnownAuthorities& known, os::Clock::Wall now, FileFindings& all) {
  const std::string main = main_place(config.ssl.of(scope)).title;
  ChainView named_leaves;
  for (const PairOnDisk& pair : pairs) {
    if (pair.place.title != main && !pair.chain.empty()) {
      named_leaves.push_back(in_order(pair.view())[0]);
    }
  }
  FileFindings::Digests digests{scope, {}};
  for (PairOnDisk& pair : pairs) {
    append(all.findings, std::move(pair.findings));
    if (pair.chain.empty() || !is_shown(config, scope)) continue;
    PresentedChain shown =
        presented(config, scope, pair.view(), pair.place.certificate.string(), named_leaves);
    shown.subject = pair.place.title;
    if (pair.place.title != main) shown.advertised_hosts.clear();
    for (Finding& finding : pair_findings(shown, known, now)) {
      // The server sorts a chain when it loads it.
      if (finding.id == "chain-misordered") finding.severity = Severity::kWarning;
      all.findings.push_back(std::move(finding));
    }
    digests.sha256.push_back(sha256_of(in_order(shown.chain)[0]));
  }
  if (!digests.sha256.empty()) all.digests.push_back(std::move(digests));
}

}  // namespace

FileFindings file_findings(const config::ServerConfig& config, const os::Clock& clock) {
  const auto now = clock.wall();
  const std::filesystem::path& server = config.directories.data;
  KnownAuthorities known;
  FileFindings all;
  for (const SslScope scope : kAllScopes) {
    const config::SslPolicySettings& policy = config.ssl.of(scope);
    if (!policy.enabled) continue;
    append(all.findings, surroundings(config, scope));
    {
      const os::ActingAs owner(server);
      append(all.findings, trusted_file_findings(policy, known, now));
    }
    std::vector<PairOnDisk> pairs = read_pairs(policy, server, all.findings);
    judge(config, scope, pairs, known, now, all);
  }
  append(all.findings, certbot_findings(config));
  append(all.findings, plain_port_findings(config));
  append(all.findings, obtained_findings(config));
  return all;
}

}  // namespace trellis::tls
