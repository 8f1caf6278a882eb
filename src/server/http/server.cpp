// SPDX-License-Identifier: Apache-2.0
#include "server/http/server.h"

#include <atomic>

#include "net/tls_stream.h"

namespace trellis::server {

// Connections that are still arriving hold on to it.
struct HttpServer::Shared : std::enable_shared_from_this<HttpServer::Shared> {
  explicit Shared(Options o) : options(std::move(o)) {}

  void accept(std::unique_ptr<net::Stream> stream) {
    const int64_t taken = open.fetch_add(1, std::memory_order_relaxed);
    const std::shared_ptr<void> ticket(
        this, [self = shared_from_this()](void*) { self->open.fetch_sub(1); });
    if (!accepting ||
        (options.max_connections != 0 && static_cast<size_t>(taken) >= options.max_connections)) {
      return stream->close();
    }
    if (!options.tls) return net::serve_http(std::move(stream), options.service, false, ticket);
    net::TlsServerOptions accepting_options(options.tls->current()->context);
    accepting_options.witness = options.witness;
    net::tls_accept(std::move(stream), std::move(accepting_options), options.handshake_timeout,
                    [self = shared_from_this(), ticket](Result<std::unique_ptr<net::Stream>> made) {
                      if (!made) {
                        return self->options.log.debug("HTTPS: {}", made.error().message());
                      }
                      if (!self->accepting) return (*made)->close();
                      net::serve_http(std::move(*made), self->options.service, true, ticket);
                    });
  }

  const Options options;
  std::atomic<int64_t> open{0};
  std::atomic<bool> accepting{true};
};

HttpServer::HttpServer(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}
HttpServer::~HttpServer() { stop(); }

Result<std::unique_ptr<HttpServer>> HttpServer::start(net::EventLoop& loop, Options options) {
  const char* purpose = options.tls ? "HTTPS" : "HTTP";
  auto shared = std::make_shared<Shared>(std::move(options));
  std::unique_ptr<HttpServer> server(new HttpServer(shared));
  TRELLIS_TRY_ASSIGN(
      server->acceptor_,
      net::Acceptor::listen(
          loop, purpose, shared->options.listen, shared->options.log,
          [shared](std::unique_ptr<net::Stream> stream) { shared->accept(std::move(stream)); }));
  return server;
}

void HttpServer::stop() {
  shared_->accepting = false;
  if (acceptor_) acceptor_->close();
}

}  // namespace trellis::server
