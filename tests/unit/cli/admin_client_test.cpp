// SPDX-License-Identifier: Apache-2.0
#include "cli/admin_client.h"

#include <doctest/doctest.h>

#include <boost/json.hpp>

#include "server/admin_socket.h"
#include "support/temp_dir.h"

using namespace trellis;
using namespace trellis::cli;
namespace json = boost::json;

TEST_CASE("asks, and hands on what the server's handler says") {
  testing::TempDir dir;
  config::DirectoriesConfig directories;
  directories.run = dir.path();
  auto nobody = ask_server(directories, "x", {});
  REQUIRE(!nobody);
  CHECK(nobody.error().code() == ErrorCode::ConnectionFailed);

  server::AdminCommands commands;
  commands["long"] = [](const json::object& arguments) -> Result<json::object> {
    return json::object{{"text", std::string(1 << 20, 'y')}, {"n", arguments.at("n")}};
  };
  commands["bad"] = [](const json::object&) -> Result<json::object> {
    return fail(ErrorCode::InvalidConfiguration, "No such key.");
  };
  auto socket = server::AdminSocket::open({.path = server::admin_socket_path(dir.path()),
                                           .commands = std::move(commands),
                                           .request_timeout = std::chrono::seconds(5),
                                           .log = {}});
  REQUIRE(socket);
  auto answer = ask_server(directories, "long", {{"n", 5}});
  REQUIRE(answer);
  CHECK(answer->at("n").as_int64() == 5);
  CHECK(answer->at("text").as_string().size() == 1 << 20);
  auto bad = ask_server(directories, "bad", {});
  REQUIRE(!bad);
  CHECK(bad.error().message() == "No such key.");
}
