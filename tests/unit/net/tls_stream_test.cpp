// SPDX-License-Identifier: Apache-2.0
#include "net/tls_stream.h"

#include <doctest/doctest.h>
#include <openssl/ssl.h>

#include "support/certificates.h"
#include "support/temp_dir.h"
#include "unit/net/echo_server.h"

using namespace trellis;
using namespace trellis::net;
using namespace trellis::testing;

namespace {

TlsContext server_context(const TempDir& dir, const std::string& name) {
  TlsContext context(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free);
  REQUIRE(SSL_CTX_use_certificate_chain_file(context.get(), (dir / (name + ".crt")).c_str()) == 1);
  REQUIRE(SSL_CTX_use_PrivateKey_file(context.get(), (dir / (name + ".key")).c_str(),
                                      SSL_FILETYPE_PEM) == 1);
  return context;
}

TlsContext client_context(const TempDir& dir, const std::string& authority) {
  TlsContext context(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free);
  if (authority.empty()) return context;  // SSL_VERIFY_NONE
  REQUIRE(SSL_CTX_load_verify_file(context.get(), (dir / (authority + ".crt")).c_str()) == 1);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  return context;
}

struct Setup {
  Setup() {
    make_authority(dir.path(), "ca");
    make_authority(dir.path(), "other");
    make_certificate(dir.path(), "ca", "server", "DNS:db.example.org,IP:127.0.0.1");
  }
  TempDir dir;
};

}  // namespace

TEST_CASE("TLS carries bytes both ways and tells version and server name") {
  Setup setup;
  EventLoop loop(2);
  EchoServer server(loop, server_context(setup.dir, "server"));
  auto stream = connect_and_wait(
      loop.next(), {.to = server.local(),
                    .tls = TlsClientOptions{client_context(setup.dir, "ca"), "db.example.org"}});
  REQUIRE_MESSAGE(stream, stream.error().message());
  CHECK((*stream)->tls_info()->version == "TLSv1.3");
  CHECK((*stream)->tls_info()->peer_subject == "CN=server");
  const std::string large(1'000'000, 'x');
  REQUIRE(write_and_wait(**stream, large));
  CHECK(*read_exactly(**stream, large.size()) == large);
  on_thread((*stream)->thread(), [&] { (*stream)->finish_writing(); });
  CHECK(read_and_wait(**stream)->empty());
  close_and_wait(*stream);
}

TEST_CASE("an IP target is verified against the IP names") {
  Setup setup;
  EventLoop loop(1);
  EchoServer server(loop, server_context(setup.dir, "server"));
  auto stream = connect_and_wait(
      loop.next(),
      {.to = server.local(), .tls = TlsClientOptions{client_context(setup.dir, "ca"), ""}});
  REQUIRE_MESSAGE(stream, stream.error().message());
  close_and_wait(*stream);
}

TEST_CASE("a wrong name is refused and the message says which names there are") {
  Setup setup;
  EventLoop loop(1);
  EchoServer server(loop, server_context(setup.dir, "server"));
  for (const char* name : {"wrong.example.org", "10.1.2.3"}) {
    auto stream = connect_and_wait(
        loop.next(),
        {.to = server.local(), .tls = TlsClientOptions{client_context(setup.dir, "ca"), name}});
    REQUIRE_FALSE(stream);
    CHECK(stream.error().code() == ErrorCode::CertificateRejected);
    CHECK(stream.error().message().find("db.example.org, 127.0.0.1") != std::string::npos);
    CHECK(stream.error().message().find(name) != std::string::npos);
  }
  auto unverified = connect_and_wait(
      loop.next(), {.to = server.local(),
                    .tls = TlsClientOptions{client_context(setup.dir, ""), "wrong", false}});
  CHECK(unverified);
  close_and_wait(*unverified);
}

TEST_CASE("an unknown authority is refused, and the server learns it too") {
  Setup setup;
  EventLoop loop(1);
  EchoServer server(loop, server_context(setup.dir, "server"));
  auto stream = connect_and_wait(
      loop.next(), {.to = server.local(),
                    .tls = TlsClientOptions{client_context(setup.dir, "other"), "db.example.org"}});
  REQUIRE_FALSE(stream);
  CHECK(stream.error().code() == ErrorCode::CertificateRejected);
  CHECK(server.next_failure().code() == ErrorCode::ConnectionFailed);
}

TEST_CASE("plain talk to a TLS port and TLS to a plain port fail with words") {
  Setup setup;
  EventLoop loop(1);
  EchoServer secure(loop, server_context(setup.dir, "server"));
  auto plain = connect_and_wait(loop.next(), {.to = secure.local()});
  REQUIRE(plain);
  REQUIRE(write_and_wait(**plain, "GET / HTTP/1.1\r\n\r\n"));
  CHECK(secure.next_failure().code() == ErrorCode::ConnectionFailed);
  close_and_wait(*plain);

  EchoServer open(loop);
  auto stream = connect_and_wait(
      loop.next(),
      {.to = open.local(), .tls = TlsClientOptions{client_context(setup.dir, "ca"), "localhost"}});
  REQUIRE_FALSE(stream);
  CHECK(stream.error().code() == ErrorCode::ConnectionFailed);
}

TEST_CASE("a silent peer does not hold a handshake for ever") {
  Setup setup;
  EventLoop loop(1);
  auto silent = *Acceptor::listen(loop, "Test", {"127.0.0.1", 0}, Logger(), [](auto stream) {
    auto kept = std::shared_ptr<Stream>(std::move(stream));
    kept->wait(Interest::kWrite, [kept](Result<>) {
      auto timer = std::make_shared<Timer>(kept->thread());
      timer->arm(std::chrono::milliseconds(400), [timer, kept] {});
    });
  });
  auto stream = connect_and_wait(
      loop.next(), {.to = silent->local(),
                    .timeout = std::chrono::milliseconds(150),
                    .tls = TlsClientOptions{client_context(setup.dir, "ca"), "localhost"}});
  REQUIRE_FALSE(stream);
  CHECK(stream.error().code() == ErrorCode::ConnectionFailed);
}

TEST_CASE("a TLS stream cut without closing is an error, not an end") {
  Setup setup;
  EventLoop loop(1);
  auto context = server_context(setup.dir, "server");
  auto acceptor = *Acceptor::listen(loop, "Test", {"127.0.0.1", 0}, Logger(), [&](auto raw) {
    tls_accept(std::move(raw), context, std::chrono::seconds(5), [](auto secured) {
      REQUIRE(secured);
      // The whole process behind it dies: no close_notify.
      (*secured).reset();
    });
  });
  auto stream = connect_and_wait(
      loop.next(), {.to = acceptor->local(),
                    .tls = TlsClientOptions{client_context(setup.dir, "ca"), "db.example.org"}});
  REQUIRE(stream);
  auto got = read_and_wait(**stream);
  REQUIRE_FALSE(got);
  CHECK(got.error().code() == ErrorCode::ConnectionClosed);
  close_and_wait(*stream);
}
