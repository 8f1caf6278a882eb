// SPDX-License-Identifier: Apache-2.0
#include "server/metric_sources.h"

#include <fmt/ranges.h>

namespace trellis::server {
namespace {

constexpr size_t kMostConnections = 20;

Sample counter(std::string name, std::string help, uint64_t value) {
  Sample sample;
  sample.name = std::move(name);
  sample.help = std::move(help);
  sample.counter = true;
  sample.value = static_cast<double>(value);
  return sample;
}

Sample gauge(std::string name, std::string help, double value) {
  Sample sample;
  sample.name = std::move(name);
  sample.help = std::move(help);
  sample.value = value;
  return sample;
}

// The main name of a pair: a label that stays the same when the certificate is renewed.
std::string name_of(const tls::CertificateStatus& pair) {
  if (!pair.sni_names.empty()) return pair.sni_names.front();
  if (!pair.identity->dns_names.empty()) return pair.identity->dns_names.front();
  if (!pair.identity->ip_names.empty()) return pair.identity->ip_names.front();
  return pair.identity->subject;
}

// Pairs of one name differ in it: "EC" beside "RSA".
std::string kind_of_key(const tls::CertificateStatus& pair) {
  return pair.identity->key_kind.substr(0, pair.identity->key_kind.find(' '));
}

net::HttpResponse answer_to(const net::HttpRequest& request, const Metrics& metrics) {
  net::HttpResponse response;
  if (request.path() != "/metrics" && request.path() != "/") {
    response.status = 404;
    return response;
  }
  if (request.method != "GET" && request.method != "HEAD") {
    response.status = 405;
    response.headers.emplace_back("Allow", "GET, HEAD");
    return response;
  }
  response.headers.emplace_back("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
  response.body = metrics.text();
  return response;
}

}  // namespace

void sample_certificates(Metrics& metrics, const tls::PolicyStore& certificates) {
  metrics.add_source([&certificates](Samples& samples) {
    for (const tls::CertificateStatus& pair : certificates.status()) {
      if (!pair.identity) continue;
      const auto end = std::chrono::duration_cast<std::chrono::seconds>(
          pair.identity->not_after.time_since_epoch());
      Sample sample = gauge("certificate.not_after_seconds",
                            "When the served certificate ends, in seconds since 1970-01-01 UTC.",
                            static_cast<double>(end.count()));
      sample.own = true;
      sample.labels = {{"scope", std::string(to_string(pair.scope))},
                       {"name", name_of(pair)},
                       {"key", kind_of_key(pair)}};
      samples.push_back(std::move(sample));
    }
    const tls::ReloadCounts counts = certificates.counts();
    for (const auto& [result, value] :
         {std::pair("changed", counts.changed), std::pair("unchanged", counts.unchanged),
          std::pair("failed", counts.failed)}) {
      Sample sample = counter("tls.reloads",
                              "Loads of a scope's certificates after the first, by result.", value);
      sample.own = true;
      sample.labels = {{"result", result}};
      samples.push_back(std::move(sample));
    }
  });
}

void sample_handshakes(Metrics& metrics, const HandshakeFailureCounts& counts) {
  metrics.add_source([&counts](Samples& samples) {
    for (const auto& [reason, value] : counts.snapshot()) {
      Sample sample =
          counter("tls.handshake_failures", "TLS handshakes that failed, by reason.", value);
      sample.own = true;
      sample.labels = {{"reason", std::string(reason)}};
      samples.push_back(std::move(sample));
    }
  });
}

void sample_connections(Metrics& metrics, const Listeners& listeners) {
  metrics.add_source([&listeners](Samples& samples) {
    const auto open = static_cast<uint64_t>(std::max<int64_t>(listeners.open_connections(), 0));
    const uint64_t opened = std::max(listeners.opened_connections(), open);
    samples.push_back(counter("dbms.bolt.connections_opened",
                              "Connections that were accepted on Bolt's ports.", opened));
    samples.push_back(counter("dbms.bolt.connections_closed",
                              "Connections on Bolt's ports that have ended.", opened - open));
  });
}

void sample_databases(Metrics& metrics, const dbms::Dbms& dbms) {
  metrics.add_source([&dbms](Samples& samples) {
    for (const dbms::DatabaseActivity& database : dbms.activity()) {
      const std::string first = fmt::format("database.{}.transaction.", database.name);
      samples.push_back(gauge(first + "active", "Open transactions.",
                              static_cast<double>(database.open_transactions)));
      samples.push_back(counter(first + "last_committed_tx_id",
                                "The number of the newest committed transaction.",
                                database.last_commit));
    }
  });
}

Result<std::unique_ptr<HttpServer>> open_metrics_endpoint(net::EventLoop& loop,
                                                          const config::MetricsConfig& config,
                                                          std::shared_ptr<const Metrics> metrics,
                                                          Logger log) {
  auto service = std::make_shared<net::HttpService>();
  service->limits.body_bytes = 0;
  service->respond = [metrics = std::move(metrics)](net::HttpRequest request,
                                                    net::HttpAnswer answer) {
    answer(answer_to(request, *metrics));
  };
  HttpServer::Options options;
  options.listen = {config.prometheus_endpoint.host, config.prometheus_endpoint.port};
  options.service = std::move(service);
  options.max_connections = kMostConnections;
  options.log = std::move(log);
  return HttpServer::start(loop, std::move(options));
}

}  // namespace trellis::server
