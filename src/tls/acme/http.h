// SPDX-License-Identifier: Apache-2.0
//
// HTTPS requests to an ACME authority (RFC 8555 6.1: https only, a User-Agent, timeouts), one after
// the other from one thread.
//
// AcmeTransport is the seam for tests: what stands between the client and the network sees every
// request before it leaves.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tls/acme/problem.h"
#include "tls/stop_signal.h"

namespace trellis::tls::acme {

struct HttpRequest {
  std::string method = "GET";  // GET, HEAD, POST
  std::string url;
  std::string content_type{};  // of the body
  std::string accept{};        // empty: anything
  std::string body{};
};

struct HttpResponse {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body{};

  // The first of that name; empty: none. Lower case.
  std::string_view header(std::string_view name) const;
  // URLs of `Link: <url>;rel="relation"` (RFC 8288), all of them, in order, as sent.
  std::vector<std::string> links(std::string_view relation) const;
  // The server's clock, from its Date header.
  std::optional<std::chrono::system_clock::time_point> date() const;
  // Retry-After as seconds or as an HTTP date (RFC 9110 10.2.3), the latter counted from this
  // response's own Date, else from `now`. Never negative; at most 30 days.
  std::optional<std::chrono::seconds> retry_after(std::chrono::system_clock::time_point now) const;
};

// IMF-fixdate, RFC 850 or asctime form (RFC 9110 5.6.7).
std::optional<std::chrono::system_clock::time_point> parse_http_date(std::string_view text);
// RFC 3339, with fractions and offsets: what ACME's JSON has.
std::optional<std::chrono::system_clock::time_point> parse_timestamp(std::string_view text);

class AcmeTransport {
 public:
  virtual ~AcmeTransport() = default;
  // Any status is an answer; failures are kNetwork, kTimeout, kStopped, kProtocol (too large).
  virtual Answer<HttpResponse> exchange(const HttpRequest& request) = 0;
};

struct HttpsOptions {
  std::filesystem::path trust_file{};  // PEM; empty: the system's store
  std::chrono::nanoseconds timeout{
      std::chrono::seconds(30)};  // of one request, connecting included
  size_t largest_body = 1 << 20;
  std::string user_agent{};            // empty: "Trellis/<version>"
  std::shared_ptr<StopSignal> stop{};  // may be null
};

// Follows no redirects, and sends no POST twice. Uses the proxy of the environment (https_proxy,
// no_proxy) but for loopback.
std::unique_ptr<AcmeTransport> make_https_transport(HttpsOptions options);

// Calls `before` ahead of each request (tests end the process there); a Failure from it is returned
// in the request's place.
using BeforeRequest = std::function<std::optional<Failure>(const HttpRequest&)>;
std::unique_ptr<AcmeTransport> make_watched_transport(std::unique_ptr<AcmeTransport> inner,
                                                      BeforeRequest before);

}  // namespace trellis::tls::acme
