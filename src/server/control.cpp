// SPDX-License-Identifier: Apache-2.0
#include "server/control.h"

#include <boost/json/object.hpp>

#include "os/child_process.h"
#include "server/metric_sources.h"
#include "server/tls_control.h"

namespace trellis::server {

Result<std::unique_ptr<Control>> Control::open(ControlParts parts) {
  std::unique_ptr<Control> control(new Control(parts.metrics));
  TRELLIS_TRY(control->open_metrics(parts));
  TRELLIS_TRY(control->start_notices(parts));
  control->open_admin(parts);
  return control;
}

Control::~Control() {
  admin_.reset();
  notices_.reset();
  if (metrics_endpoint_) metrics_endpoint_->stop();
  metrics_->forget_sources();
}

void Control::open_admin(ControlParts& parts) {
  add_tls_commands(parts.commands, parts.certificates, parts.clock);
  auto opened = AdminSocket::open({.path = admin_socket_path(parts.config.directories.run),
                                   .commands = std::move(parts.commands),
                                   .request_timeout = std::chrono::seconds(5),
                                   .log = parts.logs.debug});
  if (!opened) {
    return parts.logs.server.warn("`trellis tls` will not reach this server: {}",
                                  opened.error().message());
  }
  admin_ = std::move(*opened);
}

Result<> Control::open_metrics(const ControlParts& parts) {
  const config::MetricsConfig& config = parts.config.metrics;
  if (!config.enabled || !config.prometheus_enabled) return {};
  sample_certificates(*metrics_, parts.certificates);
  sample_connections(*metrics_, parts.listeners);
  sample_databases(*metrics_, parts.dbms);
  TRELLIS_TRY_ASSIGN(metrics_endpoint_,
                     open_metrics_endpoint(parts.loop, config, metrics_, parts.logs.debug));
  parts.logs.server.info("Metrics for Prometheus at http://{}/metrics.",
                         net::to_string(metrics_endpoint_->local()));
  return {};
}

Result<> Control::start_notices(const ControlParts& parts) {
  ExpiryNotices::Options options;
  options.certificates = &parts.certificates;
  options.clock = &parts.clock;
  auto program = os::split_command(parts.config.tls.expiry_command);
  if (!program) {
    return fail(ErrorCode::InvalidConfiguration, "server.tls.expiry_command: {}",
                program.error().message());
  }
  options.program = std::move(*program);
  options.interval = std::min<std::chrono::milliseconds>(
      std::chrono::minutes(1),
      std::chrono::duration_cast<std::chrono::milliseconds>(parts.config.tls.poll_interval));
  options.log = parts.logs.server;
  notices_ = std::make_unique<ExpiryNotices>(std::move(options));
  notices_->start();
  return {};
}

}  // namespace trellis::server
