// SPDX-License-Identifier: Apache-2.0
//
// What a client may do, whatever protocol it speaks: log on, run statements, in transactions or
// without, follow their results, and stop.
//
//   Session        one client's state: who it is, its open transaction, its results. Made by
//                  Dbms::new_session; must not outlive the Dbms.
//   StatementRun   one statement and its result: a cypher::ResultStream with a qid
//
// Bolt              Session
//   LOGON             start_log_on(token), then poll_log_on() until kReady
//   RUN (auto)        run(statement, request) -> StatementRun; open() until kReady =
//   SUCCESS{fields} BEGIN             begin(request), poll_begin() until kReady RUN (in tx)
//   run_in_transaction(statement) PULL n            next() until kReady, as rows are used up; an
//   empty batch is the end DISCARD -1        discard_rest(), then next() until the empty batch
//   COMMIT, ROLLBACK  commit() / rollback() until kReady
//   RESET             cancel() from any thread, at once; then reset() from the session's turn
//   ROUTE             resolve_database(): which database, and may it be used
//
// Invariants
//   1. Calls never overlap and are not bound to a thread; cancel() alone may come at any time.
//   2. Nothing blocks: waiting (password hash, bookmark, a database that starts, locks, durability,
//      a remote DBMS) is Poll::kBlocked with the waker kept.
//   3. run() and run_in_transaction() only take note; all errors of the statement, its syntax
//      included, come from open() or next(). After an error in a transaction that transaction is
//      rolled back and only rollback() or reset() is allowed.
//   4. An auto-commit statement is committed when next() delivers the empty batch: bookmark() is
//      valid then, and what it wrote is durable.
//   5. Destroying the session rolls back and abandons everything.
//   6. Users, roles and privileges are read anew at each statement: what an administrator changed
//   is
//      in force from the next statement on.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/poll.h"
#include "base/result.h"
#include "base/secret.h"
#include "cypher/graph_session.h"
#include "cypher/result_stream.h"
#include "value/value.h"

namespace trellis::dbms {

// Where a session comes from: for SHOW TRANSACTIONS and the security log.
struct ClientInfo {
  std::string connection_id;   // "bolt-17"
  std::string client_address;  // "10.0.0.7:51234"
  std::string protocol;        // "bolt", "http"
  std::string user_agent;
};

struct AuthToken {
  std::string scheme;  // "basic", "none"; others are refused for now
  std::string principal;
  Secret credentials;
  std::string realm;
};

struct TransactionRequest {
  std::string database;           // empty: the user's home database, else the default database
  std::string impersonated_user;  // empty: nobody
  cypher::AccessMode mode = cypher::AccessMode::kWrite;
  std::optional<std::chrono::milliseconds> timeout;  // none: db.transaction.timeout; 0: no limit
  value::ValueHolder metadata;                       // a map, or null
  std::vector<std::string> bookmarks;
};

struct StatementRequest {
  std::string text;
  value::ValueHolder parameters;  // a map, or null
};

class StatementRun : public cypher::ResultStream {
 public:
  // -1 for an auto-commit statement; else unique in its transaction, from 0 on.
  virtual int64_t qid() const = 0;
  // After open(): rows from here on are dropped. next() goes to the end without delivering any;
  // updates are still carried out.
  virtual void discard_rest() = 0;
  // After the end of an auto-commit statement; empty otherwise.
  virtual const std::string& bookmark() const = 0;
};

class Session {
 public:
  virtual ~Session() = default;

  // -- who --
  // Unauthorized, AuthenticationRateLimit, ResourceExhausted (too many logins at once). A second
  // log-on replaces the first; it is refused inside a transaction.
  virtual void start_log_on(AuthToken token) = 0;
  virtual Result<Poll> poll_log_on(const PollContext& context) = 0;
  virtual void log_off() = 0;
  virtual bool logged_on() const = 0;
  virtual const std::string& username() const = 0;
  // The password must be changed first: every statement but ALTER CURRENT USER SET PASSWORD fails
  // with CredentialsExpired.
  virtual bool credentials_expired() const = 0;

  // -- where --
  // The database that a request goes to, by its real (or remote alias') name in lower case. Empty
  // `name`: home, else default. DatabaseNotFound, Forbidden (no ACCESS).
  virtual Result<std::string> resolve_database(std::string_view name,
                                               std::string_view impersonated_user) = 0;

  // -- auto-commit --
  // The StatementRun is the session's; valid until close_statement, reset or the next run.
  virtual Result<StatementRun*> run(StatementRequest statement, TransactionRequest request) = 0;

  // -- explicit transactions --
  virtual Result<> begin(TransactionRequest request) = 0;
  virtual Result<Poll> poll_begin(const PollContext& context) = 0;
  virtual bool in_transaction() const = 0;
  virtual Result<StatementRun*> run_in_transaction(StatementRequest statement) = 0;
  // qid -1: the latest. Null when there is no such open result.
  virtual StatementRun* statement(int64_t qid) = 0;
  // Lets a result go that is at its end or no longer wanted.
  virtual void close_statement(int64_t qid) = 0;
  virtual Result<Poll> commit(const PollContext& context) = 0;
  virtual const std::string& bookmark() const = 0;  // of the last commit()
  virtual Result<Poll> rollback(const PollContext& context) = 0;

  // -- stop --
  // Any thread: what runs returns TransactionTerminated soon, at the latest one batch later.
  virtual void cancel() noexcept = 0;
  // Abandons results and transaction; the session is as after log-on.
  virtual void reset() = 0;
};

}  // namespace trellis::dbms
