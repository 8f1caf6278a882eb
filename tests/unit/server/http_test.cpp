// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "server/http/discovery.h"
#include "server/http/server.h"
#include "support/temp_dir.h"
#include "tls/client_context.h"
#include "tls/private_ca.h"
#include "unit/server/bolt_client.h"
#include "unit/tls/policy_in.h"

using namespace trellis;
using namespace trellis::server;
using namespace trellis::testing;

namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}
net::HttpRequest request(const std::string& method, const std::string& target,
                         const std::string& host) {
  net::HttpRequest made;
  made.method = method;
  made.target = target;
  if (!host.empty()) made.headers.emplace_back("Host", host);
  return made;
}
std::string everything(net::Stream& stream, const std::string& asked) {
  REQUIRE(write_and_wait(stream, asked));
  std::string all;
  for (;;) {
    auto part = read_and_wait(stream);
    if (!part || part->empty()) return all;
    all += *part;
  }
}

}  // namespace

TEST_CASE("discovery names the host that was asked, and only what answers") {
  DiscoverySettings settings;
  settings.bolt_port = 17687;
  const std::string body = discover(request("GET", "/", "db.example.org:7474"), settings).body;
  CHECK(has(body, R"("bolt_routing":"neo4j://db.example.org:17687")"));
  CHECK(has(body, R"("bolt_direct":"bolt://db.example.org:17687")"));
  CHECK(has(body, R"("neo4j_version":"5.26.0")"));
  CHECK(has(body, R"("neo4j_edition":"enterprise")"));
  CHECK(has(body, R"("auth_config":{"oidc_providers":[]})"));
  CHECK_FALSE(has(body, "query"));
  CHECK_FALSE(has(body, "transaction"));

  settings.advertised_bolt = net::Endpoint{"graph.example.org", 7687};
  settings.bolt_encrypted = true;
  settings.query_api = true;
  const std::string other = discover(request("GET", "/", "[::1]:7474"), settings).body;
  CHECK(has(other, R"("bolt_routing":"neo4j+s://graph.example.org:7687")"));
  CHECK(has(other, R"("query":"http://[::1]:7474/db/{databaseName}/query/v2")"));
}

TEST_CASE("a host that is no host is not repeated") {
  for (const char* bad : {"\"><script>", "a b", "x:y", ""}) {
    const auto answer = discover(request("GET", "/", bad), {});
    CHECK(has(answer.body, "neo4j://localhost:7687"));
  }
}

TEST_CASE("other paths and methods, and preflights") {
  CHECK(discover(request("GET", "/nowhere", "x"), {}).status == 404);
  CHECK(discover(request("POST", "/", "x"), {}).status == 405);
  CHECK(discover(request("OPTIONS", "/", "x"), {}).status == 204);
}

TEST_CASE("the Bolt port answers a plain GET and closes") {
  BoltSite site;
  auto stream = std::move(*connect_and_wait(site.loop.next(), {.to = site.bolt->local()}));
  const std::string answer = everything(*stream, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(answer.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(has(answer, "Content-Type: application/json"));
  CHECK(has(answer, "Access-Control-Allow-Origin: *"));
  CHECK(has(answer, "neo4j://" + to_string(net::Endpoint{"h", site.bolt->local().port})));
  close_and_wait(stream);
}

TEST_CASE("Bolt runs over WebSocket on the same port") {
  BoltSite site;
  auto stream = std::move(*connect_and_wait(site.loop.next(), {.to = site.bolt->local()}));
  REQUIRE(
      write_and_wait(*stream,
                     "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                     "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "
                     "dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"));
  std::string text;
  while (!has(text, "\r\n\r\n")) text += *read_and_wait(*stream);
  // Masked with zeros: the payload as it is.
  const std::string opening = hex("6060B017 000001FF 00080805 00020404 00000003");
  REQUIRE(write_and_wait(*stream, hex("8294 00000000") + opening));
  const auto answer = read_and_wait(*stream);
  REQUIRE(answer);
  // One binary frame with marker, list and mask.
  CHECK(answer->size() == 2 + 18);
  CHECK(answer->substr(0, 6) == hex("8212 000001FF"));
  close_and_wait(stream);
}

TEST_CASE("an HTTPS port serves its service over TLS") {
  TempDir dir;
  auto ca = *tls::PrivateCa::create("Test authority");
  auto issued = *ca.issue({.dns_names = {"db.example.org"}, .ip_names = {}});
  REQUIRE(tls::write_key_file(dir / "https/private.key", issued.key_pem));
  REQUIRE(tls::write_certificate_file(dir / "https/public.crt", issued.certificate_pem));
  REQUIRE(tls::write_certificate_file(dir / "ca/ca.crt", ca.certificate_pem()));
  net::EventLoop loop(1);
  auto service = std::make_shared<net::HttpService>();
  service->strict_transport_security = "max-age=1";
  service->respond = [](net::HttpRequest asked, net::HttpAnswer answer) {
    answer(discover(asked, {}));
  };
  HttpServer::Options options;
  options.listen = {"127.0.0.1", 0};
  const os::SystemClock clock;
  options.tls = *tls::serve_once(policy_in(dir / "https"), clock);
  options.service = service;
  auto server = std::move(*HttpServer::start(loop, std::move(options)));
  const net::TlsContext trust =
      *tls::make_client_context({.verify = true, .system_store = false, .trusted_dir = dir / "ca"});
  auto stream = connect_and_wait(
      loop.next(), {.to = server->local(), .tls = net::TlsClientOptions{trust, "db.example.org"}});
  REQUIRE(stream);
  const std::string answer =
      everything(**stream, "GET / HTTP/1.1\r\nHost: db.example.org\r\nConnection: close\r\n\r\n");
  CHECK(has(answer, "Strict-Transport-Security: max-age=1"));
  CHECK(has(answer, "neo4j_version"));
  close_and_wait(*stream);
  // An answer that no service gives has it too.
  stream = connect_and_wait(
      loop.next(), {.to = server->local(), .tls = net::TlsClientOptions{trust, "db.example.org"}});
  REQUIRE(stream);
  const std::string refusal = everything(**stream, "GET / HTTP/9\r\n\r\n");
  CHECK(has(refusal, "HTTP/1.1 5"));
  CHECK(has(refusal, "Strict-Transport-Security: max-age=1"));
  close_and_wait(*stream);
}
