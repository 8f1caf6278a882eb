// SPDX-License-Identifier: Apache-2.0
#include "server/tls_control.h"

#include <doctest/doctest.h>

#include <boost/json.hpp>

#include "support/fake_policy_store.h"

using namespace trellis;
using namespace trellis::server;
using testing::FakePolicyStore;
namespace json = boost::json;

namespace {

json::object asked(const AdminCommands& commands, const std::string& command) {
  return *commands.at(command)({});
}

}  // namespace

TEST_CASE("tls.reload and tls.status say what is served, and why it is old") {
  FakePolicyStore store;
  os::ManualClock clock;
  clock.advance(std::chrono::hours(24 * 365));
  store.add(config::SslScope::kBolt, clock.wall(), std::chrono::hours(49), std::chrono::hours(100));
  tls::CertificateStatus none;
  none.scope = config::SslScope::kHttps;
  none.last_error = "No certificate yet.";
  {
    const MutexLock lock(store.mutex);
    store.pairs.push_back(none);
  }
  AdminCommands commands;
  add_tls_commands(commands, store, clock);
  const json::object reloaded = asked(commands, "tls.reload");
  CHECK(store.reloads == 1);
  CHECK(json::serialize(reloaded) ==
        R"({"scopes":[{"scope":"bolt","changed":true,"keptOld":null,"sha256":"ab12",)"
        R"("notAfter":"1971-01-03T01:00:00Z"},{"scope":"https","changed":false,)"
        R"("keptOld":"No certificate yet.","sha256":null,"notAfter":null}]})");
  const json::array pairs = asked(commands, "tls.status").at("certificates").as_array();
  REQUIRE(pairs.size() == 2);
  const json::object& bolt = pairs[0].as_object();
  CHECK(bolt.at("daysLeft").as_int64() == 2);
  CHECK(bolt.at("names").as_array().size() == 3);
  CHECK(bolt.at("lastError").is_null());
  CHECK(pairs[1].at("lastError").as_string() == "No certificate yet.");
  CHECK(pairs[1].at("notAfter").is_null());
}
