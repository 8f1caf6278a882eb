// SPDX-License-Identifier: Apache-2.0
//
// A BoltClient for programs that simply wait: `trellis shell`, `trellis demo`, tests, benchmarks.
//
//   TRELLIS_TRY_ASSIGN(auto client, BlockingClient::connect(settings));
//   TRELLIS_TRY_ASSIGN(auto cursor, client->run("RETURN 1 AS x"));
//   while (true) {
//     TRELLIS_TRY_ASSIGN(const cypher::RowBatch* rows, cursor->next());
//     if (rows->rows == 0) break;
//   }
//   cursor->summary();
//
// One thread, save for interrupt(). After any error of a statement the connection is reset by
// itself before the next request; an open transaction is gone then. Errors: as in BoltClient.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "federation/bolt_result.h"
#include "federation/routing_table.h"

namespace trellis::federation {

struct ClientSettings {
  std::string uri = "neo4j://localhost:7687";
  std::string connect_to = {};  // as in BoltClientOptions
  std::string user;             // empty: without authentication
  Secret password;
  std::string user_agent = "trellis-shell/0.1";
  std::chrono::milliseconds connection_timeout{10'000};
  std::filesystem::path trusted_dir;  // certificates trusted besides the system's; may be empty
  std::vector<wire::VersionRange> versions{wire::spoken_versions().begin(),
                                           wire::spoken_versions().end()};
};

struct StatementSettings {
  std::string database;
  std::string impersonated_user;
  bool read = false;
  std::chrono::milliseconds timeout{0};
  value::Value metadata;  // a map, or null
  std::vector<std::string> bookmarks;
};

class BlockingClient {
 public:
  class Cursor {
   public:
    virtual ~Cursor() = default;
    virtual const std::vector<std::string>& columns() const = 0;
    // The next rows, none at the end; valid until the next call.
    virtual Result<const cypher::RowBatch*> next() = 0;
    virtual const cypher::Summary& summary() const = 0;  // at the end
    virtual const std::string& bookmark() const = 0;     // auto-commit, at the end
  };

  // For neo4j:// schemes ROUTE is asked, and the writer of `database` (the server's default when
  // empty) is connected to.
  static Result<std::unique_ptr<BlockingClient>> connect(const ClientSettings& settings,
                                                         const std::string& database = {});
  virtual ~BlockingClient() = default;

  // In the open transaction, if there is one; else by itself. The cursor must not outlive the
  // client; columns() are known. Parameters: a map or null.
  virtual Result<std::unique_ptr<Cursor>> run(std::string_view text, value::Value parameters,
                                              const StatementSettings& settings) = 0;
  // What ROUTE answers for the database; empty: the server's default.
  virtual Result<RoutingTable> route(const std::string& database) = 0;
  virtual Result<> begin(const StatementSettings& settings) = 0;
  virtual Result<std::string> commit() = 0;  // the bookmark
  virtual Result<> rollback() = 0;
  virtual bool in_transaction() const = 0;
  // Any thread, also from a signal's watcher: what runs fails soon with the server's error.
  virtual void interrupt() noexcept = 0;

  virtual const std::string& server_agent() const = 0;  // "Neo4j/5.26.0"
  virtual wire::BoltVersion version() const = 0;
  virtual const net::Endpoint& endpoint() const = 0;
};

}  // namespace trellis::federation
