// SPDX-License-Identifier: Apache-2.0
#include "cli/tls/leaf_certificate.h"

#include <fcntl.h>
#include <netdb.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "net/endpoint.h"
#include "os/identity.h"
#include "tls/findings/certificate_facts.h"

namespace trellis::cli::tls_command {
namespace {

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using Context = std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>>;
using Session = std::unique_ptr<SSL, Freed<SSL_free>>;
using Source = std::unique_ptr<BIO, Freed<BIO_free>>;
using Addresses = std::unique_ptr<addrinfo, Freed<freeaddrinfo>>;

class Socket {
 public:
  explicit Socket(int descriptor) : descriptor_(descriptor) {}
  ~Socket() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

Result<Certificate> leaf_of(const std::filesystem::path& file) {
  const Source source(BIO_new_file(file.c_str(), "rb"));
  if (!source) {
    const std::string why = os::why_unreadable(file);
    return fail(ErrorCode::IoError, "Cannot read {}.", why.empty() ? file.string() : why);
  }
  Certificate leaf(PEM_read_bio_X509(source.get(), nullptr, nullptr, nullptr));
  if (!leaf) return fail(ErrorCode::IoError, "{} has no certificate in PEM.", file.string());
  return leaf;
}

// Keeps the digest even when the handshake fails later, as it does where a client certificate is
// demanded.
int keep_leaf(int /*preverified*/, X509_STORE_CTX* context) {
  const auto* session =
      static_cast<SSL*>(X509_STORE_CTX_get_ex_data(context, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto* digest = static_cast<std::string*>(SSL_get_app_data(session));
  if (X509_STORE_CTX_get_error_depth(context) == 0) {
    *digest = tls::sha256_of(X509_STORE_CTX_get_current_cert(context));
  }
  return 1;
}

}  // namespace

Result<std::string> fingerprint_of_file(const std::filesystem::path& file) {
  TRELLIS_TRY_ASSIGN(const Certificate leaf, leaf_of(file));
  return tls::sha256_of(leaf.get());
}

Result<bool> file_covers(const std::filesystem::path& file, const std::string& name) {
  TRELLIS_TRY_ASSIGN(const Certificate leaf, leaf_of(file));
  return tls::covers(leaf.get(), name);
}

Result<std::string> fingerprint_of_port(const config::SocketAddress& address,
                                        const std::string& server_name,
                                        std::chrono::seconds timeout) {
  const bool everywhere = address.host.empty() || address.host == "0.0.0.0" || address.host == "::";
  const std::string host = everywhere ? "localhost" : address.host;
  const std::string where = fmt::format("{}:{}", host, address.port);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int code =
          ::getaddrinfo(host.c_str(), std::to_string(address.port).c_str(), &hints, &found);
      code != 0) {
    return fail(ErrorCode::ConnectionFailed, "Cannot find {}: {}.", host, ::gai_strerror(code));
  }
  const Addresses addresses(found);
  int reason = 0;
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    const Socket socket(::socket(one->ai_family, one->ai_socktype | SOCK_CLOEXEC, 0));
    // Bounds connect() as well.
    const timeval wait{.tv_sec = timeout.count(), .tv_usec = 0};
    ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
    ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
    if (::connect(socket.get(), one->ai_addr, one->ai_addrlen) != 0) {
      reason = errno;
      continue;
    }
    const Context context(SSL_CTX_new(TLS_client_method()));
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, keep_leaf);
    const Session session(SSL_new(context.get()));
    std::string digest;
    SSL_set_app_data(session.get(), &digest);
    if (!server_name.empty() && !net::is_ip_literal(server_name)) {
      SSL_set_tlsext_host_name(session.get(), server_name.c_str());
    }
    SSL_set_fd(session.get(), socket.get());
    SSL_connect(session.get());
    if (!digest.empty()) return digest;
    return fail(ErrorCode::ConnectionFailed, "{} ends the TLS handshake without a certificate.",
                where);
  }
  return fail(ErrorCode::ConnectionFailed, "Nobody answers at {}: {}.", where,
              std::strerror(reason));
}

}  // namespace trellis::cli::tls_command
