// SPDX-License-Identifier: Apache-2.0
//
// All ports of a server, from its configuration: Bolt (and its additional addresses), HTTP, HTTPS,
// and the certificates they share.
//
// open() checks the certificates before any port opens, warns when an advertised name is not among
// a certificate's names or when a certificate is near its end, and closes what it opened when it
// fails. reload() reads the certificate files again: a pair that does not pass leaves the old one
// in force. Threads: open(), reload(), stop() from threads that are none of the loop's.
#pragma once

#include <memory>
#include <vector>

#include "base/mutex.h"
#include "config/server_config.h"
#include "server/bolt/server.h"
#include "server/http/server.h"

namespace trellis::server {

struct ListenerLogs {
  Logger server;
  Logger debug;  // single connections
};

class Listeners {
 public:
  // `config`, `loop` and `workers` outlive the listeners.
  static Result<std::unique_ptr<Listeners>> open(const config::ServerConfig& config,
                                                 net::EventLoop& loop, net::WorkerPool& workers,
                                                 SessionFactory sessions, ListenerLogs logs);
  ~Listeners();

  void reload() EXCLUDES(reloading_);
  void stop(std::chrono::milliseconds grace);

  std::vector<net::Endpoint> bolt() const;
  std::optional<net::Endpoint> http() const;
  std::optional<net::Endpoint> https() const;
  int64_t open_connections() const;

 private:
  Listeners(const config::ServerConfig& config, net::EventLoop& loop, ListenerLogs logs);
  Result<std::shared_ptr<tls::WatchedContext>> certificate(config::SslScope scope,
                                                           const char* needed_by);
  void check_names(const tls::ServerIdentity& identity, config::SslScope scope) const;
  Result<> open_bolt(net::WorkerPool& workers, const SessionFactory& sessions);
  Result<> open_http();
  DiscoverySettings discovery() const;

  struct Policy {
    config::SslScope scope;
    std::shared_ptr<tls::WatchedContext> context;
  };

  const config::ServerConfig& config_;
  net::EventLoop& loop_;
  ListenerLogs logs_;
  Mutex reloading_;
  std::vector<Policy> policies_;
  std::vector<std::unique_ptr<BoltServer>> bolt_;
  std::unique_ptr<HttpServer> http_;
  std::unique_ptr<HttpServer> https_;
};

}  // namespace trellis::server
