// SPDX-License-Identifier: Apache-2.0
#include "tls/findings/remote_probe.h"

#include <fcntl.h>
#include <netdb.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "net/endpoint.h"

namespace trellis::tls {
namespace {

using std::chrono::milliseconds;

constexpr int kMostCertificates = 32;  // of a chain
constexpr size_t kLargestHead = 16 * 1024;

class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  ~Socket() {
    if (fd_ >= 0) ::close(fd_);
  }
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket& operator=(Socket&&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

struct AddressListFree {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};

void set_timeouts(int fd, milliseconds timeout) {
  timeval limit{};
  limit.tv_sec = timeout.count() / 1000;
  limit.tv_usec = (timeout.count() % 1000) * 1000;
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
}

// 0, or the errno that says why not.
int connect_within(int fd, const addrinfo& to, milliseconds timeout) {
  const int flags = ::fcntl(fd, F_GETFL);
  ::fcntl(fd, F_SETFL, flags | O_NONBLOCK);
  if (::connect(fd, to.ai_addr, to.ai_addrlen) != 0) {
    if (errno != EINPROGRESS) return errno;
    pollfd wait{fd, POLLOUT, 0};
    if (::poll(&wait, 1, static_cast<int>(timeout.count())) != 1) return ETIMEDOUT;
    int error = 0;
    socklen_t size = sizeof(error);
    ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return error;
  }
  ::fcntl(fd, F_SETFL, flags);
  set_timeouts(fd, timeout);
  return 0;
}

Result<Socket> dial(const ProbeTarget& target) {
  const std::string& host = target.address.empty() ? target.name : target.address;
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int unknown =
      ::getaddrinfo(host.c_str(), std::to_string(target.port).c_str(), &hints, &found);
  if (unknown != 0) {
    return fail(
        ErrorCode::ConnectionFailed,
        "The name '{}' leads nowhere: {}. Try an address in its place: --resolve {}:ADDRESS", host,
        ::gai_strerror(unknown), target.name);
  }
  const std::unique_ptr<addrinfo, AddressListFree> list(found);
  int error = 0;
  for (const addrinfo* one = list.get(); one != nullptr; one = one->ai_next) {
    Socket socket(::socket(one->ai_family, one->ai_socktype | SOCK_CLOEXEC, one->ai_protocol));
    if (socket.get() < 0) continue;
    error = connect_within(socket.get(), *one, target.timeout);
    if (error == 0) return socket;
  }
  return fail(ErrorCode::ConnectionFailed,
              "Nothing can be reached at {}: {}. Does the server run, does it listen there "
              "(server.default_listen_address), is there a firewall between?",
              net::to_string(net::Endpoint{host, target.port}), std::strerror(error));
}

// -- what is said --

// Bolt 5.8 down to 5.0, 4.4.
std::string opening(Talk talk, const std::string& host) {
  if (talk == Talk::kBolt) {
    return {"\x60\x60\xB0\x17\x00\x08\x08\x05\x00\x00\x04\x04\x00\x00\x00\x00\x00\x00\x00\x00", 20};
  }
  return "GET / HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n";
}

std::optional<Talk> recognised(std::string_view answer) {
  if (answer.starts_with("HTTP/")) return Talk::kHttp;
  // A version: two zero bytes or a range, minor, major; Bolt's majors are small.
  if (answer.size() >= 4 && answer[0] == 0 && answer[1] == 0 && answer[3] > 0 && answer[3] < 16) {
    return Talk::kBolt;
  }
  return std::nullopt;
}

// -- TLS --

using SslHandle = std::unique_ptr<SSL, Freed<SSL_free>>;

// Keeps the chain that came, whatever becomes of the handshake, and accepts it.
int keep_chain(X509_STORE_CTX* store, void* look) {
  auto& chain = static_cast<TlsLook*>(look)->chain;
  chain.clear();
  const STACK_OF(X509)* sent = X509_STORE_CTX_get0_untrusted(store);
  for (int i = 0; i < std::min(sk_X509_num(sent), kMostCertificates); ++i) {
    X509* certificate = sk_X509_value(sent, i);
    X509_up_ref(certificate);
    chain.emplace_back(certificate);
  }
  X509_STORE_CTX_set_error(store, X509_V_OK);
  return 1;
}

int note_request(SSL* ssl, X509**, EVP_PKEY**) {
  static_cast<TlsLook*>(SSL_get_app_data(ssl))->asks_for_certificate = true;
  return 0;
}

ContextHandle lenient_context(TlsRange range, TlsLook& look) {
  ContextHandle context(SSL_CTX_new(TLS_client_method()));
  SSL_CTX_set_security_level(context.get(), 0);  // weak keys are findings, not failures
  SSL_CTX_set_min_proto_version(context.get(), range.lowest != 0 ? range.lowest : TLS1_VERSION);
  SSL_CTX_set_max_proto_version(context.get(), range.highest);
  SSL_CTX_set_options(context.get(), SSL_OP_LEGACY_SERVER_CONNECT);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_cert_verify_callback(context.get(), &keep_chain, &look);
  SSL_CTX_set_client_cert_cb(context.get(), &note_request);
  return context;
}

// After a call that failed with `result`.
void note_failure(SSL* ssl, int result, TlsLook& look) {
  const int error = errno;
  const int kind = SSL_get_error(ssl, result);
  const unsigned long code = ERR_peek_last_error();
  const int reason = ERR_GET_REASON(code);
  if (ERR_GET_LIB(code) == ERR_LIB_SSL && reason >= SSL_AD_REASON_OFFSET &&
      reason <= SSL_AD_REASON_OFFSET + 255) {
    look.alert = static_cast<uint8_t>(reason - SSL_AD_REASON_OFFSET);
  }
  look.speaks_plainly = reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_HTTP_REQUEST ||
                        reason == SSL_R_PACKET_LENGTH_TOO_LONG;
  const bool late = kind == SSL_ERROR_WANT_READ || kind == SSL_ERROR_WANT_WRITE ||
                    (kind == SSL_ERROR_SYSCALL && (error == EAGAIN || error == EWOULDBLOCK));
  const bool ended = kind == SSL_ERROR_ZERO_RETURN || reason == SSL_R_UNEXPECTED_EOF_WHILE_READING;
  look.closed = ended || (kind == SSL_ERROR_SYSCALL && !late);
  if (late) {
    look.failure = "no answer in time";
  } else if (look.closed) {
    look.failure = "the server closed the connection";
  } else {
    look.failure = openssl_reason();
  }
  ERR_clear_error();
}

void talk_over(SSL* ssl, const ProbeTarget& target, Talk talk, TlsLook& look) {
  const std::string words = opening(talk, target.name);
  ERR_clear_error();
  int result = SSL_write(ssl, words.data(), static_cast<int>(words.size()));
  char answer[64];
  if (result > 0) {
    ERR_clear_error();
    errno = 0;
    result = SSL_read(ssl, answer, sizeof(answer));
  }
  if (result <= 0) return note_failure(ssl, result, look);
  look.answered = recognised({answer, static_cast<size_t>(result)});
}

Result<SslHandle> new_session(SSL_CTX* context, const Socket& socket, const ProbeTarget& target) {
  SslHandle ssl(SSL_new(context));
  if (!ssl || SSL_set_fd(ssl.get(), socket.get()) != 1) {
    return fail(ErrorCode::ConnectionFailed, "Cannot make a TLS session: {}.", openssl_reason());
  }
  if (!net::is_ip_literal(target.name)) SSL_set_tlsext_host_name(ssl.get(), target.name.c_str());
  return ssl;
}

Result<std::string> read_head(const auto& read_some) {
  std::string head;
  char bytes[4096];
  while (head.size() < kLargestHead && head.find("\r\n\r\n") == head.npos) {
    const ssize_t got = read_some(bytes, sizeof(bytes));
    if (got <= 0) break;
    head.append(bytes, static_cast<size_t>(got));
  }
  if (!head.starts_with("HTTP/")) return fail(ErrorCode::ConnectionFailed, "It answers no HTTP.");
  return head;
}

}  // namespace

Result<TlsLook> look_with_tls(const ProbeTarget& target, Talk talk, TlsRange range) {
  TRELLIS_TRY_ASSIGN(const Socket socket, dial(target));
  TlsLook look;
  const ContextHandle context = lenient_context(range, look);
  TRELLIS_TRY_ASSIGN(const SslHandle ssl, new_session(context.get(), socket, target));
  SSL_set_app_data(ssl.get(), &look);
  ERR_clear_error();
  errno = 0;
  const int result = SSL_connect(ssl.get());
  if (result != 1) {
    note_failure(ssl.get(), result, look);
    return look;
  }
  look.finished = true;
  look.version = SSL_get_version(ssl.get());
  talk_over(ssl.get(), target, talk, look);
  return look;
}

Result<std::optional<Talk>> look_plainly(const ProbeTarget& target, Talk talk) {
  TRELLIS_TRY_ASSIGN(const Socket socket, dial(target));
  const std::string words = opening(talk, target.name);
  char answer[64];
  if (::send(socket.get(), words.data(), words.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(words.size())) {
    return std::nullopt;
  }
  const ssize_t got = ::recv(socket.get(), answer, sizeof(answer), 0);
  if (got <= 0) return std::nullopt;
  return recognised({answer, static_cast<size_t>(got)});
}

Result<std::string> http_head(const ProbeTarget& target, bool encrypted, const std::string& path) {
  TRELLIS_TRY_ASSIGN(const Socket socket, dial(target));
  const std::string words =
      "GET " + path + " HTTP/1.1\r\nHost: " + target.name + "\r\nConnection: close\r\n\r\n";
  if (!encrypted) {
    (void)::send(socket.get(), words.data(), words.size(), MSG_NOSIGNAL);
    return read_head([&](char* into, size_t size) { return ::recv(socket.get(), into, size, 0); });
  }
  TlsLook look;
  const ContextHandle context = lenient_context({}, look);
  TRELLIS_TRY_ASSIGN(const SslHandle ssl, new_session(context.get(), socket, target));
  SSL_set_app_data(ssl.get(), &look);
  const int result = SSL_connect(ssl.get());
  if (result != 1) {
    note_failure(ssl.get(), result, look);
    return fail(ErrorCode::ConnectionFailed, "The TLS handshake failed: {}.", look.failure);
  }
  SSL_write(ssl.get(), words.data(), static_cast<int>(words.size()));
  auto head = read_head([&](char* into, size_t size) -> ssize_t {
    return SSL_read(ssl.get(), into, static_cast<int>(size));
  });
  ERR_clear_error();
  return head;
}

}  // namespace trellis::tls
