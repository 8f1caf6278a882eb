// SPDX-License-Identifier: Apache-2.0
#include "tls/findings/trust_findings.h"

#include <openssl/x509v3.h>

#include "tls/pem.h"
#include "tls/readable_file.h"

namespace trellis::tls {
namespace {

using config::SslScope;

constexpr std::chrono::hours kSoon{24 * 7};

Finding unreadable(const std::string& subject, const Error& error) {
  return make_finding(FindingId::kPairUnusable, subject, error.message());
}

struct Trusted {
  std::filesystem::path file;
  CertificateHandle certificate;
};

Finding public_trust(const config::SslPolicySettings& policy, const Trusted& trusted) {
  const bool members = policy.scope == SslScope::kCluster || policy.scope == SslScope::kBackup;
  const std::string scope(to_string(policy.scope));
  Finding found = make_finding(
      FindingId::kPublicClientTrust, scope,
      fmt::format("{} trusts '{}', an authority that this machine counts as public: anyone with a "
                  "client certificate that it issued, for whatever name, is let in. {}",
                  trusted.file.string(), subject_text(trusted.certificate.get()),
                  members ? "Give the members a private authority."
                          : "Put only your own authority there, or ask for no certificate."),
      members ? "trellis tls ca init" : fmt::format("dbms.ssl.policy.{}.client_auth=NONE", scope));
  if (members) found.severity = Severity::kError;
  return found;
}

Findings anchor_findings(const config::SslPolicySettings& policy, KnownAuthorities& known,
                         os::Clock::Wall now) {
  const std::string scope(to_string(policy.scope));
  Findings found;
  auto files = files_in(policy.base_directory / policy.trusted_dir);
  if (!files) return {unreadable(scope, files.error())};
  std::vector<Trusted> all;
  for (const auto& file : *files) {
    auto certificates = load_certificates(file);
    if (!certificates) {
      found.push_back(unreadable(scope, certificates.error()));
      continue;
    }
    for (auto& certificate : *certificates) all.push_back({file, std::move(certificate)});
  }
  ChainView view;
  for (const auto& trusted : all) view.push_back(trusted.certificate.get());
  const bool asks = policy.client_auth != config::ClientAuth::kNone && !policy.trust_all;
  bool told = false;
  for (const auto& trusted : all) {
    known.add(trusted.certificate.get());
    if (!asks) continue;
    const auto last = to_time(X509_get0_notAfter(trusted.certificate.get()));
    if (now > last && !policy.trust_expired) {
      found.push_back(make_finding(
          FindingId::kTrustedExpired, scope,
          fmt::format("The trusted certificate '{}' in {} expired on {}: clients that depend on "
                      "it are refused.",
                      subject_text(trusted.certificate.get()), trusted.file.string(),
                      to_text(last)),
          "rm " + trusted.file.string()));
    }
    const bool authority = X509_check_ca(trusted.certificate.get()) != 0;
    if (!told && authority && known.is_public(trusted.certificate.get(), view)) {
      found.push_back(public_trust(policy, trusted));
      told = true;
    }
  }
  return found;
}

Findings list_findings(const config::SslPolicySettings& policy, os::Clock::Wall now) {
  const std::string scope(to_string(policy.scope));
  auto files = files_in(policy.base_directory / policy.revoked_dir);
  if (!files) return {unreadable(scope, files.error())};
  Findings found;
  for (const auto& file : *files) {
    auto lists = load_revocation_lists(file);
    if (!lists) {
      found.push_back(unreadable(scope, lists.error()));
      continue;
    }
    for (const auto& list : *lists) {
      append(found, revocation_findings(scope, list.get(), file.string(), now));
    }
  }
  return found;
}

}  // namespace

Findings revocation_findings(const std::string& subject, const X509_CRL* list,
                             const std::string& source, os::Clock::Wall now) {
  const ASN1_TIME* next = X509_CRL_get0_nextUpdate(list);
  if (next == nullptr) return {};  // it does not say
  const auto end = to_time(next);
  if (now + kSoon < end) return {};
  const BioHandle out(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(out.get(), X509_CRL_get_issuer(list), 0, XN_FLAG_RFC2253);
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  const std::string issuer(text, static_cast<size_t>(size));
  if (now > end) {
    return {make_finding(FindingId::kRevocationListExpired, subject,
                         fmt::format("The revocation list {} of '{}' has been out of date for {} "
                                     "(since {}). It stays in force, but what was revoked later is "
                                     "not known. Put the authority's current list in its place.",
                                     source, issuer, span_in_words(now - end), to_text(end)))};
  }
  return {make_finding(FindingId::kRevocationListEndsSoon, subject,
                       fmt::format("The revocation list {} of '{}' will be out of date in {} ({}). "
                                   "Put the authority's next list in its place.",
                                   source, issuer, span_in_words(end - now), to_text(end)))};
}

Findings trust_findings(const config::SslPolicySettings& policy, KnownAuthorities& known,
                        os::Clock::Wall now) {
  Findings found = anchor_findings(policy, known, now);
  if (policy.client_auth != config::ClientAuth::kNone) append(found, list_findings(policy, now));
  return found;
}

}  // namespace trellis::tls
