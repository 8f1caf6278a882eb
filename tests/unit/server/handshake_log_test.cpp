// SPDX-License-Identifier: Apache-2.0
#include "server/handshake_log.h"

#include <doctest/doctest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <sstream>

using namespace trellis;
using namespace trellis::server;

namespace {

net::TlsFailure rejection(const std::string& peer) {
  net::TlsFailure failure;
  failure.reason = net::TlsFailureReason::kCertificateRejected;
  failure.alert = 46;
  failure.peer = {peer, 50000};
  failure.local = {"10.0.0.1", 7687};
  failure.server_name = "localhost";
  failure.shown_names = "db.example.org";
  return failure;
}

struct Fixture {
  size_t lines() const {
    const std::string text = out.str();
    return static_cast<size_t>(std::count(text.begin(), text.end(), '\n'));
  }
  std::ostringstream out;
  os::ManualClock clock;
  std::shared_ptr<HandshakeLog> log = std::make_shared<HandshakeLog>(
      Logger(std::make_shared<spdlog::logger>(
          "test", std::make_shared<spdlog::sinks::ostream_sink_mt>(out))),
      clock);
};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a rejection is told once for each peer and minute, and always counted") {
  Fixture f;
  const auto witness = f.log->witness("neo4j+s");
  for (int i = 0; i < 5; ++i) witness->handshake_failed(rejection("10.0.0.7"));
  CHECK(f.lines() == 1);
  witness->handshake_failed(rejection("10.0.0.8"));
  CHECK(f.lines() == 2);
  f.clock.advance(std::chrono::seconds(61));
  witness->handshake_failed(rejection("10.0.0.7"));
  CHECK(f.lines() == 3);
  net::TlsFailure closed;
  closed.reason = net::TlsFailureReason::kPeerClosed;
  witness->handshake_failed(closed);
  CHECK(f.lines() == 3);
  for (const auto& [reason, count] : f.log->counts().snapshot()) {
    CHECK(count == (reason == "certificate_rejected" ? 7u : reason == "peer_closed" ? 1u : 0u));
  }
}

TEST_CASE("the table of peers is bounded and empties itself") {
  Fixture f;
  for (size_t i = 0; i < net::PeerLogLimit::kMostPeers + 500; ++i) {
    f.log->record("https", rejection("peer-" + std::to_string(i)));
  }
  CHECK(f.lines() == net::PeerLogLimit::kMostPeers);
  f.clock.advance(std::chrono::seconds(61));
  f.log->record("https", rejection("another"));
  CHECK(f.lines() == net::PeerLogLimit::kMostPeers + 1);
}

TEST_CASE("the line says who, which alert, which names, why, and what to run") {
  auto failure = rejection("10.0.0.7");
  std::string text = rejection_text("neo4j+s", failure, {});
  CHECK(has(text, "The client 10.0.0.7 rejected our certificate"));
  CHECK(has(text, "certificate_unknown, TLS alert 46"));
  CHECK(has(text, "asked for 'localhost'"));
  CHECK(has(text, "names are: db.example.org"));
  CHECK(has(text, "trellis tls doctor neo4j+s://localhost:7687"));
  failure.server_name.clear();
  failure.alert = 48;
  text = rejection_text("https", failure, {});
  CHECK(has(text, "asked for no name"));
  CHECK(has(text, "authority"));
  CHECK(has(text, "trellis tls doctor https://10.0.0.1:7687"));
  failure.server_name = "a\nINFO forged 'b";
  CHECK(rejection_text("https", failure, {}).find('\n') == std::string::npos);
}

TEST_CASE("what is wrong with our own certificate is named before what may be wrong with others") {
  auto failure = rejection("10.0.0.7");
  const os::Clock::Wall now{std::chrono::hours(24 * 365)};
  failure.shown_not_before = now - std::chrono::hours(48);
  failure.shown_not_after = now - std::chrono::hours(24);
  CHECK(has(rejection_text("https", failure, now), "our certificate expired on 1970-12-31"));
  failure.shown_not_before = now + std::chrono::hours(24);
  failure.shown_not_after = now + std::chrono::hours(48);
  CHECK(has(rejection_text("https", failure, now), "not valid before 1971-01-02"));
  failure.shown_not_before = now - std::chrono::hours(24);
  failure.shown_covers_server_name = true;
  failure.shown_alone = true;
  CHECK(has(rejection_text("https", failure, now), "sent without the intermediate"));
  CHECK_FALSE(has(rejection_text("https", failure, now), "fine"));
}
