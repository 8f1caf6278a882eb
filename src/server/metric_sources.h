// SPDX-License-Identifier: Apache-2.0
//
// What is sampled of a server, and the port where Prometheus reads it.
#pragma once

#include <memory>

#include "dbms/dbms.h"
#include "net/event_loop.h"
#include "server/handshake_log.h"
#include "server/http/server.h"
#include "server/listeners.h"
#include "server/metrics.h"
#include "tls/policy_store.h"

namespace trellis::server {

// certificate.not_after_seconds{scope,name}, tls.reloads{result}. `certificates` outlives its
// sampling.
void sample_certificates(Metrics& metrics, const tls::PolicyStore& certificates);
// tls.handshake_failures{reason}. `counts` outlives its sampling.
void sample_handshakes(Metrics& metrics, const HandshakeFailureCounts& counts);
// dbms.bolt.connections_*.
void sample_connections(Metrics& metrics, const Listeners& listeners);
// database.<name>.transaction.*.
void sample_databases(Metrics& metrics, const dbms::Dbms& dbms);

// Plain HTTP: GET /metrics (and /). InvalidConfiguration when the port cannot be had.
Result<std::unique_ptr<HttpServer>> open_metrics_endpoint(net::EventLoop& loop,
                                                          const config::MetricsConfig& config,
                                                          std::shared_ptr<const Metrics> metrics,
                                                          Logger log);

}  // namespace trellis::server
