// SPDX-License-Identifier: Apache-2.0
#include "federation/remote_graph.h"

#include <map>

#include "cypher/engine.h"
#include "federation/remote_transaction.h"

namespace trellis::federation {
namespace {

using cypher::ResultStream;

class RemoteStream final : public ResultStream {
 public:
  RemoteStream(std::shared_ptr<RemoteWork> work, std::string text, value::Value parameters)
      : work_(std::move(work)), text_(std::move(text)), parameters_(parameters) {}

  Result<Poll> open(const PollContext& context) override {
    const PollContext watching = work_->watched(context);
    TRELLIS_TRY_ASSIGN(const Poll connected, work_->connect(watching));
    if (connected != Poll::kReady) return connected;
    if (!result_) {
      TRELLIS_TRY_ASSIGN(result_, work_->run(text_, parameters_));
    }
    return mapped(result_->open(watching));
  }

  std::span<const std::string> columns() const override { return result_->columns(); }

  Result<Poll> next(const PollContext& context) override {
    if (auto reason = work_->doom()) return fail(std::move(*reason));
    if (work_->over()) {
      return fail(ErrorCode::InvalidRequest, "The result belongs to a transaction that has ended.");
    }
    auto poll = mapped(result_->next(work_->watched(context)));
    if (poll && *poll == Poll::kReady && result_->rows().rows == 0) {
      work_->note_bookmark(result_->bookmark());
    }
    return poll;
  }

  const cypher::RowBatch& rows() const override { return result_->rows(); }
  const cypher::Summary& summary() const override { return result_->summary(); }
  void cancel() noexcept override { work_->terminate(ErrorCode::TransactionTerminated); }

 private:
  Result<Poll> mapped(Result<Poll> poll) {
    if (!poll) return fail(work_->failed(std::move(poll).error(), result_->ignored()));
    return poll;
  }

  const std::shared_ptr<RemoteWork> work_;
  const std::string text_;
  const value::Value parameters_;
  std::shared_ptr<BoltResult> result_;
};

class RemoteTransaction final : public cypher::GraphTransaction {
 public:
  explicit RemoteTransaction(std::shared_ptr<RemoteWork> work) : work_(std::move(work)) {}
  ~RemoteTransaction() override { work_->abandon(); }

  Result<std::unique_ptr<ResultStream>> run(const cypher::StatementCall& call) override {
    if (auto reason = work_->doom()) return fail(std::move(*reason));
    std::string text(call.text);
    if (call.compiled && call.compiled->use_graph()) {
      text = call.compiled->text_without_use(call.text);
    }
    return std::unique_ptr<ResultStream>(
        std::make_unique<RemoteStream>(work_, std::move(text), call.parameters));
  }
  Result<Poll> commit(const PollContext& context) override { return work_->commit(context); }
  Result<Poll> rollback(const PollContext& context) override { return work_->rollback(context); }
  std::string bookmark() const override { return work_->bookmark(); }
  void terminate(ErrorCode reason) noexcept override { work_->terminate(reason); }

 private:
  const std::shared_ptr<RemoteWork> work_;
};

class RemoteSession final : public cypher::GraphSession {
 public:
  RemoteSession(std::shared_ptr<ConnectionPool> pool, std::string database)
      : pool_(std::move(pool)), database_(std::move(database)) {}

  Result<std::unique_ptr<cypher::GraphTransaction>> begin(
      const cypher::TransactionOptions& options) override {
    return std::unique_ptr<cypher::GraphTransaction>(std::make_unique<RemoteTransaction>(
        std::make_shared<RemoteWork>(pool_, database_, options)));
  }

 private:
  const std::shared_ptr<ConnectionPool> pool_;
  const std::string database_;
};

class Pools final : public dbms::RemoteGraphs {
 public:
  Pools(net::EventLoop& loop, RemoteGraphOptions options)
      : loop_(loop),
        log_(std::move(options.log)),
        trust_(std::make_shared<TrustStore>(std::move(options.trusted_dir), options.clock)) {}
  ~Pools() override {
    MutexLock lock(mutex_);
    for (auto& [alias, held] : pools_) held.pool->close();
  }

  Result<std::unique_ptr<cypher::GraphSession>> open(dbms::RemoteTarget target) override {
    TRELLIS_TRY_ASSIGN(BoltUri uri, parse_bolt_uri(target.url));
    if (target.driver.ssl_enforced && uri.encryption == Encryption::kNone) {
      return fail(ErrorCode::InvalidAliasUrl,
                  "The remote alias '{}' enforces TLS, but its URL '{}' has no +s or +ssc scheme.",
                  target.alias, target.url);
    }
    std::string database = std::move(target.database);
    auto pool = pool_for(std::move(target), std::move(uri));
    return std::unique_ptr<cypher::GraphSession>(
        std::make_unique<RemoteSession>(std::move(pool), std::move(database)));
  }

  void forget(std::string_view alias) noexcept override {
    std::shared_ptr<ConnectionPool> gone;
    {
      MutexLock lock(mutex_);
      const auto found = pools_.find(std::string(alias));
      if (found == pools_.end()) return;
      gone = std::move(found->second.pool);
      pools_.erase(found);
    }
    gone->close();
  }

 private:
  struct Held {
    uint64_t version = 0;
    std::shared_ptr<ConnectionPool> pool;
  };

  std::shared_ptr<ConnectionPool> pool_for(dbms::RemoteTarget target, BoltUri uri)
      EXCLUDES(mutex_) {
    std::shared_ptr<ConnectionPool> old;
    std::shared_ptr<ConnectionPool> pool;
    {
      MutexLock lock(mutex_);
      Held& held = pools_[target.alias];
      if (held.pool && held.version == target.version) return held.pool;
      old = std::move(held.pool);
      PoolOptions options;
      options.alias = std::move(target.alias);
      options.uri = std::move(uri);
      options.user = std::move(target.user);
      options.password = std::move(target.password);
      options.driver = std::move(target.driver);
      log_.debug("New connection pool for remote alias '{}' at {}", options.alias,
                 net::to_string(options.uri.endpoint));
      pool = std::make_shared<ConnectionPool>(loop_, trust_, std::move(options));
      held = {target.version, pool};
    }
    if (old) old->close();
    return pool;
  }

  net::EventLoop& loop_;
  const Logger log_;
  const std::shared_ptr<TrustStore> trust_;
  Mutex mutex_;
  std::map<std::string, Held> pools_ GUARDED_BY(mutex_);
};

}  // namespace

std::unique_ptr<dbms::RemoteGraphs> make_remote_graphs(net::EventLoop& loop,
                                                       RemoteGraphOptions options) {
  return std::make_unique<Pools>(loop, std::move(options));
}

}  // namespace trellis::federation
