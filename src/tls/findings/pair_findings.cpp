// SPDX-License-Identifier: Apache-2.0
#include "tls/findings/pair_findings.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include <algorithm>

#include "os/shell_word.h"
#include "tls/findings/certbot_tree.h"

namespace trellis::tls {
namespace {

using namespace std::chrono_literals;
using os::Clock;

constexpr std::chrono::nanoseconds kLargestMargin = std::chrono::hours(24 * 21);
constexpr int kShortestRsa = 2048;
constexpr int kShortestEc = 256;

Findings date_findings(const PresentedChain& shown, Clock::Wall now) {
  const x509_st* leaf = shown.chain[0];
  const Clock::Wall first = to_time(X509_get0_notBefore(leaf));
  const Clock::Wall last = to_time(X509_get0_notAfter(leaf));
  if (now > last) {
    return {make_finding(
        FindingId::kCertificateExpired, shown.subject,
        fmt::format("The certificate '{}' ({}) expired {} ago, on {}. Clients "
                    "that verify refuse it.",
                    subject_text(leaf), shown.source, span_in_words(now - last), to_text(last)),
        renewal_command(shown.source))};
  }
  if (now < first) {
    return {make_finding(
        FindingId::kCertificateNotYetValid, shown.subject,
        fmt::format("The certificate '{}' ({}) is not valid before {}, {} from now by this "
                    "machine's clock. Either the clock is slow, or the certificate was made for "
                    "later.",
                    subject_text(leaf), shown.source, to_text(first), span_in_words(first - now)),
        "timedatectl status")};
  }
  if (last - now < renewal_margin(last - first)) {
    return {make_finding(
        FindingId::kCertificateExpiresSoon, shown.subject,
        fmt::format("The certificate '{}' ({}) expires in {}, on {}. It should "
                    "have been renewed by now: see what keeps the renewal.",
                    subject_text(leaf), shown.source, span_in_words(last - now), to_text(last)),
        renewal_command(shown.source))};
  }
  return {};
}

Findings usage_findings(const PresentedChain& shown) {
  Findings found;
  x509_st* leaf = shown.chain[0];
  if (!allows_server_use(leaf)) {
    found.push_back(make_finding(
        FindingId::kUsageServerMissing, shown.subject,
        fmt::format("The certificate '{}' ({}) may not be used by a TLS server: its key usage or "
                    "extended key usage leaves server authentication out. Ask its authority for a "
                    "server certificate.",
                    subject_text(leaf), shown.source),
        "openssl x509 -noout -ext keyUsage,extendedKeyUsage -in " + os::shell_word(shown.source)));
  }
  if (shown.for_members && !allows_client_use(leaf)) {
    found.push_back(make_finding(
        FindingId::kUsageClientMissing, shown.subject,
        fmt::format("Members dial each other as clients too, but the extended key usage of '{}' "
                    "({}) leaves client authentication (clientAuth) out. Public authorities no "
                    "longer issue certificates with it: give members certificates of a private "
                    "authority.",
                    subject_text(leaf), shown.source),
        "trellis tls ca init && trellis tls ca issue " +
            (shown.advertised_hosts.empty() ? "NAME" : shown.advertised_hosts.front())));
  }
  return found;
}

Findings key_findings(const PresentedChain& shown) {
  x509_st* leaf = shown.chain[0];
  const EVP_PKEY* key = X509_get0_pubkey(leaf);
  if (key == nullptr) return {};
  const int kind = EVP_PKEY_get_base_id(key);
  const int bits = EVP_PKEY_get_bits(key);
  const bool rsa = kind == EVP_PKEY_RSA || kind == EVP_PKEY_RSA_PSS;
  if ((rsa && bits < kShortestRsa) || (kind == EVP_PKEY_EC && bits < kShortestEc)) {
    return {make_finding(FindingId::kKeyWeak, shown.subject,
                         fmt::format("The key of '{}' ({}) is {} with {} bits. Clients refuse RSA "
                                     "keys below 2048 bits and curves below P-256.",
                                     subject_text(leaf), shown.source, rsa ? "RSA" : "EC", bits),
                         "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "
                         "private.key")};
  }
  const bool edwards = kind == EVP_PKEY_ED25519 || kind == EVP_PKEY_ED448;
  if (edwards && shown.for_browsers) {
    return {make_finding(FindingId::kKeyUnusual, shown.subject,
                         fmt::format("The key of '{}' ({}) is {}. Browsers do not accept it; use "
                                     "P-256 or RSA for https.",
                                     subject_text(leaf), shown.source,
                                     kind == EVP_PKEY_ED25519 ? "Ed25519" : "Ed448"),
                         "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "
                         "private.key")};
  }
  return {};
}

Findings signature_findings(const PresentedChain& shown) {
  for (x509_st* certificate : shown.chain) {
    if (is_self_issued(certificate)) continue;  // nobody looks at a root's signature
    int digest = NID_undef;
    if (X509_get_signature_info(certificate, &digest, nullptr, nullptr, nullptr) != 1) continue;
    if (digest != NID_sha1 && digest != NID_md5 && digest != NID_md4) continue;
    return {make_finding(FindingId::kSignatureWeak, shown.subject,
                         fmt::format("The certificate '{}' ({}) is signed with {}, which clients "
                                     "refuse. Have it issued again with SHA-256.",
                                     subject_text(certificate), shown.source, OBJ_nid2sn(digest)))};
  }
  return {};
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

Findings name_findings(const PresentedChain& shown) {
  const x509_st* leaf = shown.chain[0];
  if (!has_alternative_names(leaf)) {
    return {make_finding(
        FindingId::kNamesInCommonNameOnly, shown.subject,
        fmt::format("The certificate '{}' ({}) has no subject alternative names, the only place "
                    "where clients look for a name (RFC 9525). Have it issued again with them{}.",
                    subject_text(leaf), shown.source,
                    shown.advertised_hosts.empty() ? "" : ": " + joined(shown.advertised_hosts)),
        "openssl req -new -key private.key -subj / -addext subjectAltName=DNS:NAME -out "
        "request.csr")};
  }
  Findings found;
  std::vector<std::string> told;
  for (const std::string& host : shown.advertised_hosts) {
    if (host.empty() || covers(leaf, host)) continue;
    if (std::find(told.begin(), told.end(), host) != told.end()) continue;
    told.push_back(host);
    found.push_back(make_finding(
        FindingId::kNameMissing, shown.subject,
        fmt::format("Clients are told to connect to '{}', but the certificate '{}' ({}) has the "
                    "names {}. Clients that verify will refuse it. Advertise one of these names, "
                    "or obtain a certificate that has '{}'.",
                    host, subject_text(leaf), shown.source, names_text(leaf), host),
        "server.default_advertised_address=NAME"));
  }
  return found;
}

}  // namespace

std::chrono::nanoseconds renewal_margin(std::chrono::nanoseconds life) {
  return std::min(life / 5, kLargestMargin);
}

std::string renewal_command(const std::string& source) {
  if (source.starts_with("http")) return "trellis tls acme renew";
  const auto tree = certbot_tree(source);
  return tree ? "certbot renew --cert-name " + os::shell_word(tree->lineage) : std::string();
}

Findings certificate_findings(const PresentedChain& shown, Clock::Wall now) {
  Findings found = date_findings(shown, now);
  append(found, usage_findings(shown));
  append(found, key_findings(shown));
  append(found, signature_findings(shown));
  append(found, name_findings(shown));
  return found;
}

Findings pair_findings(const PresentedChain& shown, KnownAuthorities& known, Clock::Wall now) {
  PresentedChain ordered = shown;
  ordered.chain = in_order(shown.chain);
  Findings found = certificate_findings(ordered, now);
  append(found, chain_findings(shown, known, now));
  return found;
}

}  // namespace trellis::tls
