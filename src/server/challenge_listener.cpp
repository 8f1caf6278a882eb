// SPDX-License-Identifier: Apache-2.0
#include "server/challenge_listener.h"

#include "net/endpoint.h"
#include "os/private_file.h"
#include "tls/acme/challenge_answer.h"

namespace trellis::server {
namespace {

constexpr std::string_view kPrefix = "/.well-known/acme-challenge/";
constexpr uint16_t kHttpsPort = 443;
constexpr size_t kMostConnections = 100;

std::optional<std::string> answer_of(std::string_view token,
                                     const ChallengeListener::Options& options) {
  if (!tls::acme::is_valid_token(token)) return std::nullopt;
  if (auto answer = options.board->http_answer(token)) return answer;
  const auto& webroot = options.config->http_webroot;
  if (!webroot) return std::nullopt;
  const auto file = *webroot / ".well-known" / "acme-challenge" / token;
  const auto bytes = os::read_private_file(file);
  if (!bytes) options.log.warn("{}", bytes.error().message());
  if (!bytes || !*bytes) return std::nullopt;
  return std::string((*bytes)->reveal());
}

net::HttpResponse plain(int status, std::string body) {
  net::HttpResponse response;
  response.status = status;
  response.headers.emplace_back("Content-Type", "text/plain");
  response.headers.emplace_back("Cache-Control", "no-store");
  response.body = std::move(body);
  return response;
}

// The host that the client itself named; nothing that could not be one.
std::optional<std::string> https_location(const net::HttpRequest& request, uint16_t port) {
  const auto asked = net::parse_endpoint(request.header("Host"), kHttpsPort);
  if (!asked || asked->host.empty() || !request.target.starts_with('/')) return std::nullopt;
  for (const char c : asked->host) {
    const bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '.' || c == '-' || c == ':';
    if (!fits) return std::nullopt;
  }
  std::string host =
      asked->host.find(':') == std::string::npos ? asked->host : '[' + asked->host + ']';
  if (port != kHttpsPort) host += ':' + std::to_string(port);
  return "https://" + host + request.target;
}

}  // namespace

net::HttpResponse answer_challenge(const net::HttpRequest& request,
                                   const ChallengeListener::Options& options) {
  const std::string_view path = request.path();
  const bool reads = request.method == "GET" || request.method == "HEAD";
  if (path.starts_with(kPrefix)) {
    if (!reads) return plain(405, "");
    auto answer = answer_of(path.substr(kPrefix.size()), options);
    return answer ? plain(200, std::move(*answer)) : plain(404, "");
  }
  if (options.config->http_redirect && reads) {
    if (auto location = https_location(request, options.https_port)) {
      net::HttpResponse response = plain(301, "");
      response.headers.emplace_back("Location", std::move(*location));
      return response;
    }
  }
  return plain(404, "");
}

Result<> ChallengeListener::start() { return always() ? open() : Result<>(); }

Result<> ChallengeListener::open() {
  if (server_) {
    ++wanted_;
    return {};
  }
  auto service = std::make_shared<net::HttpService>();
  service->limits.body_bytes = 0;
  service->request_timeout = std::chrono::seconds(10);
  service->idle_timeout = std::chrono::seconds(10);
  service->keep_alive = false;
  service->respond = [options = options_](net::HttpRequest request, net::HttpAnswer answer) {
    answer(answer_challenge(request, options));
  };
  HttpServer::Options listener;
  listener.service = std::move(service);
  listener.max_connections = kMostConnections;
  listener.log = options_.log;
  const config::SocketAddress& address = options_.config->http_listen_address;
  listener.listen = {address.host, address.port};
  // With no host said: every address, IPv6 too where there is such a thing.
  if (address.host.empty()) listener.listen.host = "::";
  auto server = HttpServer::start(*options_.loop, listener);
  if (!server && address.host.empty()) {
    listener.listen.host = "0.0.0.0";
    server = HttpServer::start(*options_.loop, std::move(listener));
  }
  if (!server) {
    return fail(ErrorCode::InvalidConfiguration,
                "Challenges of certificate authorities cannot be answered: {} (The port is that of "
                "server.tls.acme.http_listen_address; where it is to stay taken, have it send "
                "/.well-known/acme-challenge/ on to another port that you name there, or have its "
                "ACME client write into server.tls.acme.http_webroot, or use port 443: "
                "server.tls.acme.challenge=tls-alpn-01)",
                server.error().message());
  }
  server_ = std::move(*server);
  ++wanted_;
  options_.log.info("ACME challenges are answered on {}.", net::to_string(server_->local()));
  return {};
}

void ChallengeListener::close() {
  if (wanted_ == 0 || --wanted_ > 0) return;
  server_->stop();
  server_.reset();
}

}  // namespace trellis::server
