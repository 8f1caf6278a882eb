// SPDX-License-Identifier: Apache-2.0
//
// What all parts of one DBMS share. Owned by the Dbms; everything in it is thread-safe.
#pragma once

#include <memory>
#include <string>

#include "dbms/database_registry.h"
#include "dbms/dbms.h"
#include "dbms/deadline_timer.h"
#include "dbms/query_log.h"
#include "dbms/system_snapshot.h"
#include "dbms/transaction_registry.h"
#include "dbms/writer_queue.h"
#include "security/auth_cache.h"
#include "security/hasher.h"
#include "security/login_throttle.h"

namespace trellis::dbms {

struct Core {
  explicit Core(DbmsOptions o);

  const DbmsOptions options;
  const QueryLog query_log;
  SystemState system;
  std::shared_ptr<LocalDatabase> system_database;
  WriterQueue system_writers;
  TransactionRegistry transactions;
  DeadlineTimer timer;
  security::Hasher hasher;
  security::LoginThrottle throttle;
  security::AuthCache auth_cache;
  DatabaseRegistry databases;  // last: its thread uses what is above

  const config::ServerConfig& config() const { return *options.config; }
  int64_t now_ms() const;

  // Reads `system` again and makes that what new statements see: after every commit to it.
  Result<> refresh();
};

}  // namespace trellis::dbms
