// SPDX-License-Identifier: Apache-2.0
#include "tls/acme/plan_check.h"

#include <doctest/doctest.h>

#include <filesystem>

#include "support/temp_dir.h"

namespace trellis::tls::acme {
namespace {

config::ServerConfig plan(std::vector<std::string> domains) {
  config::ServerConfig config;
  config::AcmeConfig& acme = config.tls.acme;
  acme.enabled = true;
  acme.issuer.directory = "https://acme-v02.api.letsencrypt.org/directory";
  acme.domains = std::move(domains);
  config.http.https.enabled = true;
  return config;
}

// What is said against it; empty: nothing.
std::string complaint(const config::ServerConfig& config) {
  const auto checked = check_plan(config);
  if (checked) return {};
  CHECK(checked.error().code() == ErrorCode::InvalidConfiguration);
  return checked.error().message();
}

bool says(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("what works is let through, and nothing is asked when ACME is off") {
  CHECK(complaint(plan({"db.example.org", "www.example.org", "mylocal.org"})).empty());
  auto off = plan({});
  off.tls.acme.enabled = false;
  CHECK(complaint(off).empty());
}

TEST_CASE("names that are none, or that no public authority certifies") {
  CHECK(says(complaint(plan({})), "server.tls.acme.domains=NAME"));
  for (const char* name : {"https://db.example.org", "db.example.org:7687", "a b.org", "-a.org",
                           "a..org", "*.", "a.*.org", "*a.org", ""}) {
    CHECK_MESSAGE(says(complaint(plan({name})), "neither a host name"), name);
  }
  for (const char* name : {"localhost", "db", "db.local", "db.internal", "printer.lan", "home.arpa",
                           "nas.home.arpa", "DB.Local", "db.HOME.ARPA"}) {
    CHECK_MESSAGE(says(complaint(plan({name})), "trellis tls ca init"), name);
    auto own = plan({name});
    own.tls.acme.issuer.directory = "https://ca.mine/dir";
    CHECK(complaint(own).empty());
  }
}

TEST_CASE("addresses need a profile, and cannot be shown by DNS") {
  CHECK(says(complaint(plan({"198.51.100.7"})), "server.tls.acme.profile=shortlived"));
  auto with_profile = plan({"198.51.100.7", "2001:db8::7"});
  with_profile.tls.acme.profile = "shortlived";
  CHECK(complaint(with_profile).empty());
  with_profile.tls.acme.profile = "classic";
  CHECK(says(complaint(with_profile), "server.tls.acme.profile=shortlived"));
  auto of_another = plan({"198.51.100.7"});
  of_another.tls.acme.issuer.directory = "https://ca.mine/dir";
  CHECK(complaint(of_another).empty());
  with_profile.tls.acme.profile = "shortlived";
  with_profile.tls.acme.challenge = config::AcmeChallenge::kDns01;
  CHECK(says(complaint(with_profile), "cannot be shown by dns-01"));
  for (const char* address : {"10.1.2.3", "127.0.0.1", "192.168.0.1", "172.31.0.1", "fe80::1",
                              "fd00::1", "::1", "100.64.0.1"}) {
    auto hidden = plan({address});
    hidden.tls.acme.profile = "shortlived";
    CHECK_MESSAGE(says(complaint(hidden), "private network"), address);
  }
}

TEST_CASE("wildcards need dns-01, and dns-01 a program that can be run") {
  const testing::TempDir dir;
  auto wildcard = plan({"*.example.org"});
  CHECK(says(complaint(wildcard), "server.tls.acme.challenge=dns-01"));
  wildcard.tls.acme.challenge = config::AcmeChallenge::kDns01;
  CHECK(says(complaint(wildcard), "server.tls.acme.dns_hook=PATH"));
  wildcard.tls.acme.dns_hook = dir.write("hook", "#!/bin/sh\n");
  CHECK(says(complaint(wildcard), "chmod +x"));
  std::filesystem::permissions(dir / "hook", std::filesystem::perms::owner_all);
  CHECK(complaint(wildcard).empty());
  wildcard.tls.acme.domains = {"*.example.org", "example.org", "a.b.example.org"};
  CHECK(complaint(wildcard).empty());
  wildcard.tls.acme.domains.emplace_back("DB.example.org");
  CHECK(says(complaint(wildcard), "db.example.org in server.tls.acme.domains is covered by *.ex"));
}

TEST_CASE("tls-alpn-01 needs a TLS port") {
  auto config = plan({"db.example.org"});
  config.tls.acme.challenge = config::AcmeChallenge::kTlsAlpn01;
  CHECK(complaint(config).empty());
  config.http.https.enabled = false;
  CHECK(says(complaint(config), "server.https.enabled=true"));
  config.bolt.tls_level = config::TlsLevel::kRequired;
  CHECK(complaint(config).empty());
}

TEST_CASE("authorities, external accounts and contacts; every reason is told") {
  auto config = plan({"db"});
  config.tls.acme.issuer.eab_kid = "kid";
  config.tls.acme.fallback.directory = "http://ca.mine/dir";
  config.tls.acme.staging_directory = "ftp://x";
  config.tls.acme.contact = {"admin@example.org"};
  const std::string text = complaint(config);
  CHECK(says(text, "trellis tls ca init"));
  CHECK(says(text, "server.tls.acme.eab_kid=ID and server.tls.acme.eab_hmac_key=KEY"));
  CHECK(says(text, "server.tls.acme.fallback.directory must begin with https://"));
  CHECK(says(text, "staging_directory must begin"));
  CHECK(says(text, "mailto:"));
  config.tls.acme.issuer.eab_hmac_key = Secret("not base64url!");
  CHECK(says(complaint(config), "eab_hmac_key is not base64url"));
  CHECK_FALSE(says(complaint(config), "not base64url!"));
}

}  // namespace
}  // namespace trellis::tls::acme
