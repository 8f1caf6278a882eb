// SPDX-License-Identifier: Apache-2.0
//
// query.log: one line a statement when it has ended (and one when it starts, with
// db.logs.query.early_raw_logging_enabled), under the db.logs.query.* settings.
//
//   id:17 - transaction id:5 - 3 ms: bolt-session bolt 127.0.0.1:50712 neo4j - alice - RETURN $x
//     - {x: 1} - {app: 'demo'}
//
// Passwords and other secrets of administration commands never get here: their string literals
// are blanked and their parameters left out. Thread-safe.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/log.h"
#include "config/server_config.h"
#include "dbms/session.h"
#include "value/value.h"

namespace trellis::dbms {

struct QueryLogEntry {
  uint64_t query_number = 0;
  std::string transaction;  // "neo4j-transaction-5"
  std::chrono::milliseconds elapsed{0};
  const ClientInfo* client = nullptr;
  std::string_view database;
  std::string_view username;
  std::string_view text;           // secrets blanked already
  value::Value parameters;         // null: not to be shown
  value::Value metadata;           // a map, or null
  const Error* failure = nullptr;  // null: it ended well
};

class QueryLog {
 public:
  QueryLog(Logger log, const config::LogConfig& config) : log_(std::move(log)), config_(config) {}

  bool enabled() const { return config_.query != config::QueryLogLevel::kOff; }
  void started(const QueryLogEntry& entry) const;
  void ended(const QueryLogEntry& entry) const;

 private:
  std::string line(const QueryLogEntry& entry) const;
  std::string text_of(const QueryLogEntry& entry) const;

  const Logger log_;
  const config::LogConfig& config_;
};

}  // namespace trellis::dbms
