// SPDX-License-Identifier: Apache-2.0
//
// Answers http-01 challenges (RFC 8555 8.3) on server.tls.acme.http_listen_address, and nothing
// else: GET /.well-known/acme-challenge/<token>, from the board or from another ACME client's
// webroot, without a login. All else is 404, or 301 to HTTPS by setting.
//
// The port is open while somebody has asked for it, or always by http_always_listen or
// http_webroot. open() and close() from one thread that is none of the loop's.
#pragma once

#include <memory>
#include <string>

#include "base/log.h"
#include "config/tls_config.h"
#include "net/event_loop.h"
#include "net/http.h"
#include "server/http/server.h"
#include "tls/acme/surroundings.h"
#include "tls/challenge_board.h"

namespace trellis::server {

class ChallengeListener final : public tls::acme::ChallengeResponder {
 public:
  struct Options {
    const config::AcmeConfig* config = nullptr;
    std::shared_ptr<const tls::ChallengeBoard> board;
    net::EventLoop* loop = nullptr;
    uint16_t https_port = 443;  // where a redirect leads
    Logger log;
  };

  explicit ChallengeListener(Options options) : options_(std::move(options)) {}
  ~ChallengeListener() override = default;

  // Opens the port now where it is to be open always.
  Result<> start();
  Result<> open() override;
  void close() override;

 private:
  bool always() const {
    return options_.config->http_always_listen || options_.config->http_webroot;
  }

  const Options options_;
  int wanted_ = 0;
  std::unique_ptr<HttpServer> server_;
};

// What the listener answers; pure but for the webroot's files.
net::HttpResponse answer_challenge(const net::HttpRequest& request,
                                   const ChallengeListener::Options& options);

}  // namespace trellis::server
