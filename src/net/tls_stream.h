// SPDX-License-Identifier: Apache-2.0
//
// TLS over any Stream, by OpenSSL, with as few bytes per idle connection as it allows: the BIO
// reads and writes the lower stream directly, record buffers are released when empty.
//
// Server side: contexts come from room `tls`. Client side: the peer's name is verified by OpenSSL
// itself against the subject alternative names (RFC 6125, RFC 9525; an IP literal against iPAddress
// entries); a refusal says which names the certificate has.
// A server's handshake that agreed on "acme-tls/1" (RFC 8737) ends with its connection, and with
// ConnectionClosed. After a server's handshake the connection holds neither key nor chain.
// Errors: CertificateRejected (verification), ConnectionFailed (anything else in the handshake,
// time-out included). All limits are the caller's `timeout`.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "net/stream.h"
#include "net/tls_failure.h"

namespace trellis::net {

using StreamCallback = Callback<void(Result<std::unique_ptr<Stream>>)>;

struct TlsServerOptions {
  TlsServerOptions(TlsContext c) : context(std::move(c)) {}  // most need no more

  TlsContext context;
  // Where the context demands a client certificate: take clients without one too (what one shows is
  // verified all the same).
  bool client_certificate_optional = false;
  // Hears why a handshake failed, before the callback does; also of an alert that the client sends
  // after our side has finished, as the first thing that is read. Null: nobody.
  std::shared_ptr<TlsWitness> witness = nullptr;
};

// Ends a handshake that is still under way with this error, without a farewell to a client that
// has fallen silent; nothing when it is over. On the stream's thread.
using AbandonHandshake = std::function<void(Error)>;

// A timeout of zero: the caller counts the time, and abandons.
AbandonHandshake tls_accept(std::unique_ptr<Stream> lower, TlsServerOptions options,
                            std::chrono::milliseconds timeout, StreamCallback done);

struct TlsClientOptions {
  TlsContext context;
  // Host name or IP literal that the certificate must carry, and that is sent as SNI (names only).
  std::string server_name;
  // False: any name is taken; whether the chain is checked is the context's own mode.
  bool verify_name = true;
};

void tls_connect(std::unique_ptr<Stream> lower, TlsClientOptions options,
                 std::chrono::milliseconds timeout, StreamCallback done);

}  // namespace trellis::net
