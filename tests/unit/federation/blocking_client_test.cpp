// SPDX-License-Identifier: Apache-2.0
#include "federation/blocking_client.h"

#include <doctest/doctest.h>

#include <array>
#include <thread>

#include "config/ssl_policy.h"
#include "os/clock.h"
#include "support/certificates.h"
#include "support/temp_dir.h"
#include "tls/server_context.h"
#include "unit/federation/bolt_peer.h"

using namespace trellis;
using namespace trellis::federation;
using testing::BoltPeer;
using value::MapEntry;
using value::Value;

namespace {

ClientSettings to(const std::string& uri) {
  ClientSettings settings;
  settings.uri = uri;
  settings.user = "neo4j";
  settings.password = Secret("secret");
  settings.connection_timeout = std::chrono::milliseconds(3000);
  return settings;
}

std::unique_ptr<BlockingClient> connected(const ClientSettings& settings) {
  auto client = BlockingClient::connect(settings);
  if (!client) FAIL(client.error().message());
  return std::move(*client);
}

Error refused(const ClientSettings& settings) {
  auto client = BlockingClient::connect(settings);
  REQUIRE(!client.has_value());
  return std::move(client).error();
}

int64_t count_rows(BlockingClient::Cursor& cursor) {
  int64_t count = 0;
  while (true) {
    const auto rows = cursor.next();
    if (!rows) FAIL(rows.error().message());
    if ((*rows)->rows == 0) return count;
    for (uint32_t r = 0; r < (*rows)->rows; ++r) {
      ++count;
      if ((*rows)->at(r, 0).as_integer() != count) FAIL("rows out of order");
    }
  }
}

}  // namespace

TEST_CASE("every version is spoken, with manifest and without") {
  for (const bool manifest : {true, false}) {
    for (const wire::BoltVersion v : {wire::BoltVersion{4, 4},
                                      {5, 0},
                                      {5, 1},
                                      {5, 2},
                                      {5, 3},
                                      {5, 4},
                                      {5, 6},
                                      {5, 7},
                                      {5, 8}}) {
      CAPTURE(wire::to_string(v));
      BoltPeer peer({.versions = {{v.major, v.minor, 0}}, .manifest = manifest});
      auto client = connected(to(peer.uri()));
      CHECK(client->version() == v);
      CHECK(client->server_agent() == "Neo4j/5.26.0");
      const std::array<MapEntry, 1> map{MapEntry{"x", Value::integer(5)}};
      auto cursor = client->run("ECHO", Value::map(map), {});
      REQUIRE(cursor.has_value());
      CHECK((*cursor)->columns()[0] == "p");
      const auto rows = (*cursor)->next();
      REQUIRE(rows.has_value());
      CHECK(value::map_get((*rows)->at(0, 0).as_map(), "x").as_integer() == 5);
      CHECK((*(*cursor)->next())->rows == 0);
      CHECK((*cursor)->summary().counters.nodes_created == 3);
      CHECK((*cursor)->summary().type == cypher::QueryType::kReadWrite);
      CHECK((*cursor)->bookmark() == "bm:auto");
    }
  }
}

TEST_CASE("rows are asked for as they are used up") {
  BoltPeer peer;
  auto client = connected(to(peer.uri()));
  auto cursor = client->run("RANGE 2500", {}, {});
  REQUIRE(cursor.has_value());
  REQUIRE((*cursor)->next().has_value());
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  CHECK(peer.records_sent() == 1000);
  CHECK(peer.count(wire::Tag::kPull) == 1);
  cursor->reset();
  cursor = client->run("RANGE 2500", {}, {});
  CHECK(count_rows(**cursor) == 2500);
  CHECK(peer.count(wire::Tag::kDiscard) == 1);  // of the first
}

TEST_CASE("explicit transactions, and two results side by side") {
  BoltPeer peer;
  auto client = connected(to(peer.uri()));
  StatementSettings settings;
  settings.database = "db1";
  settings.bookmarks = {"b1"};
  settings.timeout = std::chrono::milliseconds(700);
  REQUIRE(client->begin(settings).has_value());
  CHECK(peer.last_run_database() == "db1");
  CHECK(peer.last_bookmarks() == std::vector<std::string>{"b1"});
  CHECK(peer.last_timeout() == 700);
  auto one = client->run("RANGE 1500", {}, {});
  auto two = client->run("RANGE 3", {}, {});
  REQUIRE(one.has_value());
  REQUIRE(two.has_value());
  CHECK(count_rows(**two) == 3);
  CHECK(count_rows(**one) == 1500);
  const auto bookmark = client->commit();
  REQUIRE(bookmark.has_value());
  CHECK(*bookmark == "bm:committed");
  REQUIRE(client->begin({}).has_value());
  CHECK(client->rollback().has_value());
}

TEST_CASE("a failed statement leaves the client usable") {
  BoltPeer peer;
  auto client = connected(to(peer.uri()));
  const auto failed = client->run("FAIL Neo.ClientError.Statement.SyntaxError", {}, {});
  REQUIRE(!failed.has_value());
  CHECK(failed.error().neo4j_code() == "Neo.ClientError.Statement.SyntaxError");
  CHECK(failed.error().message() == "failed as told");
  auto cursor = client->run("FAILAT 5 Neo.TransientError.Transaction.DeadlockDetected", {}, {});
  REQUIRE(cursor.has_value());
  Result<const cypher::RowBatch*> rows = (*cursor)->next();
  while (rows && (*rows)->rows != 0) rows = (*cursor)->next();
  REQUIRE(!rows.has_value());
  CHECK(rows.error().classification() == Classification::kTransientError);
  cursor->reset();
  auto again = client->run("RANGE 2", {}, {});
  REQUIRE(again.has_value());
  CHECK(count_rows(**again) == 2);
}

TEST_CASE("interrupt stops what runs") {
  BoltPeer peer;
  auto client = connected(to(peer.uri()));
  auto cursor = client->run("SLOW", {}, {});
  REQUIRE(cursor.has_value());
  CHECK((*(*cursor)->next())->rows == 1);
  std::thread other([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    client->interrupt();
  });
  const auto began = std::chrono::steady_clock::now();
  const auto rows = (*cursor)->next();
  other.join();
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(2));
  CHECK(peer.count(wire::Tag::kReset) >= 1);
  REQUIRE(!rows.has_value());
  CHECK(rows.error().neo4j_code() == "Neo.TransientError.Transaction.Terminated");
}

TEST_CASE("refusals say what is wrong") {
  BoltPeer peer;
  ClientSettings wrong = to(peer.uri());
  wrong.password = Secret("other");
  CHECK(refused(wrong).neo4j_code() == "Neo.ClientError.Security.Unauthorized");
  CHECK(refused(to("bolt://127.0.0.1:1")).code() == ErrorCode::ConnectionFailed);
  CHECK(refused(to("http://127.0.0.1:1")).code() == ErrorCode::InvalidAliasUrl);
  CHECK(refused(to("bolt://host:1?x=y")).code() == ErrorCode::InvalidAliasUrl);
  BoltPeer old({.versions = {{3, 0, 0}}});
  CHECK(refused(to(old.uri())).code() == ErrorCode::InvalidRequest);
  // Plain bytes to a TLS client, and TLS to a server that is plain.
  CHECK(refused(to(peer.uri("bolt+ssc"))).code() == ErrorCode::ConnectionFailed);
}

TEST_CASE("neo4j scheme asks ROUTE and goes where the table says") {
  BoltPeer peer;
  auto client = connected(to(peer.uri("neo4j")));
  CHECK(peer.count(wire::Tag::kRoute) == 1);
  CHECK(peer.accepted() == 1);
  BoltPeer router({.table = {{"READ", "127.0.0.1:1"}, {"WRITE", peer.address()}}});
  auto routed = connected(to(router.uri("neo4j")));
  CHECK(routed->endpoint().port == peer.port());
}

TEST_CASE("TLS: names are checked, and a refusal tells which names the certificate has") {
  testing::TempDir home;
  testing::make_authority(home.path(), "ca");
  const auto context_for = [&](const std::string& name, const std::string& names) {
    testing::make_certificate(home.path(), "ca", name, names);
    std::filesystem::permissions(home.path() / (name + ".key"), std::filesystem::perms::owner_read);
    std::filesystem::create_directories(home.path() / "trusted");
    std::filesystem::copy_file(home.path() / "ca.crt", home.path() / "trusted" / "ca.crt",
                               std::filesystem::copy_options::overwrite_existing);
    config::SslPolicySettings policy;
    policy.enabled = true;
    policy.base_directory = home.path();
    policy.private_key = home.path() / (name + ".key");
    policy.public_certificate = home.path() / (name + ".crt");
    policy.tls_versions = {"TLSv1.2", "TLSv1.3"};
    policy.client_auth = config::ClientAuth::kNone;
    static const os::SystemClock kClock;
    auto made = tls::serve_once(policy, kClock);
    if (!made) FAIL(made.error().message());
    return (*made)->current()->context;
  };
  BoltPeer by_ip({.tls = context_for("ip", "DNS:bob.example,IP:127.0.0.1")});
  ClientSettings settings = to(by_ip.uri("bolt+s"));
  settings.trusted_dir = home.path() / "trusted";
  CHECK(connected(settings)->run("RANGE 1", {}, {}).has_value());
  settings.uri = by_ip.uri("neo4j+s");
  CHECK(connected(settings)->run("RANGE 1", {}, {}).has_value());
  // The authority is not trusted.
  CHECK(refused(to(by_ip.uri("bolt+s"))).code() == ErrorCode::CertificateRejected);
  CHECK(connected(to(by_ip.uri("bolt+ssc")))->run("RANGE 1", {}, {}).has_value());
  BoltPeer by_name({.tls = context_for("name", "DNS:bob.example,DNS:b2.example")});
  settings.uri = by_name.uri("bolt+s");
  const Error error = refused(settings);
  CHECK(error.code() == ErrorCode::CertificateRejected);
  CHECK(error.message().find("bob.example") != std::string::npos);
  CHECK(error.message().find("b2.example") != std::string::npos);
  CHECK(error.message().find(by_name.address()) != std::string::npos);
  settings.uri = by_name.uri("bolt+ssc");
  CHECK(connected(settings)->run("RANGE 1", {}, {}).has_value());
}
