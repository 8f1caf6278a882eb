// SPDX-License-Identifier: Apache-2.0
//
// The transactions that are open in this server: what SHOW TRANSACTIONS lists and TERMINATE ends.
//
//   TransactionRecord     what is known of one; its session writes, anybody reads
//   TransactionRegistry   weak handles: a transaction belongs to its session, never to the registry
//
// Thread-safe. Bounded by db.transaction.concurrent.maximum.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/mutex.h"
#include "base/result.h"
#include "dbms/session.h"
#include "value/value.h"

namespace trellis::dbms {

class TransactionRecord {
 public:
  using Wall = std::chrono::time_point<std::chrono::system_clock, std::chrono::nanoseconds>;
  struct Query {
    uint64_t number = 0;
    std::shared_ptr<const StatementRequest> statement;  // as the client sent it, secrets and all
    bool parameters_may_be_shown = false;  // an administration command may have secrets in them
    Wall started;
  };
  struct View {
    std::string database;
    uint64_t number = 0;
    std::string username;  // the impersonated one, if any
    std::string authenticated_user;
    ClientInfo client;
    Wall started;
    std::shared_ptr<const value::ValueHolder> metadata;  // null: none
    std::optional<Query> query;
    std::optional<ErrorCode> terminated;
    bool closing = false;
    std::string id() const;  // "neo4j-transaction-17"
    std::string query_id() const;
  };
  using Terminate = std::function<void(ErrorCode)>;

  TransactionRecord(View start, Terminate terminate)
      : terminate_(std::move(terminate)), view_(std::move(start)) {}

  View view() const;
  std::string database() const;
  void set_database(std::string name);
  void set_query(std::optional<Query> query);
  void set_closing();
  // A database that it reads or writes (several, when USE names others).
  void add_use(const void* database);
  bool uses(const void* database) const;
  // The session works on it between the two (they nest). It enters before it looks at terminated().
  void enter() { ++busy_; }
  void leave() { --busy_; }
  bool busy() const { return busy_ != 0; }
  // Once; later calls do nothing. The session's side of it (stop what runs) is called outside
  // locks.
  void terminate(ErrorCode reason);
  std::optional<ErrorCode> terminated() const;

 private:
  const Terminate terminate_;
  std::atomic<int> busy_{0};
  mutable Mutex mutex_;
  View view_ GUARDED_BY(mutex_);
  std::vector<const void*> used_ GUARDED_BY(mutex_);
};

class TransactionRegistry {
 public:
  explicit TransactionRegistry(uint64_t limit) : limit_(limit) {}

  // MaximumTransactionLimitReached; DatabaseUnavailable once stop_admitting() was called.
  Result<std::shared_ptr<TransactionRecord>> add(TransactionRecord::View start,
                                                 TransactionRecord::Terminate terminate);
  void remove(const TransactionRecord& record);
  uint64_t next_query_number() { return ++last_query_; }

  std::vector<std::shared_ptr<TransactionRecord>> all() const;
  uint64_t open_count() const;
  void stop_admitting();

 private:
  const uint64_t limit_;  // 0: none
  std::atomic<uint64_t> last_query_{0};
  mutable Mutex mutex_;
  bool admitting_ GUARDED_BY(mutex_) = true;
  uint64_t last_number_ GUARDED_BY(mutex_) = 0;
  std::map<const TransactionRecord*, std::weak_ptr<TransactionRecord>> open_ GUARDED_BY(mutex_);
};

}  // namespace trellis::dbms
