// SPDX-License-Identifier: Apache-2.0
#include "server/listeners.h"

#include "config/shared_port.h"

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

// The addresses to open: those of sockets that were handed over, else those of the settings.
struct Place {
  net::Endpoint address;
  int inherited = -1;
  bool for_https = false;  // too
};

std::vector<Place> places(std::vector<int> inherited,
                          const std::vector<config::SocketAddress>& configured,
                          const std::optional<config::SocketAddress>& https = std::nullopt) {
  std::vector<Place> all;
  // Where a socket that was handed over is bound, its unit knows: HTTPS goes with it.
  for (const int socket : inherited) all.push_back({{}, socket, https.has_value()});
  if (!all.empty()) return all;
  for (const auto& address : configured) {
    all.push_back({endpoint_of(address), -1, https && is_same_place(address, *https)});
  }
  return all;
}

std::vector<config::SocketAddress> bolt_addresses(const config::BoltConfig& bolt) {
  std::vector<config::SocketAddress> all{bolt.listen_address};
  for (const auto& more : bolt.additional_listen_addresses) all.push_back(more);
  return all;
}

}  // namespace

Listeners::Listeners(const config::ServerConfig& config, const tls::PolicyStore& policies,
                     net::EventLoop& loop, ListenerLogs logs, os::InheritedSockets sockets)
    : config_(config),
      policies_(policies),
      loop_(loop),
      logs_(std::move(logs)),
      sockets_(std::move(sockets)) {}

Listeners::~Listeners() { stop(milliseconds(0)); }

Result<std::unique_ptr<Listeners>> Listeners::open(const config::ServerConfig& config,
                                                   const tls::PolicyStore& policies,
                                                   net::EventLoop& loop, net::WorkerPool& workers,
                                                   SessionFactory sessions, ListenerLogs logs,
                                                   os::InheritedSockets sockets) {
  std::unique_ptr<Listeners> listeners(
      new Listeners(config, policies, loop, std::move(logs), std::move(sockets)));
  listeners->find_shared_port();
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

void Listeners::find_shared_port() {
  shared_port_ = https_shares_port_of_bolt(config_) && !sockets_.has("https");
  if (!shared_port_) return;
  logs_.server.info("HTTPS and Bolt share {}; the certificate of SSL policy 'bolt' serves both.",
                    to_string(config_.http.https.listen_address));
}

std::shared_ptr<HandshakeGate> Listeners::gate() const {
  return std::make_shared<HandshakeGate>(static_cast<size_t>(config_.tls.max_handshakes));
}

Result<> Listeners::open_bolt(net::WorkerPool& workers, const SessionFactory& sessions) {
  if (!config_.bolt.enabled) return {};
  InboundPolicy inbound;
  inbound.tls_level = config_.bolt.tls_level;
  if (inbound.tls_level != config::TlsLevel::kDisabled) {
    TRELLIS_TRY_ASSIGN(inbound.tls, policy(config::SslScope::kBolt, "server.bolt.tls_level"));
    if (logs_.handshakes) inbound.witness = logs_.handshakes->witness("neo4j+s");
  }
  std::optional<config::SocketAddress> https;
  if (shared_port_) https = config_.http.https.listen_address;
  for (const Place& place : places(sockets_.take("bolt"), bolt_addresses(config_.bolt), https)) {
    BoltServer::Options options;
    options.listen = place.address;
    options.inherited = place.inherited;
    options.inbound = inbound;
    if (inbound.tls) options.inbound.gate = gate();
    options.settings = bolt_settings(config_);
    options.inbound.timeout = options.settings.handshake_timeout;
    options.discovery = discovery();
    options.strict_transport_security = config_.http.strict_transport_security;
    options.plain_refusal = plain_refusal();
    if (place.for_https) options.https = http_service();
    options.sessions = sessions;
    options.log = logs_.debug;
    TRELLIS_TRY_ASSIGN(auto server, BoltServer::start(loop_, workers, std::move(options)));
    if (place.for_https && !https_) https_ = server->local();
    bolt_.push_back(std::move(server));
  }
  return {};
}

std::string Listeners::plain_refusal() const {
  if (!config_.tls.refuse_plain_http) return {};
  return fmt::format(
      "Plain HTTP is refused here (server.tls.refuse_plain_http=true). {}\n",
      config_.http.https.enabled
          ? fmt::format("Use https, port {}.", config_.http.https.listen_address.port)
          : "HTTPS is not enabled either (server.https.enabled).");
}

std::shared_ptr<net::HttpService> Listeners::http_service() const {
  auto service = std::make_shared<net::HttpService>();
  service->limits.body_bytes = static_cast<size_t>(config_.http.max_body_size);
  service->strict_transport_security = config_.http.strict_transport_security;
  service->plain_refusal = plain_refusal();
  service->respond = [settings = discovery()](net::HttpRequest request, net::HttpAnswer answer) {
    answer(discover(request, settings));
  };
  return service;
}

DiscoverySettings Listeners::discovery() const {
  DiscoverySettings settings;
  if (config_.bolt.advertised_address) {
    settings.advertised_bolt = endpoint_of(*config_.bolt.advertised_address);
  }
  const uint16_t configured = config_.bolt.listen_address.port;
  if (!bolt_.empty()) {
    settings.bolt_port = bolt_.front()->local().port;
  } else if (configured != 0) {
    settings.bolt_port = configured;
  }
  settings.bolt_encrypted = config_.bolt.tls_level == config::TlsLevel::kRequired;
  if (!config_.http.allow_origin.empty()) settings.allow_origin = config_.http.allow_origin;
  return settings;
}

Result<> Listeners::open_http() {
  const auto service = http_service();
  const auto open = [&](const char* name, const config::HttpListener& listener,
                        const std::shared_ptr<const tls::ServedPolicy>& tls,
                        std::optional<net::Endpoint>& first) -> Result<> {
    for (const Place& place : places(sockets_.take(name), {listener.listen_address})) {
      HttpServer::Options options;
      options.listen = place.address;
      options.inherited = place.inherited;
      options.tls = tls;
      if (tls) options.gate = gate();
      if (tls && logs_.handshakes) options.witness = logs_.handshakes->witness("https");
      options.service = service;
      options.max_connections = static_cast<size_t>(config_.http.max_connections);
      options.log = logs_.debug;
      TRELLIS_TRY_ASSIGN(auto server, HttpServer::start(loop_, std::move(options)));
      if (!first) first = server->local();
      http_servers_.push_back(std::move(server));
    }
    return {};
  };
  if (config_.http.http.enabled) {
    TRELLIS_TRY(open("http", config_.http.http, nullptr, http_));
  }
  if (config_.http.https.enabled && !shared_port_) {
    TRELLIS_TRY_ASSIGN(const auto tls, policy(config::SslScope::kHttps, "server.https.enabled"));
    TRELLIS_TRY(open("https", config_.http.https, tls, https_));
  }
  for (const char* name : {"bolt", "http", "https"}) {
    if (!sockets_.has(name)) continue;
    logs_.server.warn(
        "A socket named '{}' was handed over and is not used: server.{}.enabled=true "
        "is missing.",
        name, name);
  }
  return {};
}

void Listeners::stop(milliseconds grace) {
  for (auto& server : http_servers_) server->stop();
  for (auto& server : bolt_) server->stop(grace);
}

std::vector<net::Endpoint> Listeners::bolt() const {
  std::vector<net::Endpoint> endpoints;
  for (const auto& server : bolt_) endpoints.push_back(server->local());
  return endpoints;
}
std::optional<net::Endpoint> Listeners::http() const { return http_; }
std::optional<net::Endpoint> Listeners::https() const { return https_; }
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
