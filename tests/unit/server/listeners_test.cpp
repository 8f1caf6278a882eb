// SPDX-License-Identifier: Apache-2.0
#include "server/listeners.h"

#include <doctest/doctest.h>

#include "os/loopback_port.h"
#include "support/temp_dir.h"
#include "tls/client_context.h"
#include "tls/private_ca.h"
#include "unit/net/waiting.h"
#include "unit/server/fake_session.h"

using namespace trellis;
using namespace trellis::server;
using namespace trellis::testing;

namespace {

struct Home {
  Home() : ca(*tls::PrivateCa::create("Test authority")) {
    REQUIRE(tls::write_certificate_file(dir / "ca/ca.crt", ca.certificate_pem()));
    set("server.bolt.listen_address", "127.0.0.1:0");
    set("server.http.listen_address", "127.0.0.1:0");
    set("server.https.listen_address", "127.0.0.1:0");
  }
  void set(const std::string& name, const std::string& text) {
    auto done = settings->set(name, text, config::Source::kFile);
    REQUIRE_MESSAGE(done, name);
  }
  void put_certificate(const std::string& scope, const std::string& name) {
    auto issued = *ca.issue({.dns_names = {name}, .ip_names = {}});
    REQUIRE(tls::write_key_file(dir / "certificates" / scope / "private.key", issued.key_pem));
    REQUIRE(tls::write_certificate_file(dir / "certificates" / scope / "public.crt",
                                        issued.certificate_pem));
  }
  Result<std::unique_ptr<Listeners>> open() {
    auto made = config::server_config(settings);
    if (!made) return fail(std::move(made.error()));
    config = std::make_unique<config::ServerConfig>(std::move(*made));
    auto opened = tls::PolicyStore::open(
        {.config = config.get(), .clock = &clock, .challenges = nullptr, .log = {}});
    if (!opened) return fail(std::move(opened.error()));
    policies = std::move(*opened);
    return Listeners::open(*config, *policies, loop, workers,
                           [this](dbms::ClientInfo) { return std::make_unique<FakeSession>(log); },
                           {});
  }
  Result<std::unique_ptr<net::Stream>> connect(const net::Endpoint& at, bool encrypted = true) {
    net::ConnectOptions options{.to = at};
    if (encrypted) {
      auto trust = *tls::make_client_context(
          {.verify = true, .system_store = false, .trusted_dir = dir / "ca"});
      options.tls = net::TlsClientOptions{trust, "db.example.org"};
    }
    return connect_and_wait(loop.next(), std::move(options));
  }
  // What is answered to `asked`, up to `enough` bytes or the end.
  std::string answer(const net::Endpoint& at, const std::string& asked, bool encrypted = true,
                     size_t enough = 1 << 20) {
    auto stream = connect(at, encrypted);
    if (!stream) return stream.error().message();
    REQUIRE(write_and_wait(**stream, asked));
    const std::string text = read_exactly(**stream, enough).value_or("");
    close_and_wait(*stream);
    return text;
  }
  // The subject of the certificate that a new connection is shown.
  std::string shown(const net::Endpoint& at) {
    auto stream = connect(at);
    if (!stream) return stream.error().message();
    const std::string subject = (*stream)->tls_info()->peer_subject;
    close_and_wait(*stream);
    return subject;
  }

  TempDir dir;
  tls::PrivateCa ca;
  std::shared_ptr<config::Configuration> settings =
      std::make_shared<config::Configuration>(dir.path());
  std::unique_ptr<config::ServerConfig> config;
  const os::SystemClock clock;
  std::unique_ptr<tls::PolicyStore> policies;
  std::shared_ptr<FakeLog> log = std::make_shared<FakeLog>();
  net::EventLoop loop{1};
  net::WorkerPool workers{1};
};

}  // namespace

TEST_CASE("the configured ports open, each with its certificate") {
  Home home;
  home.set("server.bolt.tls_level", "REQUIRED");
  home.set("dbms.ssl.policy.bolt.enabled", "true");
  home.set("server.https.enabled", "true");
  home.set("dbms.ssl.policy.https.enabled", "true");
  home.put_certificate("bolt", "db.example.org");
  home.put_certificate("https", "db.example.org");
  auto listeners = home.open();
  REQUIRE_MESSAGE(listeners, listeners.error().message());
  REQUIRE((*listeners)->bolt().size() == 1);
  CHECK((*listeners)->http().has_value());
  CHECK(home.shown((*listeners)->bolt()[0]) == "CN=db.example.org");
  CHECK(home.shown(*(*listeners)->https()) == "CN=db.example.org");
}

TEST_CASE("a reload shows the new certificate; a bad one is not taken") {
  Home home;
  home.set("server.bolt.tls_level", "REQUIRED");
  home.set("dbms.ssl.policy.bolt.enabled", "true");
  home.put_certificate("bolt", "db.example.org");
  auto listeners = home.open();
  REQUIRE(listeners);
  const net::Endpoint at = (*listeners)->bolt()[0];
  home.put_certificate("bolt", "*.example.org");
  CHECK(home.shown(at) == "CN=db.example.org");
  home.policies->reload();
  CHECK(home.shown(at) == "CN=*.example.org");
  home.dir.write("certificates/bolt/public.crt", "half a");
  home.policies->reload();
  CHECK(home.shown(at) == "CN=*.example.org");
}

TEST_CASE("what cannot be opened fails with its reason") {
  Home home;
  home.set("server.bolt.tls_level", "REQUIRED");
  home.set("dbms.ssl.policy.bolt.enabled", "true");
  auto listeners = home.open();
  REQUIRE_FALSE(listeners);
  CHECK(listeners.error().code() == ErrorCode::InvalidConfiguration);
}

namespace {

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: db.example.org\r\n\r\n";
constexpr std::string_view kGetAndClose =
    "GET / HTTP/1.1\r\nHost: db.example.org\r\nConnection: close\r\n\r\n";
const std::string kBoltHandshake("\x60\x60\xB0\x17\0\0\4\5\0\0\0\0\0\0\0\0\0\0\0\0", 20);

struct SharedPort : Home {
  SharedPort() : address(fmt::format("127.0.0.1:{}", *os::free_loopback_port())) {
    set("server.bolt.listen_address", address);
    set("server.https.listen_address", address);
    set("server.https.enabled", "true");
    set("server.bolt.tls_level", "REQUIRED");
    set("dbms.ssl.policy.bolt.enabled", "true");
    put_certificate("bolt", "db.example.org");
  }
  std::string address;
};

size_t count(const std::string& text, std::string_view part) {
  size_t found = 0;
  for (size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++found;
  return found;
}

}  // namespace

TEST_CASE("HTTPS and Bolt on one port are told apart after the handshake") {
  SharedPort home;
  home.set("dbms.security.http_strict_transport_security", "max-age=7");
  auto listeners = home.open();
  REQUIRE_MESSAGE(listeners, listeners.error().message());
  const net::Endpoint at = (*listeners)->bolt()[0];
  REQUIRE((*listeners)->https() == at);
  // As on a port of its own: kept alive, every method answered.
  const std::string both = home.answer(at, std::string(kGet) + std::string(kGetAndClose));
  CHECK(count(both, "HTTP/1.1 200") == 2);
  CHECK(count(both, "Strict-Transport-Security: max-age=7") == 2);
  CHECK(both.find(fmt::format("db.example.org:{}", at.port)) != both.npos);
  CHECK(home.answer(at, "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            .starts_with("HTTP/1.1 405"));
  CHECK(home.answer(at, kBoltHandshake, true, 4) == std::string("\0\0\4\5", 4));
  CHECK(home.answer(at, std::string(kGet), false).empty());
}

TEST_CASE("of several addresses of Bolt, HTTPS is at the one that it shares") {
  SharedPort home;
  home.set("server.bolt.listen_address", "127.0.0.1:0");
  home.set("server.bolt.additional_listen_addresses", home.address);
  auto listeners = home.open();
  REQUIRE_MESSAGE(listeners, listeners.error().message());
  const auto bolt = (*listeners)->bolt();
  REQUIRE(bolt.size() == 2);
  CHECK((*listeners)->https() == bolt[1]);
  const std::string twice = std::string(kGet) + std::string(kGetAndClose);
  CHECK(count(home.answer(bolt[1], twice), "HTTP/1.1 200") == 2);
  CHECK(count(home.answer(bolt[0], twice), "HTTP/1.1 200") == 1);  // Bolt's one answer
}

TEST_CASE("one port for HTTPS and Bolt is refused where both cannot agree") {
  SharedPort home;
  SUBCASE("on client certificates") {
    home.set("dbms.ssl.policy.https.enabled", "true");
    home.set("dbms.ssl.policy.https.client_auth", "NONE");
    home.put_certificate("https", "db.example.org");
    auto listeners = home.open();
    REQUIRE_FALSE(listeners);
    CHECK(listeners.error().code() == ErrorCode::InvalidConfiguration);
    for (const char* line :
         {"dbms.ssl.policy.bolt.client_auth=OPTIONAL", "dbms.ssl.policy.https.client_auth=NONE"}) {
      CHECK(listeners.error().message().find(line) != std::string::npos);
    }
  }
  SUBCASE("on encryption") {
    home.set("server.bolt.tls_level", "DISABLED");
    auto listeners = home.open();
    REQUIRE_FALSE(listeners);
    CHECK(listeners.error().code() == ErrorCode::InvalidConfiguration);
  }
}

TEST_CASE("plain HTTP is refused on every port where that is wanted") {
  Home home;
  home.set("server.tls.refuse_plain_http", "true");
  auto listeners = home.open();
  REQUIRE(listeners);
  for (const net::Endpoint& at : {(*listeners)->bolt()[0], *(*listeners)->http()}) {
    CHECK(home.answer(at, std::string(kGet), false).starts_with("HTTP/1.1 403"));
    CHECK(home.answer(at,
                      "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"
                      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "
                      "dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
                      false)
              .starts_with("HTTP/1.1 403"));
  }
  CHECK(home.answer((*listeners)->bolt()[0], kBoltHandshake, false, 4) ==
        std::string("\0\0\4\5", 4));
}

TEST_CASE("beyond the bound of handshakes the oldest half of one gives way") {
  Home home;
  home.set("server.bolt.tls_level", "REQUIRED");
  home.set("dbms.ssl.policy.bolt.enabled", "true");
  home.set("server.tls.max_handshakes", "3");
  home.put_certificate("bolt", "db.example.org");
  auto listeners = home.open();
  REQUIRE(listeners);
  const net::Endpoint at = (*listeners)->bolt()[0];
  auto working = home.connect(at);
  REQUIRE(working);
  REQUIRE(write_and_wait(**working, kBoltHandshake));
  REQUIRE(read_exactly(**working, 4) == std::string("\0\0\4\5", 4));
  std::vector<std::unique_ptr<net::Stream>> silent;
  for (int i = 0; i < 5; ++i) {
    silent.push_back(*home.connect(at, false));
    if (i % 2 == 0) {
      REQUIRE(write_and_wait(*silent.back(), "\x16\x03\x01\x02"));  // a hello's first bytes
    }
  }
  CHECK(home.shown(at) == "CN=db.example.org");
  CHECK(read_and_wait(*silent[0]).value_or("").empty());  // was shown the door
  // Unlike whom it does not concern: HELLO is still answered.
  CHECK(write_and_wait(**working, std::string("\0\3\xB1\1\xA0\0\0", 7)));
  CHECK_FALSE(read_exactly(**working, 4).value_or("").empty());
  close_and_wait(*working);
  for (auto& stream : silent) close_and_wait(stream);
}
