// SPDX-License-Identifier: Apache-2.0
#include "tls/served_notes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "tls/x509_facts.h"

namespace trellis::tls {
namespace {

using std::chrono::duration_cast;
using std::chrono::hours;

constexpr hours kNearItsEnd{24 * 14};
constexpr hours kListNearItsEnd{24 * 7};

class Notes {
 public:
  Notes(config::SslScope scope, const config::ServerConfig& config, os::Clock::Wall now)
      : scope_(scope), config_(config), now_(now) {}

  std::vector<std::string> of(const ServerContext& served) {
    for (size_t i = 0; i < served.pairs.size(); ++i) about_pair(*served.pairs[i]);
    if (!served.pairs.empty()) about_names(served);
    about_trust(served);
    return std::move(lines_);
  }

 private:
  template <class... Args>
  void add(fmt::format_string<Args...> text, Args&&... args) {
    lines_.push_back(fmt::format("SSL policy '{}': {}", to_string(scope_),
                                 fmt::format(text, std::forward<Args>(args)...)));
  }

  void about_pair(const CertificatePair& pair) {
    const ServerIdentity& identity = pair.identity();
    if (now_ > identity.not_after) {
      add("the certificate '{}' in {} has EXPIRED, on {}. It is served, and every client that "
          "verifies refuses it. Renew it and put the new pair in place.",
          identity.title(), pair.source(), to_text(identity.not_after));
    } else if (now_ < identity.not_before) {
      add("the certificate '{}' in {} is not valid before {}. Check this machine's clock.",
          identity.title(), pair.source(), to_text(identity.not_before));
    } else if (identity.not_after - now_ < kNearItsEnd) {
      add("the certificate '{}' in {} expires in {} hours: renew it.", identity.title(),
          pair.source(), duration_cast<hours>(identity.not_after - now_).count());
    }
    if (identity.chain_length == 1 && !identity.self_signed) {
      add("{} has the certificate alone, without the one that issued it ('{}'): many clients will "
          "not find the way to their root. Use the full chain (certbot: fullchain.pem).",
          pair.source(), identity.issuer);
    }
    if (identity.reordered) {
      add("the certificates in {} are in the wrong order; they are served in the right one. Put "
          "the server's own first, then the one that issued it, and so on.",
          pair.source());
    }
    if (!identity.left_out.empty()) {
      add("{} also has certificates that do not belong to the chain, and are not served: {}.",
          pair.source(), fmt::join(identity.left_out, "; "));
    }
  }

  void about_names(const ServerContext& served) {
    const auto& own = scope_ == config::SslScope::kBolt    ? config_.bolt.advertised_address
                      : scope_ == config::SslScope::kHttps ? config_.http.https.advertised_address
                                                           : std::nullopt;
    if (!own) return;
    for (const auto& pair : served.pairs) {
      if (pair->identity().covers(own->host)) return;
    }
    const ServerIdentity& main = served.pairs.front()->identity();
    add("the certificate does not have the advertised name '{}': clients with verification "
        "(neo4j+s, bolt+s, https) will refuse it. Its names: {}.",
        own->host, fmt::join(main.dns_names.empty() ? main.ip_names : main.dns_names, ", "));
  }

  void about_trust(const ServerContext& served) {
    const config::SslPolicySettings& policy = config_.ssl.of(scope_);
    if (policy.client_auth == config::ClientAuth::kNone) return;
    if (policy.trust_all) {
      add("trust_all is set: EVERY client certificate is accepted, whoever made it. Set "
          "dbms.ssl.policy.{}.trust_all=false.",
          to_string(scope_));
    }
    if (!served.trust) return;
    for (const Anchor& anchor : served.trust->anchors()) {
      if (!anchor.publicly_trusted || !anchor.is_ca) continue;
      add("{} in {} is an authority that the operating system trusts too: anyone with a client "
          "certificate of it is let in. Use an authority of your own there, or "
          "dbms.ssl.policy.{}.client_auth=NONE.",
          anchor.subject, anchor.file.string(), to_string(scope_));
    }
    for (const RevocationList& list : served.trust->revocation_lists()) {
      if (!list.next_update) continue;
      if (now_ > *list.next_update) {
        add("the revocation list of '{}' in {} has expired on {}; what it lists stays revoked. "
            "Put a newer one there.",
            list.issuer, list.file.string(), to_text(*list.next_update));
      } else if (*list.next_update - now_ < kListNearItsEnd) {
        add("the revocation list of '{}' in {} expires on {}. Put a newer one there.", list.issuer,
            list.file.string(), to_text(*list.next_update));
      }
    }
  }

  const config::SslScope scope_;
  const config::ServerConfig& config_;
  const os::Clock::Wall now_;
  std::vector<std::string> lines_;
};

}  // namespace

std::vector<std::string> notes_on(config::SslScope scope, const config::ServerConfig& config,
                                  const ServerContext& served, os::Clock::Wall now) {
  return Notes(scope, config, now).of(served);
}

}  // namespace trellis::tls
