// SPDX-License-Identifier: Apache-2.0
#include "tls/findings/scope_findings.h"

#include <algorithm>
#include <set>

#include "net/endpoint.h"
#include "tls/findings/certbot_findings.h"
#include "tls/findings/certbot_tree.h"
#include "tls/findings/path_findings.h"
#include "tls/findings/policy_findings.h"
#include "tls/findings/server_findings.h"
#include "tls/pair_places.h"

namespace trellis::tls {
namespace {

using config::SslScope;

std::vector<PairPlace> places_of(const config::SslPolicySettings& policy) {
  std::vector<PairPlace> places;
  if (auto named = named_places(policy)) places = std::move(*named);
  if (!policy.obtained) places.insert(places.begin(), main_place(policy));
  return places;
}

}  // namespace

PresentedChain presented(const config::ServerConfig& config, SslScope scope, ChainView chain,
                         std::string source, const ChainView& others) {
  PresentedChain shown{std::string(to_string(scope)), std::move(source), std::move(chain)};
  shown.for_members = scope == SslScope::kCluster || scope == SslScope::kBackup;
  shown.for_browsers = scope == SslScope::kHttps;
  shown.advertised_hosts = advertised_hosts(config, scope);
  // Who dials an address asks for no name.
  std::erase_if(shown.advertised_hosts, [&](const std::string& host) {
    return !net::is_ip_literal(host) &&
           std::any_of(others.begin(), others.end(),
                       [&](const x509_st* leaf) { return covers(leaf, host); });
  });
  return shown;
}

Findings surroundings(const config::ServerConfig& config, SslScope scope) {
  const config::SslPolicySettings& policy = config.ssl.of(scope);
  Findings found = policy_findings(config, scope);
  GuardedPaths guarded;
  for (const PairPlace& place : places_of(policy)) {
    append(found, key_open_findings(place.title, place.key));
    guarded.keys.push_back(place.key);
    guarded.all.push_back(place.certificate);
  }
  if (verifies_clients(policy)) {
    guarded.all.push_back(policy.base_directory / policy.trusted_dir);
    guarded.all.push_back(policy.base_directory / policy.revoked_dir);
  }
  append(found, writable_findings(std::string(to_string(scope)), guarded));
  return found;
}

Findings certbot_findings(const config::ServerConfig& config) {
  Findings found;
  std::set<std::filesystem::path> trees;
  std::set<std::filesystem::path> lineages;
  for (const SslScope scope : kAllScopes) {
    const config::SslPolicySettings& policy = config.ssl.of(scope);
    if (!policy.enabled) continue;
    for (const PairPlace& place : places_of(policy)) {
      const auto tree = certbot_tree(place.certificate);
      if (!tree) continue;
      if (trees.insert(tree->folder).second) append(found, certbot_account_findings(tree->folder));
      if (lineages.insert(tree->folder / tree->lineage).second) {
        append(found, certbot_schedule_findings(place.certificate));
      }
    }
  }
  return found;
}

std::vector<std::string> advertised_hosts(const config::ServerConfig& config, SslScope scope) {
  std::vector<std::optional<config::SocketAddress>> addresses;
  const auto also = [&](const char* setting) {
    if (config.all) addresses.push_back(config.all->advertised_address(setting));
  };
  switch (scope) {
    case SslScope::kBolt:
      addresses.push_back(config.bolt.advertised_address);
      if (is_shown(config, SslScope::kHttps)) break;
      addresses.push_back(config.http.https.advertised_address);
      break;
    case SslScope::kHttps:
      addresses.push_back(config.http.https.advertised_address);
      break;
    case SslScope::kCluster:
      for (const char* setting :
           {"server.cluster.advertised_address", "server.cluster.raft.advertised_address",
            "server.discovery.advertised_address", "server.routing.advertised_address"}) {
        also(setting);
      }
      break;
    case SslScope::kBackup:
      also("server.backup.advertised_address");
      break;
  }
  std::vector<std::string> hosts;
  for (const auto& address : addresses) {
    if (!address || address->host.empty()) continue;
    if (std::find(hosts.begin(), hosts.end(), address->host) == hosts.end()) {
      hosts.push_back(address->host);
    }
  }
  return hosts;
}

}  // namespace trellis::tls
