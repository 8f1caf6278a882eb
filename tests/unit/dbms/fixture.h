// SPDX-License-Identifier: Apache-2.0
//
// A whole DBMS in memory, driven from the test's thread.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cypher/engine.h"
#include "dbms/dbms.h"
#include "os/memory_file_system.h"

namespace trellis::dbms::test {

class MemoryStores final : public Stores {
 public:
  Result<std::unique_ptr<storage::Database>> open(std::string_view directory) override;
  Result<> remove(std::string_view directory) override;
  std::vector<std::string> directories();
  // The next open of such a database fails.
  std::string fail_prefix;

 private:
  os::MemoryFileSystem files_;
};

// Remembers what it was asked to open; its sessions fail.
class RecordingRemotes final : public RemoteGraphs {
 public:
  Result<std::unique_ptr<cypher::GraphSession>> open(RemoteTarget target) override;
  void forget(std::string_view alias) noexcept override { forgotten.emplace_back(alias); }
  std::vector<RemoteTarget> opened;
  std::vector<std::string> forgotten;
};

// What a statement gave: rows as text, by column; or an error.
struct Answer {
  std::optional<ErrorCode> error;
  std::string message;
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;
  uint64_t system_updates = 0;
  std::string bookmark;
  std::string database;

  bool ok() const { return !error.has_value(); }
  // One column, top to bottom.
  std::vector<std::string> column(const std::string& name) const;
  // The first row whose `key` column is `key_value`, as a map; empty when there is none.
  std::map<std::string, std::string> row(const std::string& key,
                                         const std::string& key_value) const;
};

using Parameters = std::map<std::string, std::string>;

class Client {
 public:
  explicit Client(std::unique_ptr<Session> session) : session_(std::move(session)) {}
  // nullopt: logged on.
  std::optional<ErrorCode> log_on(const std::string& user, const std::string& password);
  Answer run(const std::string& text, TransactionRequest request = {},
             const Parameters& parameters = {});
  Answer on(const std::string& database, const std::string& text);
  std::optional<ErrorCode> begin(TransactionRequest request = {});
  Answer run_in_transaction(const std::string& text);
  std::optional<ErrorCode> commit();
  std::optional<ErrorCode> rollback();
  Session& session() { return *session_; }

 private:
  std::unique_ptr<Session> session_;
};

struct FixtureOptions {
  std::map<std::string, std::string> settings;
  bool change_required = false;
  tls::PolicyStore* certificates = nullptr;
};

class Fixture {
 public:
  explicit Fixture(FixtureOptions options = {});
  ~Fixture();
  // Closes and opens again over the same files.
  void restart();
  Client connect();
  // Logged on as neo4j, who is admin, with password "secret-password".
  Client admin();
  // A user with a role of the same name, logged on; the password is "pw-of-" + name.
  Client user(const std::string& name);

  MemoryStores stores;
  RecordingRemotes remotes;
  std::unique_ptr<Dbms> dbms;

 private:
  void open();
  FixtureOptions options_;
  config::ServerConfig config_;
  os::SystemClock clock_;
  Dbms* procedures_dbms_ = nullptr;
  std::unique_ptr<cypher::ProcedureTable> procedures_;
  std::unique_ptr<cypher::Engine> engine_;
  std::string keystore_;
};

inline constexpr const char* kPassword = "secret-password";

}  // namespace trellis::dbms::test
