// SPDX-License-Identifier: Apache-2.0
//
// One port, several protocols: looks at the first byte of a new connection, does TLS when it is
// TLS, and looks again.
//
// Errors go to `done` with the stream already closed: nobody waits for an answer then. The timeout
// bounds everything up to the first byte of the protocol; the gate bounds how many connections are
// that far at one time.
#pragma once

#include <chrono>
#include <memory>

#include "config/server_config.h"
#include "net/stream.h"
#include "net/tls_failure.h"
#include "server/handshake_gate.h"
#include "tls/server_context.h"

namespace trellis::server {

struct InboundPolicy {
  config::TlsLevel tls_level = config::TlsLevel::kDisabled;
  std::shared_ptr<const tls::ServedPolicy> tls;  // needed unless disabled
  std::chrono::milliseconds timeout{10'000};
  std::shared_ptr<HandshakeGate> gate;       // null: not bounded
  std::shared_ptr<net::TlsWitness> witness;  // hears of failed handshakes; null: nobody
};

enum class FirstByte : uint8_t { kBolt, kHttp };

struct Inbound {
  std::unique_ptr<net::Stream> stream;
  FirstByte protocol = FirstByte::kBolt;
  bool encrypted = false;
};

// On the stream's thread, where `done` runs too.
void take_in(std::unique_ptr<net::Stream> stream, std::shared_ptr<const InboundPolicy> policy,
             net::Callback<void(Result<Inbound>)> done);

}  // namespace trellis::server
