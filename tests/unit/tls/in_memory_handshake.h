// SPDX-License-Identifier: Apache-2.0
//
// A TLS handshake between an OpenSSL client and a server's context, without sockets.
#pragma once

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>
#include <filesystem>
#include <memory>
#include <string>

#include "net/certificate_names.h"
#include "net/stream.h"
#include "tls/openssl_handles.h"

namespace trellis::testing {

using SslHandle = std::unique_ptr<SSL, tls::Freed<SSL_free>>;
using SessionHandle = std::unique_ptr<SSL_SESSION, tls::Freed<SSL_SESSION_free>>;

// A client's side of it. Its sessions belong to `context`, which therefore stays.
struct Caller {
  std::string name;                   // SNI; empty: none
  std::string protocol;               // ALPN; empty: none
  std::string algorithms;             // signature algorithms; empty: OpenSSL's
  int version = 0;                    // the only one; 0: any
  std::filesystem::path certificate;  // and its key beside it, ".key"; empty: none
  SSL_SESSION* resume = nullptr;
  tls::ContextHandle context = tls::ContextHandle(SSL_CTX_new(TLS_client_method()));
};

struct Handshake {
  bool done = false;    // on both sides
  std::string subject;  // of the certificate that the server showed
  int chain_length = 0;
  int alert = -1;           // that the client was sent
  int refused = X509_V_OK;  // why the server refused the client's certificate
  std::string protocol;
  std::string version;
  std::string cipher;
  bool asked_for_certificate = false;
  bool resumed = false;
  SessionHandle session;  // null: no ticket
};

namespace detail {

inline int handshake_index() {
  static const int kIndex = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return kIndex;
}
inline Handshake& of(const SSL* ssl) {
  return *static_cast<Handshake*>(SSL_get_ex_data(ssl, handshake_index()));
}
inline void note_alert(const SSL* ssl, int where, int value) {
  if ((where & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT && (value >> 8) == SSL3_AL_FATAL) {
    of(ssl).alert = value & 0xff;
  }
}
inline int note_request(SSL* ssl, void*) {
  of(ssl).asked_for_certificate = true;
  return 1;
}
inline int note_session(SSL* ssl, SSL_SESSION* session) {
  of(ssl).session.reset(session);
  return 1;
}

}  // namespace detail

inline Handshake shake_hands(const net::TlsContext& server_context, Caller& caller) {
  Handshake seen;
  SSL_CTX* context = caller.context.get();
  SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nullptr);
  SSL_CTX_set_info_callback(context, &detail::note_alert);
  SSL_CTX_set_cert_cb(context, &detail::note_request, nullptr);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, &detail::note_session);
  SSL_CTX_set_min_proto_version(context, caller.version);
  SSL_CTX_set_max_proto_version(context, caller.version);
  if (!caller.algorithms.empty()) SSL_CTX_set1_sigalgs_list(context, caller.algorithms.c_str());
  if (!caller.certificate.empty()) {
    auto key = caller.certificate;
    key.replace_extension(".key");
    SSL_CTX_use_certificate_chain_file(context, caller.certificate.c_str());
    SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM);
  }
  const SslHandle client(SSL_new(context));
  const SslHandle server(SSL_new(server_context.get()));
  SSL_set_ex_data(client.get(), detail::handshake_index(), &seen);
  if (!caller.name.empty()) SSL_set_tlsext_host_name(client.get(), caller.name.c_str());
  if (!caller.protocol.empty()) {
    const std::string list = static_cast<char>(caller.protocol.size()) + caller.protocol;
    SSL_set_alpn_protos(client.get(), reinterpret_cast<const unsigned char*>(list.data()),
                        static_cast<unsigned>(list.size()));
  }
  if (caller.resume != nullptr) SSL_set_session(client.get(), caller.resume);
  BIO* near = nullptr;
  BIO* far = nullptr;
  BIO_new_bio_pair(&near, 1 << 18, &far, 1 << 18);
  SSL_set_bio(client.get(), near, near);
  SSL_set_bio(server.get(), far, far);
  SSL_set_connect_state(client.get());
  SSL_set_accept_state(server.get());
  bool client_done = false;
  bool server_done = false;
  for (int round = 0; round < 10; ++round) {
    client_done = SSL_do_handshake(client.get()) == 1;
    server_done = SSL_do_handshake(server.get()) == 1;
  }
  if (client_done) {
    std::array<char, 1> byte{'x'};
    SSL_write(server.get(), byte.data(), 1);
    SSL_read(client.get(), byte.data(), 1);  // tickets and late alerts come with it
  }
  // Else OpenSSL takes the sessions for broken ones.
  for (SSL* side : {client.get(), server.get()}) {
    SSL_set_shutdown(side, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  }
  ERR_clear_error();
  seen.done = client_done && server_done;
  seen.refused = static_cast<int>(SSL_get_verify_result(server.get()));
  seen.resumed = SSL_session_reused(client.get()) == 1;
  seen.version = SSL_get_version(client.get());
  if (const char* cipher = SSL_get_cipher_name(client.get())) seen.cipher = cipher;
  if (const X509* shown = SSL_get0_peer_certificate(client.get())) {
    seen.subject = net::subject_of(shown);
    seen.chain_length = sk_X509_num(SSL_get_peer_cert_chain(client.get()));
  }
  const unsigned char* protocol = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(client.get(), &protocol, &size);
  seen.protocol.assign(reinterpret_cast<const char*>(protocol), size);
  return seen;
}

inline Handshake shake_hands(const net::TlsContext& server_context, const std::string& name = "") {
  Caller caller;
  caller.name = name;
  return shake_hands(server_context, caller);
}

}  // namespace trellis::testing
