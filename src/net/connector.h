// SPDX-License-Identifier: Apache-2.0
//
// Outgoing connections: resolve, connect (each address in turn), TLS when asked for; one deadline
// over all of it.
//
// Errors: ConnectionFailed (unknown host, refused, timed out: the text says which, with host, port
// and each address tried), CertificateRejected.
#pragma once

#include <chrono>
#include <optional>

#include "net/endpoint.h"
#include "net/event_loop.h"
#include "net/stream.h"
#include "net/tls_stream.h"

namespace trellis::net {

struct ConnectOptions {
  Endpoint to;
  std::chrono::milliseconds timeout{5000};
  std::optional<TlsClientOptions> tls = {};  // an empty server_name means to.host
};

// Any thread; `done` runs on `thread`.
void connect(IoThread& thread, ConnectOptions options, StreamCallback done);

}  // namespace trellis::net
