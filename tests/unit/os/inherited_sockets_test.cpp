// SPDX-License-Identifier: Apache-2.0
#include "os/inherited_sockets.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

using namespace trellis;
using os::InheritedSockets;

namespace {

int new_socket(bool listening) {
  const int made = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::bind(made, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  if (listening) REQUIRE(::listen(made, 1) == 0);
  return made;
}

// Runs `judge` in a child that was handed sockets as systemd does: from descriptor 3 on.
int in_child(const char* names, int count, bool listening, int (*judge)()) {
  const int socket = new_socket(listening);
  const pid_t child = ::fork();
  if (child == 0) {
    const int spare = ::fcntl(socket, F_DUPFD, 64);
    for (int i = 0; i < count; ++i) ::dup2(spare, 3 + i);
    ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
    ::setenv("LISTEN_FDS", std::to_string(count).c_str(), 1);
    if (names != nullptr) ::setenv("LISTEN_FDNAMES", names, 1);
    ::_exit(judge());
  }
  ::close(socket);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WEXITSTATUS(status);
}

int refused() {
  auto received = InheritedSockets::receive();
  return !received && received.error().code() == ErrorCode::InvalidConfiguration ? 0 : 1;
}

}  // namespace

TEST_CASE("without socket activation there are no sockets") {
  auto received = InheritedSockets::receive();
  REQUIRE(received);
  CHECK(received->empty());
}

TEST_CASE("sockets are found by name, several of one name too, and stay with this process") {
  const int verdict = in_child("bolt:https:bolt", 3, true, [] {
    auto received = InheritedSockets::receive();
    if (!received || !received->has("https") || received->has("acme")) return 1;
    if (std::getenv("LISTEN_FDS") != nullptr) return 2;
    if (received->take("bolt") != std::vector<int>{3, 5}) return 3;
    if (received->has("bolt") || !received->take("bolt").empty()) return 4;
    if ((::fcntl(4, F_GETFD) & FD_CLOEXEC) == 0) return 5;
    *received = InheritedSockets();  // closes what nobody took, and only that
    return ::fcntl(4, F_GETFD) < 0 && ::fcntl(3, F_GETFD) >= 0 ? 0 : 6;
  });
  CHECK(verdict == 0);
}

TEST_CASE("a socket without a use, or that does not listen, is refused") {
  CHECK(in_child("trellis.socket", 1, true, refused) == 0);
  CHECK(in_child(nullptr, 1, true, refused) == 0);
  CHECK(in_child("bolt", 1, false, refused) == 0);
  CHECK(in_child("bolt", 2, true, refused) == 0);  // fewer names than sockets
}
