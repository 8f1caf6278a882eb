// SPDX-License-Identifier: Apache-2.0
//
// How a connection is got: target (by routing table), a free one or leave to open one, open or
// test, and where a routing table is missing, ROUTE on the first connection, then the same for the
// member.
#include <array>

#include "federation/connection_pool.h"
#include "federation/pool_ticket.h"

namespace trellis::federation {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using value::MapEntry;
using value::Value;

constexpr int kMaxAttempts = 16;

// Calls the ticket's waker when its deadline has come. The timer belongs to its own callback.
void wake_later(net::IoThread& thread, milliseconds delay, std::function<void()> wake) {
  thread.post([&thread, delay, wake = std::move(wake)]() mutable {
    auto timer = std::make_shared<net::Timer>(thread);
    net::Timer& armed = *timer;
    armed.arm(delay, [timer = std::move(timer), wake = std::move(wake)] { wake(); });
  });
}

bool is_connection_trouble(const Error& error) {
  return error.code() == ErrorCode::ConnectionFailed || error.code() == ErrorCode::ConnectionClosed;
}

}  // namespace

ConnectionPool::Acquisition::Acquisition(std::shared_ptr<ConnectionPool> pool,
                                         cypher::AccessMode mode, std::string database)
    : pool_(std::move(pool)), mode_(mode), database_(std::move(database)) {}

ConnectionPool::Acquisition::~Acquisition() {
  if (ticket_) pool_->leave_queue(ticket_->server, ticket_);
  if (stage_ != Stage::kDone) lease_.discard();
}

Result<Poll> ConnectionPool::Acquisition::poll(const PollContext& context) {
  while (stage_ != Stage::kDone) {
    auto poll = step(context);
    if (!poll) {
      TRELLIS_TRY(next_member(std::move(poll).error()));
      continue;
    }
    if (*poll != Poll::kReady) return *poll;
  }
  return Poll::kReady;
}

Result<Poll> ConnectionPool::Acquisition::step(const PollContext& context) {
  switch (stage_) {
    case Stage::kTarget:
      TRELLIS_TRY(choose_target());
      stage_ = Stage::kFree;
      return Poll::kReady;
    case Stage::kFree:
      return find_free(context);
    case Stage::kOpening:
      return open(context);
    case Stage::kTesting:
      return test(context);
    case Stage::kRouting:
      return route(context);
    case Stage::kDone:
      return Poll::kReady;
  }
  TRELLIS_UNREACHABLE();
}

Result<> ConnectionPool::Acquisition::choose_target() {
  target_ = pool_->options_.uri.endpoint;
  target_is_router_ = false;
  if (!pool_->options_.uri.routing) return {};
  const auto table = pool_->table_for(database_);
  if (!table) {
    target_is_router_ = true;
    return {};
  }
  const auto& members = table->members(mode_);
  if (members.empty()) {
    if (!fresh_table_) {
      target_is_router_ = true;
      return {};
    }
    return fail(ErrorCode::ConnectionFailed,
                "The remote DBMS at {} has no server that {} database '{}' at the moment.",
                net::to_string(target_),
                mode_ == cypher::AccessMode::kRead ? "can read" : "can write", database_);
  }
  // Spread over the members; the connection already held wins.
  if (lease_) {
    for (const net::Endpoint& member : members) {
      if (member == lease_->endpoint()) {
        target_ = member;
        return {};
      }
    }
  }
  target_ = members[static_cast<size_t>(steady_clock::now().time_since_epoch().count() / 64) %
                    members.size()];
  return {};
}

Result<Poll> ConnectionPool::Acquisition::find_free(const PollContext& context) {
  if (lease_ && lease_->endpoint() == target_) {
    connected();
    return Poll::kReady;
  }
  lease_.release();
  // The waker is left before looking, so that a return in between is not missed.
  if (ticket_) ticket_->set_waker(context.waker);
  TRELLIS_TRY_ASSIGN(Taken taken, pool_->take(target_, ticket_));
  if (!taken.client && !taken.may_open) {
    const auto patience = pool_->options_.driver.pool_acquisition_timeout;
    const bool first = !ticket_;
    if (first && patience.count() != 0) {
      ticket_ = std::make_shared<Ticket>();
      ticket_->server = target_;
      ticket_->deadline =
          patience.count() < 0
              ? steady_clock::time_point::max()
              : steady_clock::now() + std::chrono::duration_cast<steady_clock::duration>(patience);
      MutexLock lock(pool_->mutex_);
      pool_->servers_[net::to_string(target_)].waiting.push_back(ticket_);
    }
    if (!ticket_ || steady_clock::now() >= ticket_->deadline) {
      return fail(ErrorCode::ResourceExhausted,
                  "All {} connections to {} of the remote alias '{}' are in use. Raise its driver "
                  "setting connection_pool_max_size or connection_pool_acquisition_timeout.",
                  pool_->options_.driver.pool_max_size, net::to_string(target_),
                  pool_->options_.alias);
    }
    if (!first) return Poll::kBlocked;
    if (patience.count() > 0) {
      wake_later(pool_->loop_.next(), std::chrono::ceil<milliseconds>(patience) + milliseconds(1),
                 [weak = std::weak_ptr(ticket_)] {
                   const auto ticket = weak.lock();
                   const Waker waker = ticket ? ticket->take_waker() : Waker();
                   if (waker) waker();
                 });
    }
    return Poll::kReady;  // once more, now with a place in the queue
  }
  if (ticket_) pool_->leave_queue(ticket_->server, std::exchange(ticket_, nullptr));
  if (taken.client) {
    lease_ = Lease(pool_, std::move(taken.client));
    if (taken.test) lease_->reset();
    stage_ = Stage::kTesting;
    return Poll::kReady;
  }
  auto made = pool_->make(target_);
  if (!made) {
    pool_->forget_one(target_);
    return fail(std::move(made).error());
  }
  lease_ = Lease(pool_, std::move(*made));
  stage_ = Stage::kOpening;
  return Poll::kReady;
}

Result<Poll> ConnectionPool::Acquisition::open(const PollContext& context) {
  TRELLIS_TRY_ASSIGN(const Poll poll, lease_->poll_ready(context));
  if (poll == Poll::kReady) connected();
  return poll;
}

// An idle connection whose server has gone is no failure: the next one, or a new one, is taken.
Result<Poll> ConnectionPool::Acquisition::test(const PollContext& context) {
  auto poll = lease_->drive(context, [&] { return lease_->settled(); });
  if (!poll) {
    lease_.discard();
    stage_ = Stage::kFree;
    return Poll::kReady;
  }
  if (*poll == Poll::kReady) connected();
  return *poll;
}

void ConnectionPool::Acquisition::connected() {
  if (!target_is_router_) {
    stage_ = Stage::kDone;
    return;
  }
  ask_route();
  stage_ = Stage::kRouting;
}

void ConnectionPool::Acquisition::ask_route() {
  const std::string address = net::to_string(pool_->options_.uri.endpoint);
  std::vector<MapEntry> context{{"address", Value::string(address)}};
  for (const auto& [key, text] : pool_->options_.uri.routing_context) {
    context.push_back({key, Value::string(text)});
  }
  wire::Route route;
  route.routing = Value::map(context);
  route.database = database_;
  route_reply_ = std::make_shared<SimpleReply>();
  lease_->send(std::move(route), route_reply_);
}

Result<Poll> ConnectionPool::Acquisition::route(const PollContext& context) {
  TRELLIS_TRY_ASSIGN(const Poll poll, lease_->drive(context, [&] { return route_reply_->done(); }));
  if (poll != Poll::kReady) return poll;
  TRELLIS_TRY_ASSIGN(const Value metadata, route_reply_->outcome());
  TRELLIS_TRY_ASSIGN(RoutingTable table, routing_table_of(metadata.as_map(), steady_clock::now()));
  // Good for this acquisition at least, however short its life.
  table.good_until = std::max(table.good_until, steady_clock::now() + std::chrono::seconds(1));
  pool_->keep_table(database_, std::move(table));
  fresh_table_ = true;
  stage_ = Stage::kTarget;
  return Poll::kReady;
}

// A member that cannot be reached is struck from the table, and the next one is tried.
Result<> ConnectionPool::Acquisition::next_member(Error failure) {
  if (ticket_) pool_->leave_queue(ticket_->server, std::exchange(ticket_, nullptr));
  const bool connecting = stage_ == Stage::kOpening;
  if (lease_ && (connecting || !lease_->is_open())) lease_.discard();
  lease_.release();
  const bool another = pool_->options_.uri.routing && connecting && !target_is_router_ &&
                       is_connection_trouble(failure) && ++attempts_ < kMaxAttempts;
  if (!another) {
    stage_ = Stage::kTarget;
    return fail(std::move(failure));
  }
  pool_->drop_member(database_, target_);
  const auto table = pool_->table_for(database_);
  if (fresh_table_ && table && table->members(mode_).empty()) return fail(std::move(failure));
  stage_ = Stage::kTarget;
  return {};
}

}  // namespace trellis::federation
