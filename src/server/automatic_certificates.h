// SPDX-License-Identifier: Apache-2.0
//
// Certificates from an ACME authority, wired: storage, HTTPS to the authority, the listener for
// challenges, the loop that renews, and the commands of `trellis tls acme`.
//
// open() offers the certificate that is saved; start(), once the ports are open, returns at once,
// and the first order runs while the server already serves. Thread-safe.
#pragma once

#include <memory>

#include "base/log.h"
#include "config/server_config.h"
#include "net/event_loop.h"
#include "os/clock.h"
#include "os/crash_point.h"
#include "server/admin_socket.h"
#include "server/challenge_listener.h"
#include "server/metrics.h"
#include "tls/acme/renewal.h"
#include "tls/policy_store.h"

namespace trellis::server {

class AutomaticCertificates {
 public:
  // All that is pointed to outlives the object.
  struct Options {
    const config::ServerConfig* config = nullptr;
    const os::Clock* clock = nullptr;
    net::EventLoop* loop = nullptr;
    std::shared_ptr<tls::ChallengeBoard> board;
    tls::PolicyStore* policies = nullptr;
    std::shared_ptr<Metrics> metrics;
    Logger log;
  };

  // With server.tls.acme.enabled=false only another client's webroot is served, if there is one.
  // Errors: InvalidConfiguration, IoError.
  static Result<std::unique_ptr<AutomaticCertificates>> open(Options options);
  ~AutomaticCertificates();
  void start();

  // "tls.acme.status", "tls.acme.begin", "tls.acme.outcome" (docs/formats/admin-socket.md).
  // They must not be asked any more when this ends.
  void add_commands(AdminCommands& commands) const;

 private:
  explicit AutomaticCertificates(Options options);
  Result<> open_listener();
  Result<> open_renewal();

  const Options options_;
  const std::shared_ptr<os::CrashPoint> crash_;
  std::unique_ptr<ChallengeListener> listener_;
  std::unique_ptr<tls::acme::CertificateRenewal> renewal_;
};

}  // namespace trellis::server
