// SPDX-License-Identifier: Apache-2.0
//
// The TLS context of one scope's listeners.
//
// The SSL_CTX holds no key: each handshake is given its pair in the certificate callback, from what
// is served at that moment, and drops it when it is done; one that resumes a session needs none. So
// a renewal swaps pairs under a context that lives on (with its tickets), a retired key lives no
// longer than the handshakes that use it, and only a change of trust makes a new context.
//
// Before that, in the client-hello callback, a client that offers the protocol "acme-tls/1"
// (RFC 8737) gets the challenge's certificate, is asked for none of its own, gets no ticket; if
// there is no such challenge, or nothing to serve yet, an alert. tls_accept() ends such
// connections. TLS 1.2 and 1.3; no renegotiation, no early data, no compression; tickets by
// TicketKeys. Thread-safe once made.
#pragma once

#include <memory>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"
#include "config/ssl_policy.h"
#include "net/stream.h"
#include "os/clock.h"
#include "tls/certificate_pair.h"
#include "tls/challenge_board.h"
#include "tls/trust.h"

namespace trellis::tls {

class PairChoice;
class TicketKeys;

// One SSL_CTX and what it serves. Without a pair yet, every handshake ends with an alert.
struct ServerContext {
  net::TlsContext context;
  std::vector<PairPtr> pairs;  // the main pair first; empty: none yet
  TrustPtr trust;              // null: clients are not verified
};

// What the listeners of one scope use. current() is never null; thread-safe, no lock is held while
// a context is built.
class ServedPolicy {
 public:
  virtual ~ServedPolicy() = default;
  virtual config::SslScope scope() const = 0;
  virtual std::shared_ptr<const ServerContext> current() const = 0;
};

// The pairs that new handshakes of a scope choose from. Thread-safe.
class ServedPairs {
 public:
  ServedPairs();
  std::shared_ptr<const PairChoice> get() const EXCLUDES(mutex_);
  void set(std::shared_ptr<const PairChoice> choice) EXCLUDES(mutex_);

 private:
  mutable Mutex mutex_;
  std::shared_ptr<const PairChoice> choice_ GUARDED_BY(mutex_);  // never null
};

struct ServerContextParts {
  const config::SslPolicySettings* policy = nullptr;  // read while the context is made
  std::shared_ptr<ServedPairs> pairs;
  std::shared_ptr<TicketKeys> tickets;
  TrustPtr trust;                                    // null: see policy->trust_all, client_auth
  std::shared_ptr<const ChallengeBoard> challenges;  // null: no ACME
  const os::Clock* clock = nullptr;                  // outlives the context
};

// InvalidConfiguration: versions, ciphers.
Result<net::TlsContext> make_server_context(ServerContextParts parts);

// A policy's files loaded once, and served without a watch: for tools and tests. `clock` outlives
// it.
Result<std::shared_ptr<const ServedPolicy>> serve_once(const config::SslPolicySettings& policy,
                                                       const os::Clock& clock);

}  // namespace trellis::tls
