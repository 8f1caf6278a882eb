// SPDX-License-Identifier: Apache-2.0
//
// A server that sends back what it gets, plain or over TLS.
#pragma once

#include <algorithm>
#include <vector>

#include "unit/net/waiting.h"

namespace trellis::testing {

class EchoServer {
 public:
  explicit EchoServer(net::EventLoop& loop, net::TlsContext tls = nullptr,
                      std::shared_ptr<net::TlsWitness> witness = nullptr)
      : tls_(std::move(tls)), witness_(std::move(witness)) {
    acceptor_ = *net::Acceptor::listen(
        loop, "Test", {"127.0.0.1", 0}, Logger(),
        [this](std::unique_ptr<net::Stream> stream) { accept(std::move(stream)); });
  }
  ~EchoServer() { acceptor_->close(); }

  const net::Endpoint& local() const { return acceptor_->local(); }
  // The error of the next TLS handshake that fails.
  Error next_failure() { return failure_.get(); }

 private:
  struct Echo : std::enable_shared_from_this<Echo> {
    std::unique_ptr<net::Stream> stream;
    std::array<std::byte, 8192> buffer;
    void next() {
      stream->read_some(buffer, [self = shared_from_this()](Result<size_t> got) {
        if (!got) return;
        if (*got == 0) return self->stream->close();
        self->stream->write_all(std::span(self->buffer).first(*got), [self](Result<> sent) {
          if (sent) self->next();
        });
      });
    }
  };

  void accept(std::unique_ptr<net::Stream> stream) {
    if (!tls_) return start(std::move(stream));
    net::TlsServerOptions options(tls_);
    options.witness = witness_;
    net::tls_accept(std::move(stream), std::move(options), std::chrono::seconds(5),
                    [failure = failure_](Result<std::unique_ptr<net::Stream>> secured) mutable {
                      if (secured) {
                        start(std::move(*secured));
                      } else {
                        failure.set(std::move(secured.error()));
                      }
                    });
  }

 public:
  static void start(std::unique_ptr<net::Stream> stream) {
    auto echo = std::make_shared<Echo>();
    echo->stream = std::move(stream);
    echo->next();
  }

 private:
  net::TlsContext tls_;
  std::shared_ptr<net::TlsWitness> witness_;
  Promise<Error> failure_;
  std::unique_ptr<net::Acceptor> acceptor_;
};

}  // namespace trellis::testing
