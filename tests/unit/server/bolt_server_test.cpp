// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "server/bolt/server.h"
#include "support/temp_dir.h"
#include "tls/client_context.h"
#include "tls/private_ca.h"
#include "unit/server/bolt_client.h"
#include "unit/tls/policy_in.h"

using namespace trellis;
using namespace trellis::server;
using namespace trellis::testing;

namespace {

using Texts = std::vector<std::string>;
bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}
wire::Request reset() { return wire::Request(wire::Reset{}); }

template <class Condition>
bool soon(Condition condition) {
  for (int i = 0; i < 500 && !condition(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return condition();
}

}  // namespace

TEST_CASE("RUN and PULL in one go are answered") {
  BoltSite site;
  BoltClient client(site);
  client.log_on();
  client.send_all(run("ROWS 3"), pull());
  const auto answers = client.receive(5);
  REQUIRE(answers.size() == 5);
  CHECK(answers[1] == "RECORD [1]");
  CHECK(has(answers[4], "bookmark"));
}

TEST_CASE("versions are agreed as clients propose them") {
  BoltSite site;
  const auto answer = [&](const std::string& proposals, size_t bytes) {
    BoltClient client(site);
    client.send_bytes(hex("6060B017" + proposals));
    return client.receive_bytes(bytes);
  };
  // Python 5.25 and JS 5.26; Go 5.2x; a 4.4 client; JS 5.28 without and with manifest.
  CHECK(answer("00070705 00020404 00000104 00000003", 4) == hex("00000705"));
  CHECK(answer("00040405 00020404 00000104 00000003", 4) == hex("00000405"));
  CHECK(answer("00020404 00000104 00000003 00000000", 4) == hex("00000404"));
  CHECK(answer("00080805 00020404 00000003 00000000", 4) == hex("00000805"));
  CHECK(answer("00000505 00000000 00000000 00000000", 4) == hex("00000000"));
  CHECK(answer("00000003 00000000 00000000 00000000", 5) == hex("00000000"));
  const std::string manifest = answer("000001FF 00080805 00020404 00000003", 18);
  CHECK(manifest.substr(0, 4) == hex("000001FF"));
  CHECK(manifest.size() == 4 + 1 + 3 * 4 + 1);
}

TEST_CASE("a manifest's choice may have HELLO right behind it") {
  BoltSite site;
  BoltClient client(site);
  client.send_bytes(hex("6060B017 000001FF 00080805 00020404 00000003"));
  client.receive_bytes(18);
  wire::ByteBuffer out;
  wire::MessageWriter writer(out, {{5, 8}, false});
  writer.request(hello({5, 8}));
  client.send_bytes(hex("00000805 00") +
                    std::string(reinterpret_cast<const char*>(out.bytes().data()), out.size()));
  const std::string answer = client.receive_bytes(60);
  CHECK(answer.size() == 60);
}

TEST_CASE("RESET overtakes a statement that blocks, and one that computes") {
  BoltSite site;
  for (const char* statement : {"WAIT", "SPIN"}) {
    CAPTURE(statement);
    BoltClient client(site);
    client.log_on();
    client.send_all(run(statement), pull());
    REQUIRE(client.receive(1).size() == 1);
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    const auto asked = std::chrono::steady_clock::now();
    client.send_all(run("ROWS 1"), pull(), reset(), run("ROWS 1"));
    const auto answers = client.receive(5);
    CHECK(std::chrono::steady_clock::now() - asked < std::chrono::milliseconds(100));
    REQUIRE(answers.size() == 5);
    CHECK(Texts(answers.begin(), answers.begin() + 4) ==
          Texts{"IGNORED", "IGNORED", "IGNORED", "SUCCESS {}"});
    CHECK(has(answers[4], "fields"));
  }
}

TEST_CASE("a statement that waits goes on when it is woken from elsewhere") {
  BoltSite site;
  BoltClient client(site);
  client.log_on();
  for (int i = 0; i < 100; ++i) {
    client.send_all(run("WAKE"), pull());
    REQUIRE(client.receive(3).size() == 3);
  }
}

TEST_CASE("a slow reader stops its statement, and memory stays bounded") {
  BoltSite site;
  BoltClient client(site);
  client.log_on();
  client.send_all(run("ROWS 3000000"), pull());
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  size_t seen = 0;
  while (seen < 3'000'002) {
    const auto answers = client.receive(1);
    REQUIRE_FALSE(answers.empty());
    seen += answers.size();
  }
  CHECK(seen == 3'000'002);
}

TEST_CASE("the end of the client ends its statement and its session") {
  BoltSite site;
  for (const char* statement : {"WAIT", "SPIN", "ROWS 100000000"}) {
    CAPTURE(statement);
    {
      BoltClient client(site);
      client.log_on();
      client.send_all(run(statement), pull());
      REQUIRE_FALSE(client.receive(1).empty());
      CHECK(site.log->sessions == 1);
    }
    CHECK(soon([&] { return site.log->sessions == 0 && site.bolt->open_connections() == 0; }));
  }
}

TEST_CASE("NOOPs come while a statement is slow") {
  BoltSite site(
      [](BoltServer::Options& o) { o.settings.keep_alive = std::chrono::milliseconds(20); });
  BoltClient client(site);
  client.log_on();
  client.send_all(run("WAIT"), pull());
  client.receive(1);
  std::this_thread::sleep_for(std::chrono::milliseconds(150));
  client.send_all(reset());
  client.receive(2);
  CHECK(client.noops() >= 2);
}

TEST_CASE("NOOPs of the client are taken in any state") {
  BoltSite site;
  BoltClient client(site);
  client.agree();
  client.send_bytes(hex("0000"));
  client.send_all(hello({5, 8}));
  client.send_bytes(hex("00000000"));
  client.send_all(logon());
  CHECK(client.receive(2).size() == 2);
}

TEST_CASE("refusals arrive although more was sent, then the connection ends") {
  BoltSite site;
  BoltClient client(site);
  client.agree();
  client.send_all(hello({5, 8}), logon("wrong"), run("ROWS 1"), pull());
  const auto answers = client.receive(100);
  REQUIRE(answers.size() == 2);
  CHECK(answers[1] == "FAILURE Neo.ClientError.Security.Unauthorized");
}

TEST_CASE("strangers are turned away with bounded patience and memory") {
  BoltSite site([](BoltServer::Options& o) {
    o.settings.handshake_timeout = std::chrono::milliseconds(200);
    o.settings.authentication_timeout = std::chrono::milliseconds(300);
    o.inbound.timeout = std::chrono::milliseconds(200);
  });
  SUBCASE("silence") { CHECK(BoltClient(site).ended()); }
  SUBCASE("half a magic") {
    BoltClient client(site);
    client.send_bytes(hex("6060"));
    CHECK(client.ended());
  }
  SUBCASE("half a handshake") {
    BoltClient client(site);
    client.send_bytes(hex("6060B017 00000805"));
    CHECK(client.ended());
  }
  SUBCASE("no magic at all") {
    BoltClient client(site);
    client.send_bytes("\x01\x02\x03\x04");
    CHECK(client.ended());
  }
  SUBCASE("a version and nothing more") {
    BoltClient client(site);
    client.agree();
    CHECK(client.ended());
  }
  SUBCASE("a large message before the log-on") {
    BoltClient client(site);
    client.agree();
    std::string large;
    for (int i = 0; i < 8; ++i) large += hex("FFFF") + std::string(0xFFFF, 'x');
    client.send_bytes(large);
    CHECK(client.ended());
  }
  SUBCASE("what is no message") {
    BoltClient client(site);
    client.agree();
    client.send_bytes(hex("0003 FFFFFF 0000"));
    const auto answers = client.receive(9);
    REQUIRE(answers.size() == 1);
    CHECK(has(answers[0], "FAILURE Neo.ClientError.Request"));
  }
  SUBCASE("what is no message, from a known client") {
    BoltClient client(site);
    client.log_on();
    client.send_bytes(hex("0003 B1 FF C0 0000"));
    client.send_all(pull(), reset());
    const auto answers = client.receive(9);
    REQUIRE(answers.size() == 1);
    CHECK(has(answers[0], "FAILURE Neo.ClientError.Request"));
  }
  SUBCASE("a well-formed message with an impossible value: it may go on") {
    BoltClient client(site);
    client.log_on();
    // RUN "ROWS 1" {x: Point2D of srid 1} {}
    client.send_bytes(
        hex("0022 B3 10 86 524F57532031 A1 81 78 B3 58 01 C1 0000000000000000 "
            "C1 0000000000000000 A0 0000"));
    client.send_all(pull(), reset(), run("ROWS 1"));
    const auto answers = client.receive(4);
    REQUIRE(answers.size() == 4);
    CHECK(has(answers[0], "FAILURE Neo.ClientError.Request"));
    CHECK(answers[1] == "IGNORED");
    CHECK(answers[2] == "SUCCESS {}");
  }
  CHECK(soon([&] { return site.bolt->open_connections() == 0; }));
}

TEST_CASE("connections beyond the limit are closed at once") {
  BoltSite site([](BoltServer::Options& o) { o.settings.max_connections = 2; });
  BoltClient first(site);
  first.log_on();
  BoltClient second(site);
  second.log_on();
  BoltClient third(site);
  CHECK(third.ended());
  first.send_all(run("ROWS 1"), pull());
  CHECK(first.receive(3).size() == 3);
}

TEST_CASE("stopping closes what is idle, and after the grace what runs") {
  BoltSite site;
  BoltClient idle(site);
  idle.log_on();
  BoltClient busy(site);
  busy.log_on();
  busy.send_all(run("SPIN"), pull());
  busy.receive(1);
  site.bolt->stop(std::chrono::milliseconds(50));
  CHECK(site.log->sessions == 0);
  CHECK(idle.ended());
  CHECK(busy.ended());
}

TEST_CASE("one port speaks TLS and plain as its level says") {
  TempDir dir;
  auto ca = *tls::PrivateCa::create("Test authority");
  auto issued = *ca.issue({.dns_names = {"db.example.org"}, .ip_names = {}});
  REQUIRE(tls::write_key_file(dir / "bolt/private.key", issued.key_pem));
  REQUIRE(tls::write_certificate_file(dir / "bolt/public.crt", issued.certificate_pem));
  REQUIRE(tls::write_certificate_file(dir / "ca/ca.crt", ca.certificate_pem()));
  const os::SystemClock clock;
  const auto served = *tls::serve_once(policy_in(dir / "bolt"), clock);
  const net::TlsContext trust =
      *tls::make_client_context({.verify = true, .system_store = false, .trusted_dir = dir / "ca"});
  for (const auto level :
       {config::TlsLevel::kDisabled, config::TlsLevel::kOptional, config::TlsLevel::kRequired}) {
    CAPTURE(static_cast<int>(level));
    BoltSite site([&](BoltServer::Options& o) {
      o.inbound.tls_level = level;
      o.inbound.tls = served;
    });
    if (level == config::TlsLevel::kDisabled) {
      CHECK_THROWS(BoltClient(site, net::TlsClientOptions{trust, "db.example.org"}));
    } else {
      BoltClient secure(site, net::TlsClientOptions{trust, "db.example.org"});
      secure.log_on();
      secure.send_all(run("ROWS 50000"), pull());
      size_t seen = 0;
      while (seen < 50'002) seen += secure.receive(1).size();
      CHECK(seen == 50'002);
    }
    BoltClient plain(site);
    if (level == config::TlsLevel::kRequired) {
      plain.send_bytes(hex("6060B017 00000805 00000000 00000000 00000000"));
      CHECK(plain.ended());
    } else {
      plain.log_on();
    }
  }
}
