// SPDX-License-Identifier: Apache-2.0
//
// One HTTP or HTTPS port. What is answered is the service's; this brings connections to it.
// Handshakes that are under way are bounded by the gate.
//
// Threads: as BoltServer. The service's callbacks run on I/O threads until stop() has returned.
#pragma once

#include <memory>
#include <string>

#include "base/log.h"
#include "net/acceptor.h"
#include "net/http_connection.h"
#include "net/tls_failure.h"
#include "server/inbound.h"
#include "tls/server_context.h"

namespace trellis::server {

class HttpServer {
 public:
  struct Options {
    net::Endpoint listen;
    int inherited = -1;  // a socket that listens already, in place of `listen`
    std::shared_ptr<const tls::ServedPolicy> tls;  // null: plain HTTP
    std::chrono::milliseconds handshake_timeout{10'000};
    std::shared_ptr<HandshakeGate> gate;       // null: not bounded
    std::shared_ptr<net::TlsWitness> witness;  // null: nobody
    std::shared_ptr<const net::HttpService> service;
    size_t max_connections = 1000;
    Logger log;
  };

  static Result<std::unique_ptr<HttpServer>> start(net::EventLoop& loop, Options options);
  ~HttpServer();

  const net::Endpoint& local() const { return acceptor_->local(); }
  // Accepts no more; connections end with their current answer or their idle time.
  void stop();

 private:
  struct Shared;
  explicit HttpServer(std::shared_ptr<Shared> shared);
  std::shared_ptr<Shared> shared_;
  std::unique_ptr<net::Acceptor> acceptor_;
};

}  // namespace trellis::server
