// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <filesystem>

#include "os/shell_word.h"
#include "tls/chain_order.h"
#include "tls/findings/pair_findings.h"

namespace trellis::tls {
namespace {

using os::Clock;

// The longest way up. Where the server's own does not come first, it starts at another certificate.
ChainOrder longest(const ChainView& presented) {
  ChainOrder best = chain_from(0, presented);
  for (size_t i = 1; i < presented.size(); ++i) {
    if (X509_check_ca(presented[i]) != 0 && X509_check_ca(presented[0]) == 0) continue;
    ChainOrder order = chain_from(i, presented);
    if (order.path.size() > best.path.size()) best = std::move(order);
  }
  return best;
}

ChainView certificates_at(const std::vector<size_t>& path, const ChainView& presented) {
  ChainView chain;
  for (const size_t at : path) chain.push_back(presented[at]);
  return chain;
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

Finding misordered(const PresentedChain& shown, const ChainOrder& order) {
  std::string right;
  for (const size_t at : order.path) {
    right += fmt::format("{}number {} ('{}')", right.empty() ? "" : ", ", at + 1,
                         subject_text(shown.chain[at]));
  }
  return make_finding(FindingId::kChainMisordered, shown.subject,
                      fmt::format("The certificates of {} are in the wrong order: the server's own "
                                  "comes first, each followed by the one that issued it. Right "
                                  "would be: {}. Many clients refuse another order.",
                                  shown.source, right));
}

Finding unrelated(const PresentedChain& shown, const ChainOrder& order) {
  return make_finding(
      FindingId::kChainUnrelated, shown.subject,
      fmt::format("{} holds {} certificates, of which {} belong to the chain of '{}'. Strict "
                  "clients refuse the rest: take it out.",
                  shown.source, shown.chain.size(), order.path.size(),
                  subject_text(shown.chain[order.path[0]])));
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
        whole.empty()
            ? "cat intermediate.pem >> " + os::shell_word(shown.source)
            : fmt::format("ln -sfn {} {}", os::shell_word(whole), os::shell_word(shown.source)));
  }
  return make_finding(
      FindingId::kChainMissingIntermediate, shown.subject,
      fmt::format("The chain of {} ends with '{}', whose issuer '{}' {}: neither a root that this "
                  "machine knows, nor sent along. Clients that do not have it refuse the "
                  "certificate. If it is the root of a private authority, make it known to this "
                  "machine and its clients.",
                  shown.source, subject_text(last), issuer_text(last), how),
      "cat intermediate.pem >> " + os::shell_word(shown.source));
}

Finding unknown_authority(const PresentedChain& shown, const ChainView& path,
                          const KnownAuthorities& known) {
  x509_st* last = path.back();
  const std::string root = is_self_issued(last) ? subject_text(last) : issuer_text(last);
  if (!known.has_system_store()) {
    return make_finding(
        FindingId::kAuthorityUnknown, shown.subject,
        fmt::format("The certificate of {} comes from '{}'. This machine has no certificates of "
                    "authorities at all, so nothing can be said of it here: a client on this "
                    "machine refuses every certificate.",
                    shown.source, root),
        "apt-get install ca-certificates");
  }
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
    return known.verify(path) == X509_V_OK ? Findings{}
                                           : Findings{unknown_authority(shown, path, known)};
  }
  x509_st* issuer = known.issuer_of(last);
  if (issuer != nullptr) {
    if (!is_self_issued(issuer)) return {missing_above(shown, path, true)};
    // Another authority of the same name has not signed it.
    if (known.verify(path) == X509_V_OK) return {};
    return {unknown_authority(shown, path, known)};
  }
  const bool hinted =
      hints_at_intermediate(last) || (path.size() == 1 && !full_chain_beside(shown.source).empty());
  return {hinted ? missing_above(shown, path, false) : unknown_authority(shown, path, known)};
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

ChainView in_order(const ChainView& presented) {
  return certificates_at(longest(presented).path, presented);
}

Findings chain_findings(const PresentedChain& shown, KnownAuthorities& known, Clock::Wall now) {
  const ChainOrder order = longest(shown.chain);
  ChainView path = certificates_at(order.path, shown.chain);
  // What follows a root is another way to others, and has nothing to do with this one.
  const auto root = std::find_if(path.begin(), path.end(), is_self_issued);
  if (root != path.end()) path.erase(root + 1, path.end());
  Findings found = dates_above(shown, path, now);
  if (!order.as_given()) found.push_back(misordered(shown, order));
  append(found, completeness(shown, path, known));
  if (!order.left_out.empty()) found.push_back(unrelated(shown, order));
  return found;
}

}  // namespace trellis::tls
