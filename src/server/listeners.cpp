// SPDX-License-Identifier: Apache-2.0
#include "server/listeners.h"

namespace trellis::server {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::seconds;

net::Endpoint endpoint_of(const config::SocketAddress& address) {
  return {address.host, address.port};
}

BoltSettings bolt_settings(const config::ServerConfig& config) {
  const config::BoltConfig& bolt = config.bolt;
  BoltSettings settings;
  if (bolt.advertised_address) {
    settings.advertised_address = to_string(endpoint_of(*bolt.advertised_address));
  }
  settings.routing_ttl = duration_cast<seconds>(config.routing.ttl);
  settings.keep_alive =
      bolt.keep_alive_off ? milliseconds(0) : duration_cast<milliseconds>(bolt.keep_alive);
  settings.keep_alive_probes = bolt.keep_alive_probes;
  settings.authentication_timeout = duration_cast<milliseconds>(bolt.authentication_timeout);
  settings.handshake_timeout =
      std::min(settings.handshake_timeout, settings.authentication_timeout);
  settings.message_limit = static_cast<size_t>(bolt.max_message_size);
  settings.unauthenticated_message_limit =
      static_cast<size_t>(bolt.max_unauthenticated_message_size);
  settings.max_connections = static_cast<size_t>(bolt.max_connections);
  return settings;
}

std::shared_ptr<net::HttpService> discovery_service(const config::HttpConfig& http,
                                                    DiscoverySettings discovery) {
  auto service = std::make_shared<net::HttpService>();
  service->limits.body_bytes = static_cast<size_t>(http.max_body_size);
  service->respond = [settings = std::move(discovery)](net::HttpRequest request,
                                                       net::HttpAnswer answer) {
    answer(discover(request, settings));
  };
  return service;
}

}  // namespace

Listeners::Listeners(const config::ServerConfig& config, const tls::PolicyStore& policies,
                     net::EventLoop& loop, ListenerLogs logs)
    : config_(config), policies_(policies), loop_(loop), logs_(std::move(logs)) {}

Listeners::~Listeners() { stop(milliseconds(0)); }

Result<std::unique_ptr<Listeners>> Listeners::open(const config::ServerConfig& config,
                                                   const tls::PolicyStore& policies,
                                                   net::EventLoop& loop, net::WorkerPool& workers,
                                                   SessionFactory sessions, ListenerLogs logs) {
  std::unique_ptr<Listeners> listeners(new Listeners(config, policies, loop, std::move(logs)));
  TRELLIS_TRY(listeners->open_bolt(workers, sessions));
  TRELLIS_TRY(listeners->open_http());
  return listeners;
}

Result<std::shared_ptr<const tls::ServedPolicy>> Listeners::policy(config::SslScope scope,
                                                                   const char* needed_by) const {
  if (auto served = policies_.of(scope)) return served;
  return fail(ErrorCode::InvalidConfiguration,
              "Cannot find enabled SSL policy with name '{}', which {} needs. Set "
              "dbms.ssl.policy.{}.enabled=true, with its key and certificate in place.",
              to_string(scope), needed_by, to_string(scope));
}

// -- ports --

Result<> Listeners::open_bolt(net::WorkerPool& workers, const SessionFactory& sessions) {
  if (!config_.bolt.enabled) return {};
  InboundPolicy inbound;
  inbound.tls_level = config_.bolt.tls_level;
  if (inbound.tls_level != config::TlsLevel::kDisabled) {
    TRELLIS_TRY_ASSIGN(inbound.tls, policy(config::SslScope::kBolt, "server.bolt.tls_level"));
    if (logs_.handshakes) inbound.witness = logs_.handshakes->witness("neo4j+s");
  }
  std::vector<config::SocketAddress> addresses{config_.bolt.listen_address};
  for (const auto& more : config_.bolt.additional_listen_addresses) addresses.push_back(more);
  for (const auto& address : addresses) {
    BoltServer::Options options;
    options.listen = endpoint_of(address);
    options.inbound = inbound;
    options.settings = bolt_settings(config_);
    options.inbound.timeout = options.settings.handshake_timeout;
    options.discovery = discovery();
    options.sessions = sessions;
    options.log = logs_.debug;
    TRELLIS_TRY_ASSIGN(auto server, BoltServer::start(loop_, workers, std::move(options)));
    bolt_.push_back(std::move(server));
  }
  return {};
}

DiscoverySettings Listeners::discovery() const {
  DiscoverySettings settings;
  if (config_.bolt.advertised_address) {
    settings.advertised_bolt = endpoint_of(*config_.bolt.advertised_address);
  }
  if (!bolt_.empty()) settings.bolt_port = bolt_.front()->local().port;
  settings.bolt_encrypted = config_.bolt.tls_level == config::TlsLevel::kRequired;
  if (!config_.http.allow_origin.empty()) settings.allow_origin = config_.http.allow_origin;
  settings.strict_transport_security = config_.http.strict_transport_security;
  return settings;
}

Result<> Listeners::open_http() {
  const auto service = discovery_service(config_.http, discovery());
  const auto options_for = [&](const config::HttpListener& listener) {
    HttpServer::Options options;
    options.listen = endpoint_of(listener.listen_address);
    options.service = service;
    options.max_connections = static_cast<size_t>(config_.http.max_connections);
    options.log = logs_.debug;
    return options;
  };
  if (config_.http.http.enabled) {
    TRELLIS_TRY_ASSIGN(http_, HttpServer::start(loop_, options_for(config_.http.http)));
  }
  if (config_.http.https.enabled) {
    HttpServer::Options options = options_for(config_.http.https);
    TRELLIS_TRY_ASSIGN(options.tls, policy(config::SslScope::kHttps, "server.https.enabled"));
    if (logs_.handshakes) options.witness = logs_.handshakes->witness("https");
    TRELLIS_TRY_ASSIGN(https_, HttpServer::start(loop_, std::move(options)));
  }
  return {};
}

void Listeners::stop(milliseconds grace) {
  if (http_) http_->stop();
  if (https_) https_->stop();
  for (auto& server : bolt_) server->stop(grace);
}

std::vector<net::Endpoint> Listeners::bolt() const {
  std::vector<net::Endpoint> endpoints;
  for (const auto& server : bolt_) endpoints.push_back(server->local());
  return endpoints;
}
std::optional<net::Endpoint> Listeners::http() const {
  return http_ ? std::optional(http_->local()) : std::nullopt;
}
std::optional<net::Endpoint> Listeners::https() const {
  return https_ ? std::optional(https_->local()) : std::nullopt;
}
int64_t Listeners::open_connections() const {
  int64_t open = 0;
  for (const auto& server : bolt_) open += server->open_connections();
  return open;
}
uint64_t Listeners::opened_connections() const {
  uint64_t opened = 0;
  for (const auto& server : bolt_) opened += server->opened_connections();
  return opened;
}

}  // namespace trellis::server
