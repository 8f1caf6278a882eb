// SPDX-License-Identifier: Apache-2.0
//
// Serves HTTP/1.1 on one stream: one request at a time, keep-alive, pipelining in order, upgrade to
// WebSocket where it is wanted.
//
// Threads: all on the stream's thread; an answer may be given from any other through its own post.
// Limits: sizes by HttpLimits; a request must be whole within request_timeout of its first byte, a
// connection may idle for idle_timeout, an answer must be taken within request_timeout.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "net/http.h"
#include "net/stream.h"

namespace trellis::net {

using HttpAnswer = Callback<void(HttpResponse)>;

struct HttpService {
  HttpLimits limits;
  std::chrono::milliseconds request_timeout{30'000};
  std::chrono::milliseconds idle_timeout{60'000};
  bool keep_alive = true;  // false: one request, then close
  // Strict-Transport-Security (RFC 6797) of every answer on an encrypted connection; empty: none.
  std::string strict_transport_security;
  // What every request that is not encrypted gets, with status 403; empty: nothing special.
  std::string plain_refusal;
  // Answers now or later, once; on the stream's thread.
  std::function<void(HttpRequest, HttpAnswer)> respond;
  // Null: an upgrade is refused.
  std::function<void(std::unique_ptr<Stream>)> on_websocket;
};

// `service` is shared by many connections. `ticket` lives as long as the HTTP connection.
void serve_http(std::unique_ptr<Stream> stream, std::shared_ptr<const HttpService> service,
                bool encrypted, std::shared_ptr<void> ticket);

}  // namespace trellis::net
