// SPDX-License-Identifier: Apache-2.0
//
// An HTTP server that says what it was asked for, and echoes over WebSocket.
#pragma once

#include "net/http_connection.h"
#include "unit/net/echo_server.h"

namespace trellis::testing {

class HttpSite {
 public:
  HttpSite() {
    auto service = std::make_shared<net::HttpService>();
    service->request_timeout = std::chrono::milliseconds(300);
    service->respond = [](net::HttpRequest request, net::HttpAnswer answer) {
      answer({200, {}, "you asked for " + request.target});
    };
    service->on_websocket = [](std::unique_ptr<net::Stream> stream) {
      EchoServer::start(std::move(stream));
    };
    acceptor_ = *net::Acceptor::listen(
        loop, "HTTP", {"127.0.0.1", 0}, Logger(), [service](std::unique_ptr<net::Stream> stream) {
          net::serve_http(std::move(stream), service, false, nullptr);
        });
  }
  ~HttpSite() { acceptor_->close(); }

  std::unique_ptr<net::Stream> connect() {
    return std::move(*connect_and_wait(loop.next(), {.to = acceptor_->local()}));
  }

  net::EventLoop loop{2};

 private:
  std::unique_ptr<net::Acceptor> acceptor_;
};

}  // namespace trellis::testing
