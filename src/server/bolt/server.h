// SPDX-License-Identifier: Apache-2.0
//
// Bolt on one port: plain, TLS and WebSocket connections, and HTTP for whoever asks: discovery, or
// all of HTTPS where both share the port.
//
// Threads: start() and stop() from one thread that is none of the loop's. Loop and workers outlive
// the server; sessions are destroyed on I/O threads.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "net/acceptor.h"
#include "net/http_connection.h"
#include "net/worker_pool.h"
#include "server/bolt/connection.h"
#include "server/bolt/settings.h"
#include "server/http/discovery.h"
#include "server/inbound.h"

namespace trellis::server {

class BoltServer {
 public:
  struct Options {
    net::Endpoint listen;
    int inherited = -1;  // a socket that listens already, in place of `listen`
    InboundPolicy inbound;
    BoltSettings settings;
    DiscoverySettings discovery;  // its bolt_port is set to the port that was bound
    // Answers encrypted HTTP here, as on a port of its own; null: discovery alone.
    std::shared_ptr<const net::HttpService> https;
    std::string strict_transport_security;  // of discovery; see net::HttpService
    std::string plain_refusal;
    SessionFactory sessions;
    Logger log;
  };

  static Result<std::unique_ptr<BoltServer>> start(net::EventLoop& loop, net::WorkerPool& workers,
                                                   Options options);
  ~BoltServer();  // stops without grace
  BoltServer(const BoltServer&) = delete;
  BoltServer& operator=(const BoltServer&) = delete;

  const net::Endpoint& local() const { return acceptor_->local(); }
  int64_t open_connections() const { return open_->load(); }
  uint64_t opened_connections() const { return opened_.load(std::memory_order_relaxed); }
  // Accepts no more, closes what is idle, waits `grace` for what runs, then closes that too.
  void stop(std::chrono::milliseconds grace);

 private:
  BoltServer(net::EventLoop& loop, net::WorkerPool& workers, Options& options);
  void accept(std::unique_ptr<net::Stream> stream);
  void begin(Inbound inbound, std::shared_ptr<void> ticket);
  void open(std::unique_ptr<net::Stream> stream, std::shared_ptr<void> ticket);
  std::shared_ptr<const net::HttpService> http_service(bool encrypted,
                                                       std::shared_ptr<void> ticket);
  BoltThread& thread_of(net::IoThread& io);
  void refuse(const std::string& why);
  size_t on_every_thread(const std::function<void(BoltThread&)>& work);

  net::EventLoop& loop_;
  const std::shared_ptr<const InboundPolicy> inbound_;
  DiscoverySettings discovery_;
  const std::shared_ptr<const net::HttpService> https_;
  const std::string strict_transport_security_;
  const std::string plain_refusal_;
  BoltShared shared_;
  std::vector<std::unique_ptr<BoltThread>> threads_;  // by index in the loop
  std::atomic<uint64_t> next_id_{0};
  std::atomic<uint64_t> opened_{0};
  std::atomic<int64_t> next_complaint_ms_{0};
  std::unique_ptr<net::Acceptor> acceptor_;
  bool stopped_ = false;
  // Outlive the server: connections that are still arriving ask the gate before they enter.
  std::shared_ptr<std::atomic<int64_t>> open_ = std::make_shared<std::atomic<int64_t>>(0);
  std::shared_ptr<std::atomic<bool>> gate_ = std::make_shared<std::atomic<bool>>(true);
};

}  // namespace trellis::server
