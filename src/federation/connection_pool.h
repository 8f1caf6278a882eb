// SPDX-License-Identifier: Apache-2.0
//
// Logged-on connections of one remote alias, kept for reuse, per server (host and port; the user is
// the alias's own, so this is "per host and user").
//
//   auto acquisition = pool->acquire(mode, database);
//   acquisition->poll(context)  until kReady      routes if the URI says so, waits, tests, connects
//   Lease lease = acquisition->take();            gives the connection back when it is destroyed
//
// Driver settings (Neo4j operations manual, "Remote database aliases"):
//   connection_timeout        TCP and TLS, then again handshake and log-on; 0: left to the system
//   connection_max_lifetime   older connections are not used again; <= 0: no limit
//   pool_acquisition_timeout  of waiting for a free one; < 0: for ever, 0: not at all
//   pool_idle_test            idle for longer: tested by a round trip; none: never, 0: always
//   pool_max_size             per server; -1: no limit
//
// Pool: thread-safe. Acquisition and Lease: one thread at a time.
// Invariants
//   1. Open connections per server (idle, leased and being made) never exceed pool_max_size.
//   2. Who waits longest is served first; everyone who waits is woken by a return, the deadline or
//      close().
//   3. A connection is lent only when no earlier answer is awaited and no failure stands.
// Errors: those of BoltClient; ResourceExhausted (no connection became free in time).
#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "base/poll.h"
#include "base/result.h"
#include "cypher/graph_session.h"
#include "dbms/remote_graphs.h"
#include "federation/bolt_client.h"
#include "federation/routing_table.h"
#include "federation/trust_store.h"

namespace trellis::federation {

struct PoolOptions {
  std::string alias;
  BoltUri uri;
  std::string user;
  Secret password;
  dbms::DriverSettings driver;
};

class ConnectionPool : public std::enable_shared_from_this<ConnectionPool> {
 public:
  // A connection in use. Empty after release().
  class Lease {
   public:
    Lease() = default;
    Lease(std::shared_ptr<ConnectionPool> pool, std::unique_ptr<BoltClient> client)
        : pool_(std::move(pool)), client_(std::move(client)) {}
    Lease(Lease&&) noexcept = default;
    Lease& operator=(Lease&& other) noexcept;
    ~Lease() { release(); }

    explicit operator bool() const { return client_ != nullptr; }
    BoltClient* operator->() const { return client_.get(); }
    BoltClient& operator*() const { return *client_; }
    // Back to the pool, reset first where a failure stands.
    void release() noexcept;
    // Not to be used again: closed.
    void discard() noexcept;

   private:
    std::shared_ptr<ConnectionPool> pool_;
    std::unique_ptr<BoltClient> client_;
  };

  class Acquisition {
   public:
    Acquisition(std::shared_ptr<ConnectionPool> pool, cypher::AccessMode mode,
                std::string database);
    ~Acquisition();
    Result<Poll> poll(const PollContext& context);
    Lease take() { return std::move(lease_); }

   private:
    friend class ConnectionPool;
    struct Ticket;
    enum class Stage : uint8_t { kTarget, kFree, kOpening, kTesting, kRouting, kDone };

    Result<> choose_target();
    Result<Poll> step(const PollContext& context);
    Result<Poll> find_free(const PollContext& context);
    Result<Poll> open(const PollContext& context);
    Result<Poll> test(const PollContext& context);
    Result<Poll> route(const PollContext& context);
    void connected();
    void ask_route();
    Result<> next_member(Error failure);

    std::shared_ptr<ConnectionPool> pool_;
    const cypher::AccessMode mode_;
    const std::string database_;
    Stage stage_ = Stage::kTarget;
    net::Endpoint target_;
    bool target_is_router_ = false;
    bool fresh_table_ = false;  // fetched by this acquisition
    int attempts_ = 0;
    Lease lease_;
    std::shared_ptr<SimpleReply> route_reply_;
    std::shared_ptr<Ticket> ticket_;
  };

  // The loop must outlive the pool.
  ConnectionPool(net::EventLoop& loop, std::shared_ptr<TrustStore> trust, PoolOptions options);
  ~ConnectionPool();

  std::unique_ptr<Acquisition> acquire(cypher::AccessMode mode, std::string database);
  // Idle connections go, leased ones when they come back; nothing new is opened.
  void close() EXCLUDES(mutex_);
  const PoolOptions& options() const { return options_; }

  size_t open_count() const EXCLUDES(mutex_);
  size_t idle_count() const EXCLUDES(mutex_);

 private:
  using Clock = std::chrono::steady_clock;
  struct Idle {
    std::unique_ptr<BoltClient> client;
    Clock::time_point since;
  };
  struct Server {
    std::deque<Idle> idle;  // the last used at the back
    size_t open = 0;
    std::deque<std::shared_ptr<Acquisition::Ticket>> waiting;
  };
  struct Taken {
    std::unique_ptr<BoltClient> client;  // an idle one
    bool may_open = false;               // else: make one
    bool test = false;
  };

  Result<Taken> take(const net::Endpoint& server,
                     const std::shared_ptr<Acquisition::Ticket>& ticket) EXCLUDES(mutex_);
  void give_back(std::unique_ptr<BoltClient> client, bool reuse) noexcept EXCLUDES(mutex_);
  void forget_one(const net::Endpoint& server) noexcept EXCLUDES(mutex_);
  void leave_queue(const net::Endpoint& server, const std::shared_ptr<Acquisition::Ticket>& ticket)
      EXCLUDES(mutex_);
  Result<std::unique_ptr<BoltClient>> make(const net::Endpoint& server);
  bool worn_out(const BoltClient& client, Clock::time_point now) const;
  static void wake_first(Server& server, Waker& out);

  std::optional<RoutingTable> table_for(const std::string& database) EXCLUDES(mutex_);
  void keep_table(const std::string& database, RoutingTable table) EXCLUDES(mutex_);
  void drop_member(const std::string& database, const net::Endpoint& member) EXCLUDES(mutex_);

  net::EventLoop& loop_;
  const std::shared_ptr<TrustStore> trust_;
  const PoolOptions options_;
  mutable Mutex mutex_;
  bool closed_ GUARDED_BY(mutex_) = false;
  std::map<std::string, Server> servers_ GUARDED_BY(mutex_);
  std::map<std::string, RoutingTable> tables_ GUARDED_BY(mutex_);
};

}  // namespace trellis::federation
