// SPDX-License-Identifier: Apache-2.0
#include "tls/findings/trust_findings.h"

#include <algorithm>

#include "os/shell_word.h"
#include "tls/openssl_handles.h"
#include "tls/pair_places.h"
#include "tls/pem.h"
#include "tls/readable_file.h"

namespace trellis::tls {
namespace {

using config::SslScope;

constexpr std::chrono::nanoseconds kLargestMargin = std::chrono::hours(24 * 7);

Finding unreadable(const std::string& subject, const Error& error) {
  Explanation why = parted(error.message());
  return make_finding(why.command.empty() ? FindingId::kPairUnusable : FindingId::kFileUnreadable,
                      subject, std::move(why.cause), std::move(why.command));
}

Finding public_trust(const config::SslPolicySettings& policy, const Anchor& trusted) {
  const bool members = policy.scope == SslScope::kCluster || policy.scope == SslScope::kBackup;
  const std::string scope(to_string(policy.scope));
  Finding found = make_finding(
      FindingId::kPublicClientTrust, scope,
      fmt::format("{} trusts '{}', an authority that this machine counts as public: anyone with a "
                  "client certificate that it issued, for whatever name, is let in. {}",
                  trusted.file.string(), trusted.subject,
                  members ? "Give the members a private authority."
                          : "Put only your own authority there, or ask for no certificate."),
      members ? "trellis tls ca init" : fmt::format("dbms.ssl.policy.{}.client_auth=NONE", scope));
  if (members) found.severity = Severity::kError;
  return found;
}

Findings anchor_findings(const config::SslPolicySettings& policy,
                         const std::vector<Anchor>& anchors, os::Clock::Wall now) {
  const std::string scope(to_string(policy.scope));
  Findings found;
  for (const Anchor& anchor : anchors) {
    if (now <= anchor.not_after || policy.trust_expired) continue;
    found.push_back(make_finding(
        FindingId::kTrustedExpired, scope,
        fmt::format("The trusted certificate '{}' in {} expired on {}: clients that depend on it "
                    "are refused.",
                    anchor.subject, anchor.file.string(), to_text(anchor.not_after)),
        "rm " + os::shell_word(anchor.file.string())));
  }
  const auto known = std::find_if(anchors.begin(), anchors.end(), [](const Anchor& anchor) {
    return anchor.is_ca && anchor.publicly_trusted;
  });
  if (known != anchors.end()) found.push_back(public_trust(policy, *known));
  return found;
}

// Out of date, or nearly: less than a third of the list's life is left, at most a week.
Findings list_findings(const std::string& subject, const RevocationList& list,
                       os::Clock::Wall now) {
  if (!list.next_update) return {};  // it does not say
  const os::Clock::Wall end = *list.next_update;
  const auto margin = std::min((end - list.this_update) / 3, kLargestMargin);
  if (now + margin < end) return {};
  if (now > end) {
    return {make_finding(FindingId::kRevocationListExpired, subject,
                         fmt::format("The revocation list {} of '{}' has been out of date for {} "
                                     "(since {}). It stays in force, but what was revoked later is "
                                     "not known. Put the authority's current list in its place.",
                                     list.file.string(), list.issuer, span_in_words(now - end),
                                     to_text(*list.next_update)))};
  }
  return {make_finding(FindingId::kRevocationListEndsSoon, subject,
                       fmt::format("The revocation list {} of '{}' will be out of date in {} ({}). "
                                   "Put the authority's next list in its place.",
                                   list.file.string(), list.issuer, span_in_words(end - now),
                                   to_text(*list.next_update)))};
}

Findings judged(const config::SslPolicySettings& policy, const std::vector<Anchor>& anchors,
                const std::vector<RevocationList>& lists, os::Clock::Wall now) {
  Findings found = anchor_findings(policy, anchors, now);
  for (const RevocationList& list : lists) {
    append(found, list_findings(std::string(to_string(policy.scope)), list, now));
  }
  return found;
}

// What `load` gives for each file of the directory, with the facts about it.
template <class Load, class Facts>
auto read_all(const std::filesystem::path& directory, const std::string& scope, Load load,
              std::vector<Facts>& facts, Findings& found) {
  typename std::invoke_result_t<Load, std::filesystem::path>::value_type all;
  auto files = files_in(directory);
  if (!files) found.push_back(unreadable(scope, files.error()));
  for (const auto& file : files ? *files : std::vector<std::filesystem::path>()) {
    auto some = load(file);
    if (!some) {
      found.push_back(unreadable(scope, some.error()));
      continue;
    }
    for (auto& one : *some) {
      facts.push_back(facts_of(one.get(), file));
      all.push_back(std::move(one));
    }
  }
  return all;
}

}  // namespace

Findings trust_findings(const config::SslPolicySettings& policy, const Trust& trust,
                        os::Clock::Wall now) {
  return judged(policy, trust.anchors(), trust.revocation_lists(), now);
}

Findings trusted_file_findings(const config::SslPolicySettings& policy, KnownAuthorities& known,
                               os::Clock::Wall now) {
  const std::string scope(to_string(policy.scope));
  Findings found;
  std::vector<Anchor> anchors;
  std::vector<RevocationList> lists;
  const auto certificates = read_all(policy.base_directory / policy.trusted_dir, scope,
                                     load_certificates, anchors, found);
  read_all(policy.base_directory / policy.revoked_dir, scope, load_revocation_lists, lists, found);
  ChainView view;
  for (const auto& certificate : certificates) view.push_back(certificate.get());
  for (size_t i = 0; i < view.size(); ++i) {
    anchors[i].publicly_trusted = known.is_public(view[i], view);
    known.add(view[i]);
  }
  if (!verifies_clients(policy)) return {};
  append(found, judged(policy, anchors, lists, now));
  return found;
}

}  // namespace trellis::tls
