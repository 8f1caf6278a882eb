// SPDX-License-Identifier: Apache-2.0
#include "net/tls_failure.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/certificates.h"
#include "support/temp_dir.h"
#include "unit/net/echo_server.h"

using namespace trellis;
using namespace trellis::net;
using namespace trellis::testing;

namespace {

class OneFailure final : public TlsWitness {
 public:
  void handshake_failed(const TlsFailure& failure) override { failure_.set(failure); }
  TlsFailure get() { return failure_.get(); }

 private:
  Promise<TlsFailure> failure_;
};

struct Server {
  Server() {
    make_authority(dir.path(), "ca");
    make_authority(dir.path(), "other");
    make_certificate(dir.path(), "ca", "server", "DNS:db.example.org");
    context = TlsContext(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free);
    SSL_CTX_use_certificate_chain_file(context.get(), (dir / "server.crt").c_str());
    SSL_CTX_use_PrivateKey_file(context.get(), (dir / "server.key").c_str(), SSL_FILETYPE_PEM);
    echo = std::make_unique<EchoServer>(loop, context, witness);
  }
  void client(const std::string& authority, const std::string& name, int version = 0) {
    TlsContext own(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free);
    SSL_CTX_load_verify_file(own.get(), (dir / (authority + ".crt")).c_str());
    SSL_CTX_set_verify(own.get(), SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_max_proto_version(own.get(), version);
    (void)connect_and_wait(loop.next(), {.to = echo->local(), .tls = TlsClientOptions{own, name}});
  }

  TempDir dir;
  EventLoop loop{1};
  TlsContext context;
  std::shared_ptr<OneFailure> witness = std::make_shared<OneFailure>();
  std::unique_ptr<EchoServer> echo;
};

// A client whose bytes pass through the test's hands.
struct ClientByHand {
  explicit ClientByHand(const Endpoint& server) {
    socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(server.port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(socket, reinterpret_cast<sockaddr*>(&to), sizeof(to)) == 0);
    in = BIO_new(BIO_s_mem());
    out = BIO_new(BIO_s_mem());
    SSL_set_bio(ssl.get(), in, out);
    SSL_set_connect_state(ssl.get());
    SSL_set_tlsext_host_name(ssl.get(), "db.example.org");
  }
  ~ClientByHand() { ::close(socket); }

  void send_all() {
    char bytes[16384];
    for (int got; (got = BIO_read(out, bytes, sizeof(bytes))) > 0;) {
      REQUIRE(::send(socket, bytes, static_cast<size_t>(got), MSG_NOSIGNAL) == got);
    }
  }
  void shake_hands() {
    while (SSL_do_handshake(ssl.get()) != 1) {
      send_all();
      char bytes[16384];
      const ssize_t got = ::recv(socket, bytes, sizeof(bytes), 0);
      REQUIRE(got > 0);
      BIO_write(in, bytes, static_cast<int>(got));
    }
    send_all();
  }

  TlsContext context{SSL_CTX_new(TLS_client_method()), &SSL_CTX_free};
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl{SSL_new(context.get()), &SSL_free};
  BIO* in = nullptr;
  BIO* out = nullptr;
  int socket = -1;
};

}  // namespace

TEST_CASE("a server hears which alert a client sent, for which name") {
  for (const int version : {0, TLS1_2_VERSION}) {
    Server server;
    server.client("other", "db.example.org", version);
    const TlsFailure failure = server.witness->get();
    CHECK(failure.reason == TlsFailureReason::kCertificateRejected);
    CHECK(failure.alert == 48);
    CHECK(alert_name(*failure.alert) == "unknown_ca");
    CHECK(failure.server_name == "db.example.org");
    CHECK(failure.shown_names == "db.example.org");
    CHECK(failure.shown_covers_server_name);
    CHECK_FALSE(failure.after_handshake);
    CHECK(failure.peer.host == "127.0.0.1");
  }
  Server server;
  server.client("ca", "localhost");
  const TlsFailure failure = server.witness->get();
  CHECK(failure.alert == 42);
  CHECK(failure.server_name == "localhost");
  CHECK_FALSE(failure.shown_covers_server_name);
}

TEST_CASE("a server hears of an alert that comes after its handshake had finished") {
  Server server;
  ClientByHand client(server.echo->local());
  client.shake_hands();
  // A record that cannot be decrypted makes the client send bad_record_mac.
  const char garbage[] = "\x17\x03\x03\x00\x20 0123456789abcdef0123456789abcdef";
  BIO_write(client.in, garbage, 37);
  char bytes[64];
  while (SSL_read(client.ssl.get(), bytes, sizeof(bytes)) > 0) {
  }
  client.send_all();
  const TlsFailure failure = server.witness->get();
  CHECK(failure.after_handshake);
  CHECK(failure.alert == 20);
  CHECK(failure.reason == TlsFailureReason::kOtherAlert);
  CHECK(failure.server_name == "db.example.org");
}

TEST_CASE("failures have reasons: no TLS, no certificate, gone") {
  const auto say = [](Server& server, const std::string& text) {
    auto plain = connect_and_wait(server.loop.next(), {.to = server.echo->local()});
    REQUIRE(plain);
    if (!text.empty()) REQUIRE(write_and_wait(**plain, text));
    close_and_wait(*plain);
    return server.witness->get().reason;
  };
  Server first;
  CHECK(say(first, "GET / HTTP/1.1\r\n\r\n") == TlsFailureReason::kNotTls);
  Server second;
  CHECK(say(second, "") == TlsFailureReason::kPeerClosed);

  Server third;
  third.context = TlsContext(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free);
  third.echo = std::make_unique<EchoServer>(third.loop, third.context, third.witness);
  third.client("ca", "db.example.org");
  CHECK(third.witness->get().reason == TlsFailureReason::kNoCertificate);
}
