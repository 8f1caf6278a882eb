// SPDX-License-Identifier: Apache-2.0
#include "server/admin_socket.h"

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/json.hpp>

#include "os/unix_socket.h"
#include "support/temp_dir.h"

using namespace trellis;
using namespace trellis::server;
using namespace trellis::testing;
using namespace std::chrono_literals;

namespace {

namespace json = boost::json;

std::unique_ptr<AdminSocket> opened(const std::filesystem::path& path,
                                    std::chrono::milliseconds timeout = 5s) {
  AdminCommands commands;
  commands["echo"] = [](const json::object& arguments) -> Result<json::object> {
    return json::object{{"given", arguments}};
  };
  commands["refuse"] = [](const json::object&) -> Result<json::object> {
    return fail(ErrorCode::CertificateRejected, "The key does not match.");
  };
  auto socket = AdminSocket::open(
      {.path = path, .commands = std::move(commands), .request_timeout = timeout, .log = {}});
  REQUIRE_MESSAGE(socket, socket.error().message());
  return std::move(*socket);
}

void send_all(const os::UnixSocket& socket, std::string_view text) {
  while (!text.empty()) {
    const ssize_t sent = ::send(socket.descriptor(), text.data(), text.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) return;
    if (sent > 0) text.remove_prefix(static_cast<size_t>(sent));
  }
}

// Everything until the server closes.
std::string received(const os::UnixSocket& socket) {
  std::string text;
  std::array<char, 4096> buffer{};
  while (true) {
    pollfd wanted{socket.descriptor(), POLLIN, 0};
    if (::poll(&wanted, 1, 10'000) <= 0) return text + "(no end)";
    const ssize_t got = ::recv(socket.descriptor(), buffer.data(), buffer.size(), 0);
    if (got <= 0) return text;
    text.append(buffer.data(), static_cast<size_t>(got));
  }
}

std::string asked(const std::filesystem::path& path, std::string_view line) {
  auto socket = os::connect_unix(path);
  REQUIRE_MESSAGE(socket, socket.error().message());
  send_all(*socket, line);
  return received(*socket);
}

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace

TEST_CASE("one line in, one line out") {
  TempDir dir;
  const auto path = dir / "admin.sock";
  const auto socket = opened(path);
  CHECK(asked(path, "{\"command\":\"echo\",\"arguments\":{\"a\":[1,\"x\"]}}\n") ==
        "{\"ok\":true,\"result\":{\"given\":{\"a\":[1,\"x\"]}}}\n");
  CHECK(asked(path, "{\"command\":\"echo\"}\n") == "{\"ok\":true,\"result\":{\"given\":{}}}\n");
  CHECK(has(asked(path, "{\"command\":\"help\"}\n"), R"(["echo","help","refuse","server.ping"])"));
  const std::string refused = asked(path, "{\"command\":\"refuse\"}\n");
  CHECK(has(refused, "\"ok\":false"));
  CHECK(has(refused, "The key does not match."));
  CHECK(has(asked(path, "{\"command\":\"none\"}\n"), "Neo.ClientError.Request.Invalid"));
  for (const char* bad : {"\n", "[]\n", "{\"command\":1}\n", "{\"command\":\"echo\"\n",
                          "{\"command\":\"echo\",\"arguments\":[]}\n"}) {
    CHECK_MESSAGE(has(asked(path, bad), "Neo.ClientError.Request.Invalid"), bad);
  }
}

TEST_CASE("the socket is its owner's alone, is bounded, and goes with the server") {
  TempDir dir;
  const auto path = dir / "admin.sock";
  {
    const auto socket = opened(path, 200ms);
    struct stat status{};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
    CHECK(has(asked(path, std::string(AdminSocket::kRequestBytes + 2, 'x')), "too long"));
    // Clients that say nothing are put off after the timeout, and hold up nobody else then.
    std::vector<os::UnixSocket> silent;
    for (size_t n = 0; n < AdminSocket::kMostClients; ++n) {
      auto one = os::connect_unix(path);
      REQUIRE(one);
      silent.push_back(std::move(*one));
    }
    CHECK(has(asked(path, "{\"command\":\"server.ping\"}\n"), "\"ok\":true"));
    CHECK(received(silent.front()).empty());
    auto second =
        AdminSocket::open({.path = path, .commands = {}, .request_timeout = 1s, .log = {}});
    REQUIRE(!second);
    CHECK(second.error().code() == ErrorCode::FileLocked);
  }
  CHECK(!std::filesystem::exists(path));
}

TEST_CASE("what a killed server left is replaced; what is no socket is not") {
  TempDir dir;
  const auto path = dir / "admin.sock";
  {
    auto left = os::listen_unix(path);
  }  // its name stays
  REQUIRE(std::filesystem::exists(path));
  const auto socket = opened(path);
  CHECK(has(asked(path, "{\"command\":\"server.ping\"}\n"), "\"ok\":true"));
  auto refused = AdminSocket::open({.path = dir.write("file.sock", "important"),
                                    .commands = {},
                                    .request_timeout = 1s,
                                    .log = {}});
  CHECK(!refused);
  CHECK(read_text(dir / "file.sock") == "important");
}

TEST_CASE("a path longer than a socket's address may be") {
  TempDir dir;
  const auto folder = dir.path() / std::string(100, 'a') / std::string(100, 'b');
  std::filesystem::create_directories(folder);
  const auto socket = opened(folder / "admin.sock");
  CHECK(has(asked(folder / "admin.sock", "{\"command\":\"server.ping\"}\n"), "\"ok\":true"));
}

TEST_CASE("another user is refused even where the mode would let him in") {
  if (::geteuid() != 0) return;  // nobody else to be
  TempDir dir;
  const auto path = dir / "admin.sock";
  std::filesystem::permissions(dir.path(), std::filesystem::perms::all);
  const auto socket = opened(path);
  std::filesystem::permissions(path, std::filesystem::perms::all);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    if (::setuid(65534) != 0) ::_exit(1);
    const std::string answer = asked(path, "{\"command\":\"echo\"}\n");
    const bool refused = has(answer, "Forbidden") && !has(answer, "given");
    ::_exit(refused ? 0 : 2);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}
