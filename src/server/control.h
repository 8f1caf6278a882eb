// SPDX-License-Identifier: Apache-2.0
//
// How a running server is asked and watched: the admin socket, the figures and Prometheus' port,
// notices of certificates that near their end.
//
// Whoever adds commands registers them with admin(). Destroyed before everything that it was given.
#pragma once

#include <memory>

#include "dbms/dbms.h"
#include "server/admin_socket.h"
#include "server/expiry_notices.h"
#include "server/http/server.h"
#include "server/listeners.h"
#include "server/metrics.h"
#include "server/trellis_server.h"

namespace trellis::server {

struct ControlParts {
  const config::ServerConfig& config;
  tls::PolicyStore& certificates;
  const Listeners& listeners;
  const dbms::Dbms& dbms;
  net::EventLoop& loop;
  const os::Clock& clock;
  std::shared_ptr<Metrics> metrics;
  const ServerLogs& logs;
  AdminCommands commands;  // of others
};

class Control {
 public:
  // InvalidConfiguration when the port for Prometheus or the program for notices cannot be had.
  static Result<std::unique_ptr<Control>> open(ControlParts parts);
  ~Control();

 private:
  explicit Control(std::shared_ptr<Metrics> metrics) : metrics_(std::move(metrics)) {}
  void open_admin(ControlParts& parts);
  Result<> open_metrics(const ControlParts& parts);
  Result<> start_notices(const ControlParts& parts);

  const std::shared_ptr<Metrics> metrics_;
  std::unique_ptr<AdminSocket> admin_;  // null: it could not be made, and the log says why
  std::unique_ptr<HttpServer> metrics_endpoint_;
  std::unique_ptr<ExpiryNotices> notices_;
};

}  // namespace trellis::server
