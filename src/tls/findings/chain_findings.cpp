// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <filesystem>

#include "tls/findings/pair_findings.h"

namespace trellis::tls {
namespace {

using os::Clock;

bool contains(const ChainView& chain, x509_st* certificate) {
  return std::any_of(chain.begin(), chain.end(),
                     [&](const x509_st* other) { return X509_cmp(other, certificate) == 0; });
}

// The path that can be built upwards from `leaf` with what was presented.
ChainView path_from(x509_st* leaf, const ChainView& presented) {
  ChainView path{leaf};
  while (!is_self_issued(path.back())) {
    const auto above = std::find_if(presented.begin(), presented.end(), [&](x509_st* candidate) {
      return !contains(path, candidate) && issued_by(path.back(), candidate);
    });
    if (above == presented.end()) break;
    path.push_back(*above);
  }
  return path;
}

// Beside a leaf-only file, the whole chain often lies under certbot's name for it. The first link
// that has one counts: certbot moves live/NAME/fullchain.pem at each renewal, archive/ it only
// fills.
std::string full_chain_beside(const std::string& source) {
  constexpr int kMostLinks = 16;
  std::error_code failed;
  std::filesystem::path at = source;
  for (int links = 0; links < kMostLinks; ++links) {
    const std::string name = at.filename().string();
    const auto whole =
        at.parent_path() / ("fullchain" + name.substr(std::min<size_t>(4, name.size())));
    if (name.starts_with("cert") && std::filesystem::exists(whole, failed)) return whole.string();
    const auto target = std::filesystem::read_symlink(at, failed);
    if (failed) return {};
    at = (at.parent_path() / target).lexically_normal();
  }
  return {};
}

Finding misordered(const PresentedChain& shown, const ChainView& path) {
  std::string order;
  for (x509_st* certificate : path) {
    const auto at = std::find_if(shown.chain.begin(), shown.chain.end(),
                                 [&](const x509_st* c) { return X509_cmp(c, certificate) == 0; });
    order += fmt::format("{}number {} ('{}')", order.empty() ? "" : ", ",
                         at - shown.chain.begin() + 1, subject_text(certificate));
  }
  return make_finding(FindingId::kChainMisordered, shown.subject,
                      fmt::format("The certificates of {} are in the wrong order: the server's own "
                                  "comes first, each followed by the one that issued it. Right "
                                  "would be: {}. Many clients refuse another order.",
                                  shown.source, order));
}

Finding missing_above(const PresentedChain& shown, const ChainView& path, bool issuer_is_known) {
  x509_st* last = path.back();
  const std::string how = issuer_is_known ? "is known here, is no root" : "is not sent along";
  if (path.size() == 1) {
    const std::string whole = full_chain_beside(shown.source);
    return make_finding(
        FindingId::kChainLeafOnly, shown.subject,
        fmt::format("{} has the server's own certificate alone. Its issuer '{}' {} and is an "
                    "intermediate, which clients do not have: some fetch it, most (drivers, curl, "
                    "Java) refuse.",
                    shown.source, issuer_text(last), how),
        whole.empty() ? fmt::format("cat intermediate.pem >> {}", shown.source)
                      : fmt::format("ln -sfn {} {}", whole, shown.source));
  }
  return make_finding(
      FindingId::kChainMissingIntermediate, shown.subject,
      fmt::format("The chain of {} ends with '{}', whose issuer '{}' {}: neither a root that this "
                  "machine knows, nor sent along. Clients that do not have it refuse the "
                  "certificate. If it is the root of a private authority, make it known to this "
                  "machine and its clients.",
                  shown.source, subject_text(last), issuer_text(last), how),
      fmt::format("cat intermediate.pem >> {}", shown.source));
}

Finding unknown_authority(const PresentedChain& shown, const ChainView& path) {
  x509_st* last = path.back();
  const std::string root = is_self_issued(last) ? subject_text(last) : issuer_text(last);
  return make_finding(
      FindingId::kAuthorityUnknown, shown.subject,
      fmt::format("The certificate of {} comes from '{}', which this machine does not know. That "
                  "is right for a private authority; then its root must be put into the trust "
                  "store of every client. If it is an intermediate of a public one, it must be "
                  "sent along.",
                  shown.source, root),
      "cp authority.crt /usr/local/share/ca-certificates/ && update-ca-certificates");
}

Findings completeness(const PresentedChain& shown, const ChainView& path, KnownAuthorities& known) {
  x509_st* last = path.back();
  if (is_self_issued(last)) {
    if (path.size() == 1) {
      if (known.verify(path) == X509_V_OK) return {};
      return {make_finding(
          FindingId::kCertificateSelfSigned, shown.subject,
          fmt::format("The certificate '{}' ({}) is signed by its own key. Clients refuse it "
                      "unless it is put into the trust store of each; obtain one from an "
                      "authority that they know.",
                      subject_text(last), shown.source),
          "server.tls.acme.enabled=true")};
    }
    return known.verify(path) == X509_V_OK ? Findings{} : Findings{unknown_authority(shown, path)};
  }
  x509_st* issuer = known.issuer_of(last);
  if (issuer != nullptr) {
    if (!is_self_issued(issuer)) return {missing_above(shown, path, true)};
    // Another authority of the same name has not signed it.
    if (known.verify(path) == X509_V_OK) return {};
    return {unknown_authority(shown, path)};
  }
  const bool hinted =
      hints_at_intermediate(last) || (path.size() == 1 && !full_chain_beside(shown.source).empty());
  return {hinted ? missing_above(shown, path, false) : unknown_authority(shown, path)};
}

Findings dates_above(const PresentedChain& shown, const ChainView& path, Clock::Wall now) {
  for (size_t i = 1; i < path.size(); ++i) {
    if (is_self_issued(path[i])) continue;  // nobody asks the dates of a root that is sent along
    const Clock::Wall first = to_time(X509_get0_notBefore(path[i]));
    const Clock::Wall last = to_time(X509_get0_notAfter(path[i]));
    if (now >= first && now <= last) continue;
    return {make_finding(
        FindingId::kChainExpired, shown.subject,
        fmt::format("The intermediate certificate '{}' in {} is valid from {} to {} only. Replace "
                    "it by the one that the authority uses now.",
                    subject_text(path[i]), shown.source, to_text(first), to_text(last)),
        renewal_command(shown.source))};
  }
  return {};
}

}  // namespace

// The longest path. Where the leaf does not come first, it starts at another certificate.
ChainView in_order(const ChainView& presented) {
  ChainView best = path_from(presented[0], presented);
  for (size_t i = 1; i < presented.size(); ++i) {
    if (X509_check_ca(presented[i]) != 0 && X509_check_ca(presented[0]) == 0) continue;
    ChainView path = path_from(presented[i], presented);
    if (path.size() > best.size()) best = std::move(path);
  }
  return best;
}

Findings chain_findings(const PresentedChain& shown, KnownAuthorities& known, Clock::Wall now) {
  const ChainView path = in_order(shown.chain);
  Findings found = dates_above(shown, path, now);
  const bool ordered = path.size() <= shown.chain.size() &&
                       std::equal(path.begin(), path.end(), shown.chain.begin());
  if (!ordered) {
    found.push_back(misordered(shown, path));
    return found;
  }
  Findings incomplete = completeness(shown, path, known);
  if (worth_an_alarm(incomplete) || path.size() == shown.chain.size()) {
    append(found, std::move(incomplete));
    return found;
  }
  append(found, std::move(incomplete));
  found.push_back(make_finding(
      FindingId::kChainUnrelated, shown.subject,
      fmt::format("{} holds {} certificates, of which {} belong to the chain of '{}'. Strict "
                  "clients refuse the rest: take it out.",
                  shown.source, shown.chain.size(), path.size(), subject_text(path[0]))));
  return found;
}

}  // namespace trellis::tls
