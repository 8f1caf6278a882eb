// SPDX-License-Identifier: Apache-2.0
#include "server/listeners.h"

#include <doctest/doctest.h>

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
  // The subject of the certificate that a new connection is shown.
  std::string shown(const net::Endpoint& at) {
    auto trust = *tls::make_client_context(
        {.verify = true, .system_store = false, .trusted_dir = dir / "ca"});
    auto stream = connect_and_wait(
        loop.next(), {.to = at, .tls = net::TlsClientOptions{trust, "db.example.org"}});
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
