// SPDX-License-Identifier: Apache-2.0
//
// The DBMS: many databases, the `system` database that describes them, the users, and the sessions.
// Opened by the composition root, which brings the engine, the stores and the way to other DBMSs.
//
// Thread-safe. Everything in the options outlives the Dbms; sessions must be gone before it.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "base/log.h"
#include "base/result.h"
#include "base/secret.h"
#include "config/server_config.h"
#include "cypher/engine.h"
#include "cypher/row_source.h"
#include "dbms/remote_graphs.h"
#include "dbms/session.h"
#include "os/clock.h"
#include "security/password_hash.h"
#include "storage/storage.h"
#include "tls/policy_store.h"

namespace trellis::dbms {

struct Core;

// Where databases are kept. Thread-safe. A directory's name is a file-name-safe ASCII text.
class Stores {
 public:
  virtual ~Stores() = default;
  // Opens, recovers; makes it when it is missing. May take long.
  virtual Result<std::unique_ptr<storage::Database>> open(std::string_view directory) = 0;
  // Removes a closed one for good; success when there is none.
  virtual Result<> remove(std::string_view directory) = 0;
};

// What goes on in a database that is online.
struct DatabaseActivity {
  std::string name;
  uint64_t open_transactions = 0;
  uint64_t last_commit = 0;  // its number
};

struct DbmsOptions {
  const config::ServerConfig* config = nullptr;
  cypher::Engine* engine = nullptr;
  Stores* stores = nullptr;
  RemoteGraphs* remote_graphs = nullptr;  // null: remote aliases cannot be used
  const os::Clock* clock = nullptr;
  // For SHOW CERTIFICATES and dbms.security.reloadTLS; null: none.
  tls::PolicyStore* certificates = nullptr;
  MemoryTracker* memory = nullptr;  // the server's; may be null
  Logger log;                       // trellis.log
  Logger security_log;
  Logger query_log;
  // PHC text of the password that `admin dbms set-initial-password` left; used when `system` is
  // made.
  std::optional<std::string> initial_password_hash;
  bool initial_password_change_required = true;
  // Shown by SHOW DATABASES.
  std::string bolt_address;
  security::Argon2Cost password_cost;
  // Reads the bytes of a file (the keystore). Null: KeystoreUnavailable.
  std::function<Result<std::string>(const std::string& path)> read_file;
};

class Dbms {
 public:
  // Opens `system` (bootstrapping it when new), then starts the databases that should be online.
  // Returns when the default database serves, or has failed (its status says why).
  static Result<std::unique_ptr<Dbms>> open(DbmsOptions options);
  virtual ~Dbms() = default;

  virtual std::unique_ptr<Session> new_session(ClientInfo client) = 0;
  // dbms.* and db.* procedures that need users, databases or transactions; for the procedure table.
  // `dbms` is read when a procedure is called: it may be set after the table was made.
  static std::vector<cypher::Procedure> procedures(Dbms* const* dbms);

  virtual std::string default_database() const = 0;
  virtual std::string id() const = 0;  // of the DBMS; UUID text
  virtual uint64_t open_transactions() const = 0;
  virtual std::vector<DatabaseActivity> activity() const = 0;  // by name
  virtual const config::Configuration& configuration() const = 0;

  // For this room's procedures.
  virtual Core& core() = 0;

  // Refuses new transactions, waits for open ones at most `grace`, terminates the rest, closes all
  // databases with a checkpoint each.
  virtual Result<> close(std::chrono::milliseconds grace) = 0;
};

}  // namespace trellis::dbms
