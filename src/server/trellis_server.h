// SPDX-License-Identifier: Apache-2.0
//
// The composition root: builds every room from the configuration, opens `system` and the default
// database, then the listeners, and takes it all down again.
//
// start() returns when every configured listener accepts and the default database serves, or has
// failed (its status says why). What it started it takes down before it fails.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "config/server_config.h"
#include "os/inherited_sockets.h"

namespace trellis::server {

// The files of the log folder, opened by the caller.
struct ServerLogs {
  Logger server;    // trellis.log, and the console: what an operator reads
  Logger debug;     // debug.log: what whoever looks for a fault reads
  Logger security;  // security.log: logins, administration commands
  Logger query;     // query.log
};

// Where clients connect: "localhost:7687", with the port that was really bound.
struct Endpoints {
  std::vector<std::string> bolt;
  std::vector<std::string> http;
  std::vector<std::string> https;
};

class TrellisServer {
 public:
  // `sockets` take the place of configured addresses (server/listeners.h).
  static Result<std::unique_ptr<TrellisServer>> start(config::ServerConfig config, ServerLogs logs,
                                                      os::InheritedSockets sockets = {});

  virtual ~TrellisServer() = default;
  virtual const Endpoints& endpoints() const = 0;
  // Reads certificates again (SIGHUP). What is bad is logged and leaves the old ones in force.
  virtual void reload() = 0;
  // Closes the listeners, lets open transactions end (db.shutdown_transaction_end_timeout), stops
  // the databases. Called once, from any thread but the server's own.
  virtual Result<> stop() = 0;
};

// How cli is given the server, so that its lifecycle can be tried without one.
using StartServer = std::function<Result<std::unique_ptr<TrellisServer>>(
    config::ServerConfig, ServerLogs, os::InheritedSockets)>;

}  // namespace trellis::server
