// SPDX-License-Identifier: Apache-2.0
//
// All ports of a server, from its configuration: Bolt (and its additional addresses), HTTP, HTTPS.
// Their certificates are the policy store's.
//
// Where HTTPS has the address of Bolt, one port serves both, told apart after the handshake, with
// the certificate of SSL policy 'bolt'; their client_auth must then agree. Sockets that were handed
// over (bolt, https, http) take the place of the addresses of the configuration. Handshakes under
// way are bounded for each port by server.tls.max_handshakes.
//
// open() closes what it opened when it fails. Threads: open(), stop() from threads that are none of
// the loop's.
#pragma once

#include <memory>
#include <vector>

#include "config/server_config.h"
#include "os/inherited_sockets.h"
#include "server/bolt/server.h"
#include "server/handshake_log.h"
#include "server/http/server.h"
#include "tls/policy_store.h"

namespace trellis::server {

struct ListenerLogs {
  Logger server;
  Logger debug;                                        // single connections
  std::shared_ptr<HandshakeLog> handshakes = nullptr;  // failed ones; null: nobody
};

class Listeners {
 public:
  // All that is passed by reference outlives the listeners.
  static Result<std::unique_ptr<Listeners>> open(const config::ServerConfig& config,
                                                 const tls::PolicyStore& policies,
                                                 net::EventLoop& loop, net::WorkerPool& workers,
                                                 SessionFactory sessions, ListenerLogs logs,
                                                 os::InheritedSockets sockets = {});
  ~Listeners();

  void stop(std::chrono::milliseconds grace);

  std::vector<net::Endpoint> bolt() const;
  std::optional<net::Endpoint> http() const;
  std::optional<net::Endpoint> https() const;
  int64_t open_connections() const;     // on the ports of Bolt
  uint64_t opened_connections() const;  // since the start

 private:
  Listeners(const config::ServerConfig& config, const tls::PolicyStore& policies,
            net::EventLoop& loop, ListenerLogs logs, os::InheritedSockets sockets);
  Result<std::shared_ptr<const tls::ServedPolicy>> policy(config::SslScope scope,
                                                          const char* needed_by) const;
  void find_shared_port();
  Result<> open_bolt(net::WorkerPool& workers, const SessionFactory& sessions);
  Result<> open_http();
  std::shared_ptr<HandshakeGate> gate() const;
  std::shared_ptr<net::HttpService> http_service() const;
  std::string plain_refusal() const;
  DiscoverySettings discovery() const;

  const config::ServerConfig& config_;
  const tls::PolicyStore& policies_;
  net::EventLoop& loop_;
  ListenerLogs logs_;
  os::InheritedSockets sockets_;
  bool shared_port_ = false;
  std::vector<std::unique_ptr<BoltServer>> bolt_;
  std::vector<std::unique_ptr<HttpServer>> http_servers_;  // plain and encrypted
  std::optional<net::Endpoint> http_;                      // the first of each
  std::optional<net::Endpoint> https_;
};

}  // namespace trellis::server
