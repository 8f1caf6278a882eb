// SPDX-License-Identifier: Apache-2.0
//
// What dbms needs of the room that reaches other DBMSs (federation implements it, server wires it).
//
// Thread-safe. dbms has checked ACCESS on the alias, refused impersonation and unsealed the
// credential before it calls open(); everything from name resolution to TLS is the implementor's.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"
#include "cypher/graph_session.h"

namespace trellis::dbms {

// DRIVER {...} of a remote alias, completed from the defaults of the configuration.
struct DriverSettings {
  using Duration = std::chrono::nanoseconds;
  bool ssl_enforced = true;
  Duration connection_timeout{std::chrono::seconds(5)};        // 0: left to the system
  Duration connection_max_lifetime{std::chrono::hours(1)};     // <= 0: no limit
  Duration pool_acquisition_timeout{std::chrono::minutes(1)};  // < 0: for ever, 0: fail at once
  std::optional<Duration> pool_idle_test;                      // none: no test; 0: always
  int64_t pool_max_size = -1;                                  // -1: no limit
  std::string logging_level = "INFO";                          // DEBUG INFO WARN ERROR NONE
};

struct RemoteTarget {
  std::string alias;  // normalised name here: for messages and as the key of connection pools
  std::string url;    // neo4j[+s|+ssc]://... or bolt[+s|+ssc]://..., as given
  std::string user;
  Secret password;
  std::string database;  // name over there
  DriverSettings driver;
  uint64_t version = 0;  // raised by every change of the alias: an older pool must not be used
};

class RemoteGraphs {
 public:
  virtual ~RemoteGraphs() = default;
  // Need not connect: the session's first transaction reports what failed.
  virtual Result<std::unique_ptr<cypher::GraphSession>> open(RemoteTarget target) = 0;
  // The alias was altered or dropped: idle connections go, open transactions may be aborted.
  virtual void forget(std::string_view alias) noexcept = 0;
};

}  // namespace trellis::dbms
