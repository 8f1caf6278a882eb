// SPDX-License-Identifier: Apache-2.0
//
// What becomes of failed TLS handshakes: a count by reason, and, where a client rejected our
// certificate, one line for people: the alert, the name that was asked for, the names we have, the
// likely cause and the command that tells more. Browsers do that all day long, so the line is INFO,
// once for each peer address and minute; all else is the caller's to log.
//
// Thread-safe.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/log.h"
#include "net/peer_log_limit.h"
#include "net/tls_failure.h"
#include "os/clock.h"

namespace trellis::server {

// handshake_failures_total{reason}. Only ever grows.
class HandshakeFailureCounts {
 public:
  void add(net::TlsFailureReason reason) {
    counts_[static_cast<size_t>(reason)].fetch_add(1, std::memory_order_relaxed);
  }
  // All reasons, those that never happened too.
  std::vector<std::pair<std::string_view, uint64_t>> snapshot() const;

 private:
  std::array<std::atomic<uint64_t>, net::kTlsFailureReasonNames.size()> counts_{};
};

class HandshakeLog : public std::enable_shared_from_this<HandshakeLog> {
 public:
  // `clock` outlives the log.
  HandshakeLog(Logger log, const os::Clock& clock) : log_(std::move(log)), clock_(clock) {}

  // For the listeners of one scheme: "neo4j+s", "https".
  std::shared_ptr<net::TlsWitness> witness(std::string scheme);
  void record(const std::string& scheme, const net::TlsFailure& failure);
  const HandshakeFailureCounts& counts() const { return counts_; }

 private:
  const Logger log_;
  const os::Clock& clock_;
  HandshakeFailureCounts counts_;
  net::PeerLogLimit limit_;
};

// The line for people; for tests.
std::string rejection_text(const std::string& scheme, const net::TlsFailure& failure,
                           os::Clock::Wall now);

}  // namespace trellis::server
