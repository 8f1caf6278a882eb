// SPDX-License-Identifier: Apache-2.0
#include "server/bolt/server.h"

#include <future>

namespace trellis::server {
namespace {

constexpr std::chrono::milliseconds kStopCheck{10};
constexpr int64_t kComplaintIntervalMs = 1000;

int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace

BoltServer::BoltServer(net::EventLoop& loop, net::WorkerPool& workers, Options& options)
    : loop_(loop),
      inbound_(std::make_shared<const InboundPolicy>(options.inbound)),
      discovery_(options.discovery),
      https_(options.https),
      strict_transport_security_(options.strict_transport_security),
      plain_refusal_(options.plain_refusal),
      shared_{std::move(options.settings), std::move(options.sessions), workers, options.log} {
  for (size_t i = 0; i < loop.size(); ++i) threads_.push_back(std::make_unique<BoltThread>());
}

Result<std::unique_ptr<BoltServer>> BoltServer::start(net::EventLoop& loop,
                                                      net::WorkerPool& workers, Options options) {
  std::unique_ptr<BoltServer> server(new BoltServer(loop, workers, options));
  const auto accept = [self = server.get()](std::unique_ptr<net::Stream> stream) {
    self->accept(std::move(stream));
  };
  TRELLIS_TRY_ASSIGN(
      server->acceptor_,
      options.inherited >= 0
          ? net::Acceptor::adopt(loop, "Bolt", options.inherited, options.log, accept)
          : net::Acceptor::listen(loop, "Bolt", options.listen, options.log, accept));
  return server;
}

BoltServer::~BoltServer() { stop(std::chrono::milliseconds(0)); }

BoltThread& BoltServer::thread_of(net::IoThread& io) {
  for (size_t i = 0; i < loop_.size(); ++i) {
    if (&loop_.thread(i) == &io) return *threads_[i];
  }
  TRELLIS_UNREACHABLE();
}

void BoltServer::refuse(const std::string& why) {
  const int64_t now = now_ms();
  int64_t next = next_complaint_ms_.load(std::memory_order_relaxed);
  if (now < next || !next_complaint_ms_.compare_exchange_strong(next, now + kComplaintIntervalMs)) {
    return shared_.log.debug("Refused a connection: {}", why);
  }
  shared_.log.warn("Refused a connection: {}", why);
}

void BoltServer::accept(std::unique_ptr<net::Stream> stream) {
  // Counts from here on, whatever state the connection is in.
  opened_.fetch_add(1, std::memory_order_relaxed);
  const auto taken = open_->fetch_add(1, std::memory_order_relaxed);
  std::shared_ptr<void> ticket(
      open_.get(), [open = open_](void*) { open->fetch_sub(1, std::memory_order_relaxed); });
  const size_t limit = shared_.settings.max_connections;
  if (limit != 0 && static_cast<size_t>(taken) >= limit) {
    refuse(
        fmt::format("{} connections are open, and trellis.bolt.max_connections allows no more. "
                    "Raise it, or see why so many are open.",
                    taken));
    return stream->close();
  }
  take_in(std::move(stream), inbound_,
          [this, gate = gate_, ticket = std::move(ticket)](Result<Inbound> inbound) mutable {
            if (!gate->load()) return;
            if (!inbound) return refuse(inbound.error().message());
            begin(std::move(*inbound), std::move(ticket));
          });
}

void BoltServer::begin(Inbound inbound, std::shared_ptr<void> ticket) {
  if (inbound.protocol == FirstByte::kBolt) {
    return open(std::move(inbound.stream), std::move(ticket));
  }
  auto service = http_service(inbound.encrypted, ticket);
  net::serve_http(std::move(inbound.stream), std::move(service), inbound.encrypted,
                  std::move(ticket));
}

void BoltServer::open(std::unique_ptr<net::Stream> stream, std::shared_ptr<void> ticket) {
  BoltThread& thread = thread_of(stream->thread());
  const uint64_t id = next_id_.fetch_add(1, std::memory_order_relaxed);
  BoltConnection::open(shared_, thread, std::move(stream), fmt::format("bolt-{}", id),
                       std::move(ticket));
}

// Beside Bolt, one answer or one upgrade for each connection; where HTTPS shares the port, all that
// it does. Whoever outlives the server asks the gate.
std::shared_ptr<const net::HttpService> BoltServer::http_service(bool encrypted,
                                                                 std::shared_ptr<void> ticket) {
  const bool shared_port = encrypted && https_;
  auto service = shared_port ? std::make_shared<net::HttpService>(*https_)
                             : std::make_shared<net::HttpService>();
  if (!shared_port) {
    service->limits.body_bytes = 0;
    service->request_timeout = inbound_->timeout;
    service->keep_alive = false;
    service->strict_transport_security = strict_transport_security_;
    service->plain_refusal = plain_refusal_;
    DiscoverySettings discovery = discovery_;
    discovery.bolt_port = local().port;
    service->respond = [discovery](net::HttpRequest request, net::HttpAnswer answer) {
      answer(discover(request, discovery));
    };
  }
  service->on_websocket = [this, gate = gate_,
                           held = std::move(ticket)](std::unique_ptr<net::Stream> stream) {
    if (gate->load()) open(std::move(stream), held);
  };
  return service;
}

// Runs `work` once per thread and waits; says how many connections are left.
size_t BoltServer::on_every_thread(const std::function<void(BoltThread&)>& work) {
  size_t left = 0;
  for (size_t i = 0; i < loop_.size(); ++i) {
    auto done = std::make_shared<std::promise<size_t>>();
    auto answer = done->get_future();
    loop_.thread(i).post([&work, done, thread = threads_[i].get()] {
      work(*thread);
      done->set_value(thread->connections.size());
    });
    left += answer.get();
  }
  return left;
}

void BoltServer::stop(std::chrono::milliseconds grace) {
  if (std::exchange(stopped_, true) || !acceptor_) return;
  acceptor_->close();
  gate_->store(false);
  const auto until = std::chrono::steady_clock::now() + grace;
  for (;;) {
    const bool now = std::chrono::steady_clock::now() >= until;
    const size_t left = on_every_thread([now](BoltThread& thread) {
      const auto open = thread.connections;  // closing takes them out of the list
      for (const auto& connection : open) connection->shut_down(now);
    });
    // Those that a worker still holds come back in a moment.
    if (left == 0) return;
    std::this_thread::sleep_for(kStopCheck);
  }
}

}  // namespace trellis::server
