// SPDX-License-Identifier: Apache-2.0
#include "tls/acme/plan_check.h"

#include <arpa/inet.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "tls/acme/jose.h"
#include "tls/acme/problem.h"
#include "tls/acme/store.h"

namespace trellis::tls::acme {
namespace {

using config::AcmeChallenge;
using config::AcmeConfig;

constexpr size_t kMostNames = 100;
constexpr size_t kLongestName = 253;
constexpr std::string_view kProfileOfAddresses = "shortlived";

using Reasons = std::vector<std::string>;

bool is_ip(const std::string& name) { return Identifier::of(name).type == Identifier::Type::kIp; }
bool is_wildcard(const std::string& name) { return name.starts_with("*."); }

// "*.example.org" covers names of one label more.
bool covers(const std::string& wildcard, const std::string& name) {
  const size_t dot = name.find('.');
  return is_wildcard(wildcard) && !is_wildcard(name) && dot != std::string::npos &&
         name.substr(dot) == wildcard.substr(1);
}

bool is_host_name(std::string_view name) {
  if (name.empty() || name.size() > kLongestName) return false;
  size_t label = 0;
  char before = '.';
  for (const char c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (c == '.') {
      if (label == 0 || before == '-') return false;
      label = 0;
    } else if (plain || c == '_' || (c == '-' && label > 0)) {
      if (++label > 63) return false;
    } else {
      return false;
    }
    before = c;
  }
  return label > 0 && before != '-';
}

// RFC 1918, 3927, 4193, 4291, 6598: what nobody outside can reach.
bool is_private_ip(const std::string& text) {
  in_addr v4{};
  if (::inet_pton(AF_INET, text.c_str(), &v4) == 1) {
    const uint32_t ip = ntohl(v4.s_addr);
    const auto in = [ip](uint32_t net, int bits) {
      return (ip >> (32 - bits)) == (net >> (32 - bits));
    };
    return in(0x0a000000, 8) || in(0x7f000000, 8) || in(0xa9fe0000, 16) || in(0xac100000, 12) ||
           in(0xc0a80000, 16) || in(0x64400000, 10) || ip == 0;
  }
  in6_addr v6{};
  if (::inet_pton(AF_INET6, text.c_str(), &v6) != 1) return false;
  const uint8_t first = v6.s6_addr[0];
  return (first & 0xfe) == 0xfc || (first == 0xfe && (v6.s6_addr[1] & 0xc0) == 0x80) ||
         IN6_IS_ADDR_LOOPBACK(&v6) || IN6_IS_ADDR_UNSPECIFIED(&v6);
}

// RFC 6761, 6762, 8375, 9476 and ICANN's "internal": no public authority certifies these.
bool is_private_name(std::string_view name) {
  static constexpr std::array kPrivate = {"localhost", "local", "internal",  "test", "example",
                                          "invalid",   "onion", "home.arpa", "alt",  "lan"};
  const std::string dotted = '.' + Identifier::of(name).value;
  if (dotted.rfind('.') == 0) return true;
  return std::any_of(kPrivate.begin(), kPrivate.end(), [&](std::string_view ending) {
    return dotted.ends_with('.' + std::string(ending));
  });
}

bool is_lets_encrypt(std::string_view directory) {
  return directory.find(".letsencrypt.org/") != std::string_view::npos;
}

void check_names(const AcmeConfig& acme, Reasons& reasons) {
  if (acme.domains.empty()) {
    reasons.emplace_back("it needs the names of the certificate: server.tls.acme.domains=NAME");
  }
  if (acme.domains.size() > kMostNames) {
    reasons.push_back(fmt::format("one certificate takes at most {} names", kMostNames));
  }
  for (const std::string& name : acme.domains) {
    if (is_ip(name)) continue;
    const std::string_view host =
        is_wildcard(name) ? std::string_view(name).substr(2) : std::string_view(name);
    if (!is_host_name(host)) {
      reasons.push_back(fmt::format(
          "'{}' in server.tls.acme.domains is neither a host name, nor '*.' before one, nor an IP "
          "address (no port, no scheme, no brackets)",
          name));
    } else if (is_lets_encrypt(acme.issuer.directory) && is_private_name(host)) {
      reasons.push_back(fmt::format(
          "Let's Encrypt gives no certificate for '{}', a name of a private network; a private "
          "authority does: trellis tls ca init",
          name));
    }
  }
  const Names names = canonical(acme.domains);
  for (const std::string& wildcard : names) {
    for (const std::string& name : names) {
      if (!covers(wildcard, name)) continue;
      reasons.push_back(fmt::format(
          "{} in server.tls.acme.domains is covered by {}; authorities refuse both in one "
          "certificate: leave one out",
          name, wildcard));
    }
  }
}

void check_addresses(const AcmeConfig& acme, Reasons& reasons) {
  const auto first = std::find_if(acme.domains.begin(), acme.domains.end(), is_ip);
  if (first == acme.domains.end()) return;
  if (acme.challenge == AcmeChallenge::kDns01) {
    reasons.push_back(fmt::format(
        "the IP address {} cannot be shown by dns-01: server.tls.acme.challenge=http-01", *first));
  }
  if (is_lets_encrypt(acme.issuer.directory) && acme.profile != kProfileOfAddresses) {
    reasons.push_back(
        fmt::format("Let's Encrypt gives certificates for IP addresses ({}) in one profile alone: "
                    "server.tls.acme.profile={}",
                    *first, kProfileOfAddresses));
  }
  for (const std::string& name : acme.domains) {
    if (is_ip(name) && is_lets_encrypt(acme.issuer.directory) && is_private_ip(name)) {
      reasons.push_back(
          fmt::format("Let's Encrypt cannot reach {}, an address of a private network", name));
    }
  }
}

void check_challenge(const config::ServerConfig& config, Reasons& reasons) {
  const AcmeConfig& acme = config.tls.acme;
  const bool dns = acme.challenge == AcmeChallenge::kDns01;
  const auto wildcard = std::find_if(acme.domains.begin(), acme.domains.end(), is_wildcard);
  if (wildcard != acme.domains.end() && !dns) {
    reasons.push_back(fmt::format(
        "the wildcard {} can be shown by DNS alone: server.tls.acme.challenge=dns-01", *wildcard));
  }
  if (dns && !acme.dns_hook) {
    reasons.emplace_back(
        "dns-01 needs a program that makes and removes TXT records: server.tls.acme.dns_hook=PATH");
  } else if (dns && ::access(acme.dns_hook->c_str(), X_OK) != 0) {
    reasons.push_back(fmt::format("server.tls.acme.dns_hook cannot be executed: chmod +x {}",
                                  acme.dns_hook->string()));
  }
  const bool tls = config.http.https.enabled ||
                   (config.bolt.enabled && config.bolt.tls_level != config::TlsLevel::kDisabled);
  if (acme.challenge == AcmeChallenge::kTlsAlpn01 && !tls) {
    reasons.emplace_back(
        "tls-alpn-01 is answered by a TLS port, and none is open: server.https.enabled=true");
  }
}

void check_issuer(const config::AcmeIssuer& issuer, const std::string& prefix, Reasons& reasons) {
  if (!issuer.directory.empty() && !issuer.directory.starts_with("https://")) {
    reasons.push_back(fmt::format("{}directory must begin with https://", prefix));
  }
  if (issuer.eab_kid.empty() != issuer.eab_hmac_key.empty()) {
    reasons.push_back(
        fmt::format("an external account needs both: {0}eab_kid=ID and "
                    "{0}eab_hmac_key=KEY",
                    prefix));
  } else if (!issuer.eab_hmac_key.empty() && !from_base64url(issuer.eab_hmac_key.reveal())) {
    reasons.push_back(fmt::format("{}eab_hmac_key is not base64url", prefix));
  }
}

}  // namespace

Result<> check_plan(const config::ServerConfig& config) {
  const AcmeConfig& acme = config.tls.acme;
  if (!acme.enabled) return {};
  Reasons reasons;
  check_names(acme, reasons);
  check_addresses(acme, reasons);
  check_challenge(config, reasons);
  check_issuer(acme.issuer, "server.tls.acme.", reasons);
  check_issuer(acme.fallback, "server.tls.acme.fallback.", reasons);
  if (!acme.staging_directory.empty() && !acme.staging_directory.starts_with("https://")) {
    reasons.emplace_back("server.tls.acme.staging_directory must begin with https://");
  }
  for (const std::string& contact : acme.contact) {
    if (!contact.starts_with("mailto:") || contact.find('@') == std::string::npos) {
      reasons.push_back(
          fmt::format("'{}' is no address to write to: server.tls.acme.contact="
                      "mailto:NAME@EXAMPLE.COM",
                      contact));
    }
  }
  if (reasons.empty()) return {};
  return fail(ErrorCode::InvalidConfiguration, "server.tls.acme.enabled=true cannot work: {}.",
              fmt::join(reasons, "; "));
}

}  // namespace trellis::tls::acme
