// SPDX-License-Identifier: Apache-2.0
#include "federation/connection_pool.h"

#include "federation/pool_ticket.h"

namespace trellis::federation {
namespace {

using std::chrono::milliseconds;

constexpr size_t kMaxIdle = 100;   // per server
constexpr size_t kMaxTables = 64;  // an alias has one database, so one or two are usual

}  // namespace

// -- leases --

ConnectionPool::Lease& ConnectionPool::Lease::operator=(Lease&& other) noexcept {
  release();
  pool_ = std::move(other.pool_);
  client_ = std::move(other.client_);
  return *this;
}

void ConnectionPool::Lease::release() noexcept {
  if (client_) pool_->give_back(std::move(client_), true);
  pool_.reset();
}

void ConnectionPool::Lease::discard() noexcept {
  if (client_) pool_->give_back(std::move(client_), false);
  pool_.reset();
}

// -- the pool --

ConnectionPool::ConnectionPool(net::EventLoop& loop, std::shared_ptr<TrustStore> trust,
                               PoolOptions options)
    : loop_(loop), trust_(std::move(trust)), options_(std::move(options)) {}

ConnectionPool::~ConnectionPool() = default;

std::unique_ptr<ConnectionPool::Acquisition> ConnectionPool::acquire(cypher::AccessMode mode,
                                                                     std::string database) {
  return std::make_unique<Acquisition>(shared_from_this(), mode, std::move(database));
}

bool ConnectionPool::worn_out(const BoltClient& client, Clock::time_point now) const {
  const auto lifetime = options_.driver.connection_max_lifetime;
  return lifetime.count() > 0 && now - client.created() > lifetime;
}

void ConnectionPool::wake_first(Server& server, Waker& out) {
  if (!server.waiting.empty()) out = server.waiting.front()->take_waker();
}

Result<ConnectionPool::Taken> ConnectionPool::take(
    const net::Endpoint& endpoint, const std::shared_ptr<Acquisition::Ticket>& ticket) {
  const auto now = Clock::now();
  std::vector<std::unique_ptr<BoltClient>> dropped;  // closed outside the lock
  Taken taken;
  MutexLock lock(mutex_);
  if (closed_) {
    return fail(ErrorCode::ConnectionClosed, "The remote alias '{}' was changed or dropped.",
                options_.alias);
  }
  Server& server = servers_[net::to_string(endpoint)];
  if (!server.waiting.empty() && server.waiting.front() != ticket) return taken;
  while (!server.idle.empty() && !taken.client) {
    Idle idle = std::move(server.idle.back());
    server.idle.pop_back();
    if (!idle.client->is_open() || worn_out(*idle.client, now)) {
      --server.open;
      dropped.push_back(std::move(idle.client));
      continue;
    }
    const auto& limit = options_.driver.pool_idle_test;
    taken.test = limit && now - idle.since >= *limit;
    taken.client = std::move(idle.client);
  }
  if (taken.client) return taken;
  const int64_t most = options_.driver.pool_max_size;
  if (most < 0 || server.open < static_cast<size_t>(most)) {
    ++server.open;
    taken.may_open = true;
  }
  return taken;
}

void ConnectionPool::give_back(std::unique_ptr<BoltClient> client, bool reuse) noexcept {
  const auto now = Clock::now();
  const std::string key = net::to_string(client->endpoint());
  const bool sound = reuse && client->is_open() && !worn_out(*client, now);
  if (sound && client->failed()) client->reset();
  Waker woken;
  std::vector<std::unique_ptr<BoltClient>> dropped;
  {
    MutexLock lock(mutex_);
    Server& server = servers_[key];
    if (sound && !closed_) {
      server.idle.push_back({std::move(client), now});
      if (server.idle.size() > kMaxIdle) {
        dropped.push_back(std::move(server.idle.front().client));
        server.idle.pop_front();
        --server.open;
      }
    } else {
      --server.open;
      dropped.push_back(std::move(client));
    }
    while (!server.idle.empty() && worn_out(*server.idle.front().client, now)) {
      dropped.push_back(std::move(server.idle.front().client));
      server.idle.pop_front();
      --server.open;
    }
    wake_first(server, woken);
  }
  if (woken) woken();
}

void ConnectionPool::forget_one(const net::Endpoint& endpoint) noexcept {
  Waker woken;
  {
    MutexLock lock(mutex_);
    Server& server = servers_[net::to_string(endpoint)];
    --server.open;
    wake_first(server, woken);
  }
  if (woken) woken();
}

void ConnectionPool::leave_queue(const net::Endpoint& endpoint,
                                 const std::shared_ptr<Acquisition::Ticket>& ticket) {
  Waker woken;
  {
    MutexLock lock(mutex_);
    Server& server = servers_[net::to_string(endpoint)];
    std::erase(server.waiting, ticket);
    // What woke the one who leaves is the next one's now.
    wake_first(server, woken);
  }
  if (woken) woken();
}

void ConnectionPool::close() {
  std::vector<Waker> woken;
  std::vector<std::unique_ptr<BoltClient>> dropped;
  {
    MutexLock lock(mutex_);
    closed_ = true;
    for (auto& [name, server] : servers_) {
      server.open -= server.idle.size();
      for (Idle& idle : server.idle) dropped.push_back(std::move(idle.client));
      server.idle.clear();
      for (const auto& ticket : server.waiting) woken.push_back(ticket->take_waker());
    }
  }
  for (Waker& waker : woken) {
    if (waker) waker();
  }
}

size_t ConnectionPool::open_count() const {
  MutexLock lock(mutex_);
  size_t count = 0;
  for (const auto& [name, server] : servers_) count += server.open;
  return count;
}

size_t ConnectionPool::idle_count() const {
  MutexLock lock(mutex_);
  size_t count = 0;
  for (const auto& [name, server] : servers_) count += server.idle.size();
  return count;
}

Result<std::unique_ptr<BoltClient>> ConnectionPool::make(const net::Endpoint& endpoint) {
  BoltClientOptions options;
  options.uri = options_.uri;
  options.uri.endpoint = endpoint;
  TRELLIS_TRY_ASSIGN(options.tls, trust_->context_for(options.uri.encryption));
  options.connection_timeout = std::chrono::ceil<milliseconds>(options_.driver.connection_timeout);
  options.user_agent = "trellis-alias/0.1";
  options.user = options_.user;
  options.password = options_.password.clone();
  return std::make_unique<BoltClient>(loop_.next(), std::move(options));
}

// -- routing tables --

std::optional<RoutingTable> ConnectionPool::table_for(const std::string& database) {
  MutexLock lock(mutex_);
  const auto found = tables_.find(database);
  if (found == tables_.end()) return std::nullopt;
  if (found->second.good_until <= Clock::now()) {
    tables_.erase(found);
    return std::nullopt;
  }
  return found->second;
}

void ConnectionPool::keep_table(const std::string& database, RoutingTable table) {
  MutexLock lock(mutex_);
  if (tables_.size() >= kMaxTables) tables_.clear();
  tables_[database] = std::move(table);
}

void ConnectionPool::drop_member(const std::string& database, const net::Endpoint& member) {
  MutexLock lock(mutex_);
  const auto found = tables_.find(database);
  if (found != tables_.end()) found->second.drop(member);
}

}  // namespace trellis::federation
