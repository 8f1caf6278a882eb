// SPDX-License-Identifier: Apache-2.0
#include "config/tls_config.h"

#include "config/configuration.h"

namespace trellis::config {
namespace {

constexpr std::string_view kAcme = "server.tls.acme.";
constexpr std::string_view kLetsEncrypt = "https://acme-v02.api.letsencrypt.org/directory";
constexpr std::string_view kLetsEncryptStaging =
    "https://acme-staging-v02.api.letsencrypt.org/directory";

AcmeChallenge challenge_of(std::string_view word) {
  if (word == "tls-alpn-01") return AcmeChallenge::kTlsAlpn01;
  return word == "dns-01" ? AcmeChallenge::kDns01 : AcmeChallenge::kHttp01;
}

AcmeKeyType key_type_of(std::string_view word) {
  if (word == "ec384") return AcmeKeyType::kEc384;
  if (word == "rsa2048") return AcmeKeyType::kRsa2048;
  if (word == "rsa3072") return AcmeKeyType::kRsa3072;
  return word == "rsa4096" ? AcmeKeyType::kRsa4096 : AcmeKeyType::kEc256;
}

AcmeIssuer issuer(const Configuration& c, const std::string& prefix) {
  AcmeIssuer issuer;
  issuer.directory = c.string(prefix + "directory");
  issuer.trust_file = c.path(prefix + "trust_file").value_or(std::filesystem::path());
  issuer.eab_kid = c.string(prefix + "eab_kid");
  issuer.eab_hmac_key = c.secret(prefix + "eab_hmac_key");
  return issuer;
}

AcmeConfig acme_config(const Configuration& c) {
  const auto name = [](std::string_view suffix) { return std::string(kAcme).append(suffix); };
  AcmeConfig a;
  a.enabled = c.boolean(name("enabled"));
  a.issuer = issuer(c, name(""));
  a.fallback = issuer(c, name("fallback."));
  a.staging_directory = c.string(name("staging_directory"));
  if (!c.is_set(name("staging_directory")) && a.issuer.directory == kLetsEncrypt) {
    a.staging_directory = kLetsEncryptStaging;
  }
  a.contact = c.list_of(name("contact"));
  a.domains = c.list_of(name("domains"));
  a.challenge = challenge_of(c.enumeration(name("challenge")));
  a.http_listen_address = c.listen_address(name("http_listen_address"));
  a.http_always_listen = c.boolean(name("http_always_listen"));
  a.http_redirect = c.boolean(name("http_redirect"));
  a.http_webroot = c.path(name("http_webroot"));
  a.profile = c.string(name("profile"));
  a.key_type = key_type_of(c.enumeration(name("key_type")));
  a.reuse_key = c.boolean(name("reuse_key"));
  a.dns_hook = c.path(name("dns_hook"));
  a.dns_hook_timeout = c.duration(name("dns_hook_timeout"));
  if (c.is_set(name("dns_resolver"))) a.dns_resolver = c.listen_address(name("dns_resolver"));
  a.dns_wait = c.duration(name("dns_wait"));
  a.storage_directory = *c.path(name("storage_directory"));
  a.renew_before = c.optional_duration(name("renew_before"));
  a.preferred_chain = c.string(name("preferred_chain"));
  a.request_timeout = c.duration(name("request_timeout"));
  a.order_timeout = c.duration(name("order_timeout"));
  return a;
}

AuthorityConfig authority_config(const Configuration& c) {
  AuthorityConfig a;
  a.directory = *c.path("server.tls.authority.directory");
  if (c.is_set("server.tls.authority.listen_address")) {
    a.listen_address = c.listen_address("server.tls.authority.listen_address");
  }
  a.member_lifetime = c.duration("server.tls.authority.member_lifetime");
  return a;
}

}  // namespace

TlsConfig tls_config(const Configuration& c) {
  TlsConfig t;
  t.poll_interval = c.duration("server.tls.poll_interval");
  t.expiry_command = c.string("server.tls.expiry_command");
  t.max_handshakes = c.integer("server.tls.max_handshakes");
  t.refuse_plain_http = c.boolean("server.tls.refuse_plain_http");
  t.authority = authority_config(c);
  t.acme = acme_config(c);
  t.clock_file = c.path("internal.tls.clock_file").value_or(std::filesystem::path());
  t.crash_at = c.integer("internal.tls.crash_at");
  return t;
}

}  // namespace trellis::config
