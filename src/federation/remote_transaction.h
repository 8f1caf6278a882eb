// SPDX-License-Identifier: Apache-2.0
//
// One transaction on another DBMS, and its results. See federation/remote_graph.h.
//
// RemoteWork is what transaction and results share; one thread at a time, terminate() from any.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "cypher/graph_session.h"
#include "federation/bolt_result.h"
#include "federation/connection_pool.h"

namespace trellis::federation {

class RemoteWork {
 public:
  RemoteWork(std::shared_ptr<ConnectionPool> pool, std::string database,
             const cypher::TransactionOptions& options);
  ~RemoteWork();

  // A connection, and BEGIN on its way when the transaction is explicit.
  Result<Poll> connect(const PollContext& context);
  // After connect().
  Result<std::shared_ptr<BoltResult>> run(std::string_view text, value::Value parameters);
  Result<Poll> commit(const PollContext& context);
  Result<Poll> rollback(const PollContext& context);
  void abandon() noexcept;  // rolls back without waiting
  void terminate(ErrorCode reason) noexcept EXCLUDES(mutex_);

  // What a failure is to the client of this side; the transaction is dead from here on.
  Error failed(Error error, bool ignored);
  // The reason of a terminate(), else of an earlier failure.
  std::optional<Error> doom() const EXCLUDES(mutex_);
  // Wraps the caller's waker, so that terminate() wakes it too and it is called only once.
  PollContext watched(const PollContext& context) EXCLUDES(mutex_);
  // The connection has been given back: results can no longer be read.
  bool over() const { return over_; }
  const std::string& bookmark() const { return bookmark_; }
  void note_bookmark(const std::string& bookmark) { bookmark_ = bookmark; }

 private:
  wire::TransactionExtra extra();
  void release(bool reuse) noexcept EXCLUDES(mutex_);
  Result<Poll> finish_results(const PollContext& context);

  const std::shared_ptr<ConnectionPool> pool_;
  const std::string database_;
  const cypher::AccessMode mode_;
  const bool implicit_;
  const std::chrono::milliseconds timeout_;
  const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  const value::ValueHolder metadata_;
  const std::vector<std::string> bookmarks_;
  std::vector<std::string_view> bookmark_views_;

  std::unique_ptr<ConnectionPool::Acquisition> acquisition_;
  ConnectionPool::Lease lease_;
  std::shared_ptr<SimpleReply> begin_;
  std::shared_ptr<SimpleReply> end_;  // of COMMIT or ROLLBACK
  std::vector<std::shared_ptr<BoltResult>> results_;
  std::optional<Error> error_;
  std::string bookmark_;
  bool over_ = false;

  mutable Mutex mutex_;
  BoltClient* running_ GUARDED_BY(mutex_) = nullptr;
  std::optional<ErrorCode> terminated_ GUARDED_BY(mutex_);
  Waker waiting_ GUARDED_BY(mutex_);
};

}  // namespace trellis::federation
