// SPDX-License-Identifier: Apache-2.0
#include "net/stream.h"

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "unit/net/echo_server.h"

using namespace trellis;
using namespace trellis::net;
using namespace trellis::testing;

TEST_CASE("bytes go both ways over TCP, large ones in pieces") {
  EventLoop loop(2);
  EchoServer server(loop);
  auto stream = connect_and_wait(loop.next(), {.to = server.local()});
  REQUIRE(stream);
  CHECK((*stream)->peer() == server.local());
  REQUIRE(write_and_wait(**stream, "hello"));
  CHECK(*read_exactly(**stream, 5) == "hello");
  const std::string large(3'000'000, 'x');
  REQUIRE(write_and_wait(**stream, large));
  CHECK(*read_exactly(**stream, large.size()) == large);
  on_thread((*stream)->thread(), [&] { (*stream)->finish_writing(); });
  CHECK(read_and_wait(**stream)->empty());
  close_and_wait(*stream);
}

TEST_CASE("closing answers a wait, and a closed stream says so") {
  EventLoop loop(1);
  EchoServer server(loop);
  auto stream = connect_and_wait(loop.next(), {.to = server.local()});
  REQUIRE(stream);
  Promise<ErrorCode> answer;
  on_thread((*stream)->thread(), [&] {
    (*stream)->wait(Interest::kRead, [answer](Result<> r) mutable {
      answer.set(r ? ErrorCode::Unknown : r.error().code());
    });
    (*stream)->close();
  });
  CHECK(answer.get() == ErrorCode::ConnectionClosed);
  CHECK(write_and_wait(**stream, "x").error().code() == ErrorCode::ConnectionClosed);
  close_and_wait(*stream);
}

TEST_CASE("a port that is taken is named with cause and advice") {
  EventLoop loop(1);
  EchoServer server(loop);
  auto second = Acceptor::listen(loop, "Bolt", server.local(), Logger(), [](auto) {});
  REQUIRE_FALSE(second);
  CHECK(second.error().code() == ErrorCode::InvalidConfiguration);
  CHECK(second.error().message().find(to_string(server.local())) != std::string::npos);
  auto nowhere = Acceptor::listen(loop, "Bolt", {"no.such.host.invalid", 0}, Logger(), [](auto) {});
  CHECK(nowhere.error().code() == ErrorCode::InvalidConfiguration);
}

TEST_CASE("a socket that listens already is taken over; what is none is refused") {
  EventLoop loop(1);
  const int handed_over = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::bind(handed_over, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(::listen(handed_over, 8) == 0);
  auto acceptor = Acceptor::adopt(loop, "Bolt", handed_over, Logger(), &EchoServer::start);
  REQUIRE(acceptor);
  CHECK((*acceptor)->local().host == "127.0.0.1");
  auto stream = connect_and_wait(loop.next(), {.to = (*acceptor)->local()});
  REQUIRE(stream);
  REQUIRE(write_and_wait(**stream, "hello"));
  CHECK(*read_exactly(**stream, 5) == "hello");
  close_and_wait(*stream);

  int pair[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
  auto refused = Acceptor::adopt(loop, "Bolt", pair[0], Logger(), &EchoServer::start);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == ErrorCode::InvalidConfiguration);
  ::close(pair[1]);
}

TEST_CASE("a refused or unknown address is an error that names it") {
  EventLoop loop(1);
  Endpoint unused;
  {
    EchoServer server(loop);
    unused = server.local();
  }
  auto refused = connect_and_wait(loop.next(), {.to = unused});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == ErrorCode::ConnectionFailed);
  CHECK(refused.error().message().find(to_string(unused)) != std::string::npos);
  auto unknown = connect_and_wait(loop.next(), {.to = {"no.such.host.invalid", 7687}});
  CHECK(unknown.error().code() == ErrorCode::ConnectionFailed);
}

TEST_CASE("what was written arrives although the peer's bytes were not read") {
  EventLoop loop(1);
  auto acceptor = *Acceptor::listen(loop, "Test", {"127.0.0.1", 0}, Logger(), [](auto stream) {
    const std::string last = "farewell";
    CHECK(stream->write_now(std::as_bytes(std::span(last)))->bytes == last.size());
    close_after_flush(std::move(stream));
  });
  auto stream = connect_and_wait(loop.next(), {.to = acceptor->local()});
  REQUIRE(stream);
  REQUIRE(write_and_wait(**stream, std::string(100'000, 'y')));
  CHECK(*read_exactly(**stream, 8) == "farewell");
  CHECK(read_and_wait(**stream)->empty());
  close_and_wait(*stream);
}
