// SPDX-License-Identifier: Apache-2.0
#include "net/tls_stream.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "net/certificate_names.h"
#include "net/openssl_memory.h"
#include "net/tls_bio.h"
#include "net/tls_failure_facts.h"

namespace trellis::net {
namespace {

// RFC 8737: the handshake is all of it; nothing may be spoken over such a connection.
constexpr std::string_view kAcmeTlsProtocol = "acme-tls/1";

struct SslFree {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};
struct X509Free {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
using SslHandle = std::unique_ptr<SSL, SslFree>;

std::string openssl_reason() {
  const unsigned long code = ERR_peek_last_error();
  const char* reason = code != 0 ? ERR_reason_error_string(code) : nullptr;
  return reason != nullptr ? reason : "unknown reason";
}

class TlsStream final : public Stream {
 public:
  TlsStream(std::unique_ptr<Stream> lower, TlsContext context,
            std::shared_ptr<TlsWitness> witness = nullptr)
      : lower_(std::move(lower)), context_(std::move(context)), witness_(std::move(witness)) {
    link_.lower = lower_.get();
  }
  ~TlsStream() override {
    std::optional<HandshakeMemory> left_unwiped;
    if (!spoken_) left_unwiped.emplace();  // a handshake, and nothing else
    ssl_.reset();
  }

  // Null on success, else why OpenSSL refused to make the state (memory).
  Result<> open(bool server) {
    ssl_.reset(SSL_new(context_.get()));
    BIO* bio = ssl_ ? make_stream_bio(&link_) : nullptr;
    if (bio == nullptr) {
      return fail(ErrorCode::ConnectionFailed, "Cannot make a TLS session: {}.", openssl_reason());
    }
    SSL_set_bio(ssl_.get(), bio, bio);
    SSL_set_app_data(ssl_.get(), &link_);
    SSL_set_mode(ssl_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_set_read_ahead(ssl_.get(), 1);
    SSL_set_verify(ssl_.get(), SSL_get_verify_mode(ssl_.get()), &note_verification);
    if (server) {
      SSL_set_accept_state(ssl_.get());
    } else {
      SSL_set_connect_state(ssl_.get());
    }
    return {};
  }

  Result<Transfer> read_now(std::span<std::byte> into) override {
    return transfer(Interest::kRead, [&](size_t* moved) {
      return SSL_read_ex(ssl_.get(), into.data(), into.size(), moved);
    });
  }
  Result<Transfer> write_now(std::span<const std::byte> bytes) override {
    auto sent = transfer(Interest::kWrite, [&](size_t* moved) {
      return SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), moved);
    });
    if (sent && sent->kind == Transfer::Kind::kEnd) return closed();
    return sent;
  }
  Result<std::optional<std::byte>> peek_now() override {
    std::byte first{};
    auto got = transfer(Interest::kRead,
                        [&](size_t* moved) { return SSL_peek_ex(ssl_.get(), &first, 1, moved); });
    if (!got) return fail(std::move(got.error()));
    if (got->kind == Transfer::Kind::kEnd) return closed();
    if (!got->moved()) return std::optional<std::byte>();
    return std::optional<std::byte>(first);
  }

  void wait(Interest interest, ReadyCallback ready) override {
    // Bytes that OpenSSL holds already will never show up as readiness of the socket.
    if (interest == Interest::kRead && !broken_ && SSL_has_pending(ssl_.get()) == 1 &&
        read_wants_ == Interest::kRead && !starved_) {
      return thread().post([answer = std::move(ready)]() mutable { answer({}); });
    }
    lower_->wait(interest == Interest::kRead ? read_wants_ : write_wants_, std::move(ready));
  }

  void finish_writing() override {
    send_close_notify();
    lower_->finish_writing();
  }
  void close() override {
    send_close_notify();
    lower_->close();
  }

  const Endpoint& local() const override { return lower_->local(); }
  const Endpoint& peer() const override { return lower_->peer(); }
  IoThread& thread() override { return lower_->thread(); }
  std::optional<TlsSessionInfo> tls_info() const override {
    TlsSessionInfo info;
    info.version = SSL_get_version(ssl_.get());
    info.cipher = SSL_get_cipher_name(ssl_.get());
    info.protocol = protocol();
    if (const char* name = SSL_get_servername(ssl_.get(), TLSEXT_NAMETYPE_host_name)) {
      info.server_name = name;
    }
    if (const X509* peer = SSL_get0_peer_certificate(ssl_.get())) {
      info.peer_subject = subject_of(peer);
      info.peer_sha256 = fingerprint_of(peer);
    }
    return info;
  }

  void let_clients_hide() {
    SSL_set_verify(ssl_.get(), SSL_get_verify_mode(ssl_.get()) & ~SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                   &note_verification);
    // A ticket from here must not open a connection where certificates are demanded.
    constexpr std::string_view kSessions = "client certificate optional";
    SSL_set_session_id_context(ssl_.get(), reinterpret_cast<const unsigned char*>(kSessions.data()),
                               static_cast<unsigned>(kSessions.size()));
  }

  // Once: the witness is let go.
  void tell_witness(TlsFailureReason reason, std::optional<uint8_t> alert, bool after_handshake,
                    const std::string& error) {
    const auto witness = std::exchange(witness_, nullptr);
    if (!witness) return;
    TlsFailure failure{reason, peer(), local(), alert, after_handshake, {}, {}, false, error};
    failure.shown_alone = shown_ ? shown_alone_ : is_sent_alone(ssl_.get());
    const X509* shown = shown_ ? shown_.get() : SSL_get_certificate(ssl_.get());
    describe_handshake(ssl_.get(), shown, failure);
    shown_.reset();
    witness->handshake_failed(failure);
  }

  // An idle connection holds no buffers; a handshake keeps its own from flight to flight.
  void release_buffers_when_idle() { SSL_set_mode(ssl_.get(), SSL_MODE_RELEASE_BUFFERS); }

  // What was shown stays for the witness: TLS 1.3 clients refuse it after the handshake.
  void drop_pair() {
    X509* shown = witness_ ? SSL_get_certificate(ssl_.get()) : nullptr;
    if (shown != nullptr && X509_up_ref(shown) == 1) {
      shown_.reset(shown);
      shown_alone_ = is_sent_alone(ssl_.get());
    }
    SSL_certs_clear(ssl_.get());
  }
  std::string protocol() const {
    const unsigned char* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl_.get(), &name, &size);
    return std::string(reinterpret_cast<const char*>(name), size);
  }
  int shake_hands() {
    const HandshakeMemory left_unwiped;
    return SSL_do_handshake(ssl_.get());
  }
  SSL* ssl() { return ssl_.get(); }
  Stream& lower() { return *lower_; }
  TlsLink& link() { return link_; }
  // For a handshake that failed: nothing may be read or written through OpenSSL any more.
  std::unique_ptr<Stream> release_lower() {
    broken_ = true;
    return std::move(lower_);
  }

 private:
  // OpenSSL's one verification hook: keeps the leaf and the reason for the message.
  static int note_verification(int ok, X509_STORE_CTX* store) {
    if (ok == 1) return 1;
    auto* ssl =
        static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
    auto* link = static_cast<TlsLink*>(SSL_get_app_data(ssl));
    if (link != nullptr && link->verify_error == X509_V_OK) {
      link->verify_error = X509_STORE_CTX_get_error(store);
      if (const X509* leaf = X509_STORE_CTX_get0_cert(store)) {
        link->peer_names = to_text(names_of(leaf));
      }
      if (const X509* at = X509_STORE_CTX_get_current_cert(store)) {
        link->refused_subject = subject_of(at);
        link->refused_issuer = issuer_of(at);
      }
    }
    return 0;
  }

  tl::unexpected<Error> closed() const {
    return fail(ErrorCode::ConnectionClosed, "The TLS connection to {} is closed.",
                to_string(peer()));
  }

  template <class Operation>
  Result<Transfer> transfer(Interest direction, Operation operation) {
    Interest& wants = direction == Interest::kRead ? read_wants_ : write_wants_;
    if (broken_) return closed();
    ERR_clear_error();
    size_t moved = 0;
    const int done = operation(&moved);
    if (direction == Interest::kRead) starved_ = false;
    if (done > 0) {
      spoken_ = true;
      if (direction == Interest::kRead) {
        witness_.reset();
        shown_.reset();
      }
      return Transfer{Transfer::Kind::kBytes, moved};
    }
    switch (SSL_get_error(ssl_.get(), done)) {
      case SSL_ERROR_WANT_READ:
        wants = Interest::kRead;
        if (direction == Interest::kRead) starved_ = true;
        return Transfer{};
      case SSL_ERROR_WANT_WRITE:
        wants = Interest::kWrite;
        return Transfer{};
      case SSL_ERROR_ZERO_RETURN:
        return Transfer{Transfer::Kind::kEnd, 0};
      default:
        break;
    }
    broken_ = true;
    if (const auto alert = alert_in(ERR_peek_last_error()); alert && witness_) {
      tell_witness(reason_of(*alert), alert, true, openssl_reason());
    }
    if (link_.failure) return fail(std::move(*std::exchange(link_.failure, std::nullopt)));
    if (link_.ended) {
      return fail(ErrorCode::ConnectionClosed, "{} cut the TLS connection without closing it.",
                  to_string(peer()));
    }
    return fail(ErrorCode::ConnectionClosed, "The TLS connection to {} broke: {}.",
                to_string(peer()), openssl_reason());
  }

  void send_close_notify() {
    if (broken_ || said_goodbye_ || SSL_in_init(ssl_.get()) != 0) return;
    said_goodbye_ = true;
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
  }

  std::unique_ptr<Stream> lower_;
  TlsContext context_;
  TlsLink link_;
  std::unique_ptr<X509, X509Free> shown_;  // as long as the witness
  bool shown_alone_ = false;
  std::shared_ptr<TlsWitness> witness_;  // until the first bytes have been read
  SslHandle ssl_;
  Interest read_wants_ = Interest::kRead;
  Interest write_wants_ = Interest::kWrite;
  bool starved_ = false;  // the last try needed more bytes than OpenSSL had
  bool broken_ = false;
  bool said_goodbye_ = false;
  bool spoken_ = false;  // bytes of the protocol have passed
};

// A handshake in progress; lives in the callbacks that it waits for.
struct Handshake : std::enable_shared_from_this<Handshake> {
  Handshake(std::unique_ptr<TlsStream> s, std::chrono::milliseconds t, bool is_server,
            std::string target, StreamCallback callback)
      : stream(std::move(s)),
        timeout(t),
        server(is_server),
        name(std::move(target)),
        done(std::move(callback)) {}

  void start() {
    if (timeout.count() > 0) limit_time();
    step();
  }

  void limit_time() {
    timer.emplace(stream->thread());
    timer->arm(timeout, [self = shared_from_this()] {
      if (!self->done) return;
      self->abandon(make_error(ErrorCode::ConnectionFailed,
                               "The TLS handshake with {} was not finished within {} ms.",
                               to_string(self->stream->peer()), self->timeout.count()));
    });
  }

  // The peer owes us something: there is nothing to say to it that it would hear.
  void abandon(Error why) {
    if (!done) return;
    stream->tell_witness(TlsFailureReason::kTimeout, std::nullopt, false, why.message());
    stream->lower().close();
    finish(fail(std::move(why)));
  }

  void step() {
    ERR_clear_error();
    const int result = stream->shake_hands();
    if (result == 1) return finish({});
    const int why = SSL_get_error(stream->ssl(), result);
    if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) return refuse();
    const Interest wants = why == SSL_ERROR_WANT_READ ? Interest::kRead : Interest::kWrite;
    stream->lower().wait(wants, [self = shared_from_this()](Result<> ready) {
      if (!self->done) return;
      if (!ready) {
        self->stream->tell_witness(TlsFailureReason::kPeerClosed, std::nullopt, false,
                                   ready.error().message());
        return self->finish(fail(std::move(ready.error())));
      }
      self->step();
    });
  }

  void refuse() {
    const unsigned long code = ERR_peek_last_error();
    const TlsFailureReason reason = reason_of(code, stream->link());
    auto why = refusal();
    stream->tell_witness(reason, alert_in(code), false, why.value().message());
    finish(std::move(why));
  }

  // Why it failed, in words: first what verification said, then what the transport or OpenSSL did.
  tl::unexpected<Error> refusal() {
    TlsLink& link = stream->link();
    const std::string peer = to_string(stream->peer());
    if (link.verify_error != X509_V_OK) return certificate_refusal(link, peer);
    if (link.failure) {
      return fail(ErrorCode::ConnectionFailed, "The TLS handshake with {} failed: {}", peer,
                  link.failure->message());
    }
    if (link.ended) {
      return fail(ErrorCode::ConnectionFailed,
                  "{} closed the connection during the TLS handshake. {}", peer,
                  server ? "Most clients do so when they do not trust this server's certificate, "
                           "or its names do not cover the address that they dialled."
                         : "It may not have TLS enabled on this port, or may not accept this "
                           "client.");
    }
    const int reason = ERR_GET_REASON(ERR_peek_last_error());
    if (reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_HTTP_REQUEST) {
      return fail(ErrorCode::ConnectionFailed, "{} does not speak TLS on this connection. {}", peer,
                  server ? "The client must use an encrypted scheme (neo4j+s, bolt+s)."
                         : "Use an unencrypted scheme, or enable TLS on that server.");
    }
    return fail(ErrorCode::ConnectionFailed, "The TLS handshake with {} failed: {}.", peer,
                openssl_reason());
  }

  tl::unexpected<Error> certificate_refusal(const TlsLink& link, const std::string& peer) const {
    const char* reason = X509_verify_cert_error_string(link.verify_error);
    if (link.verify_error == X509_V_ERR_HOSTNAME_MISMATCH ||
        link.verify_error == X509_V_ERR_IP_ADDRESS_MISMATCH) {
      return fail(ErrorCode::CertificateRejected,
                  "The certificate of {} is not valid for '{}': it has the names {}. Connect to "
                  "one of these names, or give the server a certificate that has '{}'.",
                  peer, name, link.peer_names, name);
    }
    return fail(ErrorCode::CertificateRejected,
                "The certificate of {} was refused: {} (certificate '{}', issued by '{}'). {}",
                peer, reason, link.refused_subject, link.refused_issuer,
                advice_for(link.verify_error));
  }

  static const char* advice_for(int verify_error) {
    switch (verify_error) {
      case X509_V_ERR_CERT_HAS_EXPIRED:
        return "It has expired: renew it.";
      case X509_V_ERR_CERT_NOT_YET_VALID:
        return "It is not valid yet: check the clocks of both machines.";
      case X509_V_ERR_CERT_REVOKED:
        return "Its issuer has revoked it.";
      case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
      case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
      case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        return "Put the certificate of its authority into the trusted directory or the system's "
               "store, and see that the other side sends its whole chain.";
      default:
        return "Replace it by one that passes.";
    }
  }

  void finish(Result<> result) {
    if (!done) return;
    if (timer) timer->cancel();
    auto answer = std::move(done);
    done = nullptr;
    if (result) stream->release_buffers_when_idle();
    if (result && server) {
      // The pair has done its work: a long connection must not keep a retired key in memory.
      stream->drop_pair();
      if (stream->protocol() == kAcmeTlsProtocol) {
        close_after_flush(std::move(stream));
        return answer(fail(ErrorCode::ConnectionClosed, "An ACME challenge was answered."));
      }
    }
    if (result) return answer(std::unique_ptr<Stream>(std::move(stream)));
    // An alert that OpenSSL has written must still arrive: the peer's message depends on it.
    close_after_flush(stream->release_lower());
    answer(fail(std::move(result.error())));
  }

  std::unique_ptr<TlsStream> stream;
  const std::chrono::milliseconds timeout;
  const bool server;
  const std::string name;
  StreamCallback done;
  std::optional<Timer> timer;
};

std::shared_ptr<Handshake> start_handshake(std::unique_ptr<TlsStream> stream,
                                           std::chrono::milliseconds timeout, bool server,
                                           std::string name, StreamCallback done) {
  auto handshake = std::make_shared<Handshake>(std::move(stream), timeout, server, std::move(name),
                                               std::move(done));
  handshake->start();
  return handshake;
}

Result<> demand_name(SSL* ssl, const TlsClientOptions& options) {
  const std::string& name = options.server_name;
  const bool ip = is_ip_literal(name);
  // RFC 6066: SNI carries host names, never addresses.
  if (!ip && !name.empty() && SSL_set_tlsext_host_name(ssl, name.c_str()) != 1) {
    return fail(ErrorCode::ConnectionFailed, "'{}' cannot be sent as a TLS server name.", name);
  }
  if (!options.verify_name) return {};
  X509_VERIFY_PARAM* parameters = SSL_get0_param(ssl);
  X509_VERIFY_PARAM_set_hostflags(parameters, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  const int taken = ip ? X509_VERIFY_PARAM_set1_ip_asc(parameters, name.c_str())
                       : X509_VERIFY_PARAM_set1_host(parameters, name.data(), name.size());
  if (taken != 1 || name.empty()) {
    return fail(ErrorCode::ConnectionFailed, "'{}' is no name that a certificate can carry.", name);
  }
  return {};
}

}  // namespace

AbandonHandshake tls_accept(std::unique_ptr<Stream> lower, TlsServerOptions options,
                            std::chrono::milliseconds timeout, StreamCallback done) {
  auto stream = std::make_unique<TlsStream>(std::move(lower), std::move(options.context),
                                            std::move(options.witness));
  if (auto opened = stream->open(true); !opened) {
    done(fail(std::move(opened.error())));
    return [](const Error&) {};
  }
  if (options.client_certificate_optional) stream->let_clients_hide();
  const std::weak_ptr<Handshake> handshake =
      start_handshake(std::move(stream), timeout, true, "", std::move(done));
  return [handshake](Error why) {
    if (const auto alive = handshake.lock()) alive->abandon(std::move(why));
  };
}

void tls_connect(std::unique_ptr<Stream> lower, TlsClientOptions options,
                 std::chrono::milliseconds timeout, StreamCallback done) {
  auto stream = std::make_unique<TlsStream>(std::move(lower), options.context);
  auto opened = stream->open(false);
  if (opened) opened = demand_name(stream->ssl(), options);
  if (!opened) return done(fail(std::move(opened.error())));
  start_handshake(std::move(stream), timeout, false, std::move(options.server_name),
                  std::move(done));
}

}  // namespace trellis::net
