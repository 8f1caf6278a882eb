// SPDX-License-Identifier: Apache-2.0
#include "server/http/server.h"

#include <atomic>
namespace trellis::server {

// Connections that are still arriving hold on to it.
struct HttpServer::Shared : std::enable_shared_from_this<HttpServer::Shared> {
  explicit Shared(Options o)
      : options(std::move(o)),
        inbound(std::make_shared<const InboundPolicy>(
            InboundPolicy{config::TlsLevel::kRequired, options.tls, options.handshake_timeout,
                          options.gate, options.witness})) {}

  void accept(std::unique_ptr<net::Stream> stream) {
    const int64_t taken = open.fetch_add(1, std::memory_order_relaxed);
    const std::shared_ptr<void> ticket(
        this, [self = shared_from_this()](void*) { self->open.fetch_sub(1); });
    if (!accepting ||
        (options.max_connections != 0 && static_cast<size_t>(taken) >= options.max_connections)) {
      return stream->close();
    }
    if (!options.tls) return net::serve_http(std::move(stream), options.service, false, ticket);
    take_in(std::move(stream), inbound, [self = shared_from_this(), ticket](Result<Inbound> made) {
      self->begin(made, ticket);
    });
  }

  void begin(Result<Inbound>& made, const std::shared_ptr<void>& ticket) {
    if (!made) return options.log.debug("HTTPS: {}", made.error().message());
    if (!accepting) return made->stream->close();
    if (made->protocol != FirstByte::kHttp) {
      options.log.debug("HTTPS: {} speaks Bolt here, which has a port of its own.",
                        to_string(made->stream->peer()));
      return made->stream->close();
    }
    net::serve_http(std::move(made->stream), options.service, true, ticket);
  }

  const Options options;
  const std::shared_ptr<const InboundPolicy> inbound;  // of the encrypted port
  std::atomic<int64_t> open{0};
  std::atomic<bool> accepting{true};
};

HttpServer::HttpServer(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}
HttpServer::~HttpServer() { stop(); }

Result<std::unique_ptr<HttpServer>> HttpServer::start(net::EventLoop& loop, Options options) {
  const char* purpose = options.tls ? "HTTPS" : "HTTP";
  auto shared = std::make_shared<Shared>(std::move(options));
  std::unique_ptr<HttpServer> server(new HttpServer(shared));
  const auto accept = [shared](std::unique_ptr<net::Stream> stream) {
    shared->accept(std::move(stream));
  };
  const Options& o = shared->options;
  TRELLIS_TRY_ASSIGN(server->acceptor_,
                     o.inherited >= 0
                         ? net::Acceptor::adopt(loop, purpose, o.inherited, o.log, accept)
                         : net::Acceptor::listen(loop, purpose, o.listen, o.log, accept));
  return server;
}

void HttpServer::stop() {
  shared_->accepting = false;
  if (acceptor_) acceptor_->close();
}

}  // namespace trellis::server
