// SPDX-License-Identifier: Apache-2.0
#include "tls/findings/obtained_findings.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace trellis;
using namespace trellis::tls;

namespace {

config::SslPolicySettings& policy(config::ServerConfig& config, config::SslScope scope) {
  return config.ssl.by_scope[static_cast<size_t>(scope)];
}

config::ServerConfig obtaining() {
  config::ServerConfig config;
  config.tls.acme.enabled = true;
  config.tls.acme.challenge = config::AcmeChallenge::kDns01;
  config.bolt.enabled = true;
  config.bolt.tls_level = config::TlsLevel::kRequired;
  for (const auto scope : {config::SslScope::kBolt, config::SslScope::kHttps}) {
    policy(config, scope).scope = scope;
    policy(config, scope).enabled = true;
    policy(config, scope).obtained = true;
  }
  return config;
}

}  // namespace

TEST_CASE("a certificate that no port serves is told of, with the lines that mend it") {
  auto config = obtaining();
  CHECK(obtained_findings(config).empty());
  // Left from another client: Bolt has a pair of its own, and HTTPS is off.
  policy(config, config::SslScope::kBolt).obtained = false;
  auto found = obtained_findings(config);
  REQUIRE(found.size() == 1);
  CHECK(found[0].id == "obtained-unserved");
  CHECK(found[0].command == "dbms.ssl.policy.bolt.enabled=false");
  config.http.https.enabled = true;
  CHECK(obtained_findings(config).empty());
  config.http.https.enabled = false;
  config.tls.acme.enabled = false;
  CHECK(obtained_findings(config).empty());
  auto unencrypted = obtaining();
  unencrypted.bolt.tls_level = config::TlsLevel::kDisabled;
  found = obtained_findings(unencrypted);
  REQUIRE(found.size() == 1);
  CHECK(found[0].command == "server.bolt.tls_level=REQUIRED");
}

TEST_CASE("whoever has the port of challenges is named, but for this program") {
  const int squatter = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  REQUIRE(::bind(squatter, reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(::listen(squatter, 1) == 0);
  REQUIRE(::getsockname(squatter, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  auto config = obtaining();
  config.tls.acme.challenge = config::AcmeChallenge::kHttp01;
  config.tls.acme.http_listen_address.port = ntohs(address.sin_port);
  const auto found = obtained_findings(config);
  REQUIRE(found.size() == 1);
  CHECK(found[0].id == "challenge-port-taken");
  CHECK(found[0].cause.find(std::to_string(::getpid())) != std::string::npos);
  ::close(squatter);
  CHECK(obtained_findings(config).empty());
}
