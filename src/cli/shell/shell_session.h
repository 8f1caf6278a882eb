// SPDX-License-Identifier: Apache-2.0
//
// What a shell knows between two statements: the connection, the database, the parameters, the open
// transaction, the last bookmark.
//
// One thread, save for interrupt().
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "cli/shell/printer.h"
#include "cli/shell/shell_options.h"
#include "federation/blocking_client.h"

namespace trellis::cli::shell {

class ShellSession {
 public:
  ShellSession(const ShellOptions& options, PrinterOptions printer);

  // Connects and asks the server for a word, which tells the database's real name. Errors: those of
  // the client; Neo.ClientError.Security.CredentialsExpired when the password must be changed.
  Result<> connect();
  void disconnect();
  bool is_connected() const { return client_ != nullptr; }

  // One statement, its result printed. Connects again when the connection was lost before.
  Result<> execute(std::string_view statement);
  Result<> begin();
  Result<> commit();
  Result<> rollback();
  bool in_transaction() const { return client_ && client_->in_transaction(); }

  Result<> use(const std::string& database);
  Result<> impersonate(const std::string& user);
  Result<> set_access_mode(bool read_only);
  Result<> change_password(const Secret& old_password, Secret new_password);
  void set_credentials(std::string user, Secret password);
  void set_address(std::string address) { address_ = std::move(address); }

  // "name => expression", "name: expression" or "{map}", evaluated by the server.
  Result<> set_parameters(std::string_view text);
  void clear_parameters() { parameters_.clear(); }
  std::string parameters_text() const;

  const std::string& user() const { return user_; }
  const std::string& database() const { return database_; }  // as asked for, may be empty
  // Where the last statement ran, for the prompt.
  const std::string& shown_database() const { return shown_database_; }
  const std::string& address() const { return address_; }
  std::string server_text() const;

  // Stops what runs. Any thread.
  void interrupt();

 private:
  Result<> ensure_connected();
  Result<> evaluate(
      std::string_view statement,
      const std::function<void(const std::vector<std::string>&, const cypher::RowBatch&)>& take);
  federation::StatementSettings settings() const;
  value::Value parameter_map(Arena& arena) const;
  // Drops the connection when the error says that it is gone.
  tl::unexpected<Error> noted(Error error);
  void replace_client(std::unique_ptr<federation::BlockingClient> client);

  std::string address_;
  Encryption encryption_;
  std::string user_;
  Secret password_;
  std::string database_;
  std::string shown_database_;
  std::string impersonated_;
  bool read_only_;
  std::string bookmark_;
  std::map<std::string, value::ValueHolder> parameters_;
  ResultPrinter printer_;
  std::unique_ptr<federation::BlockingClient> client_;
  // The same client for interrupt(), which must not meet a dying one.
  Mutex running_mutex_;
  federation::BlockingClient* running_ GUARDED_BY(running_mutex_) = nullptr;
};

// What the user wrote as an address, as a URI: a scheme put before it, encryption forced.
Result<std::string> uri_of(const std::string& address, Encryption encryption);

}  // namespace trellis::cli::shell
