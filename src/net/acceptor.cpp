// SPDX-License-Identifier: Apache-2.0
#include "net/acceptor.h"

#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <future>
#include <utility>

#include "net/io_thread_impl.h"
#include "net/tcp_stream.h"
#include "os/port_holder.h"

namespace trellis::net {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;

constexpr std::chrono::milliseconds kPauseWithoutDescriptors{100};
constexpr std::chrono::minutes kComplaintInterval{1};
// Connections that were accepted and that their thread has not looked at yet. Beyond it they wait
// in the kernel's queue, where they cost nothing.
constexpr int kMostUnseen = 64;

std::string advice_for(const error_code& failed, uint16_t port) {
  if (failed == boost::asio::error::address_in_use) {
    const auto holder = os::who_listens(port);
    return fmt::format(
        "{} listens there: stop it, or choose another port in the listen_address setting.",
        holder ? fmt::format("Process {} (pid {})", holder->name, holder->pid)
               : "Another process (`ss -ltnp`, as root, shows which)");
  }
  if (failed == boost::asio::error::access_denied) {
    return "Ports below 1024 need a capability. In the [Service] section of the systemd unit write "
           "AmbientCapabilities=CAP_NET_BIND_SERVICE (packaging/trellis.service has it), or let "
           "systemd open the port (packaging/*.socket); by hand: `setpriv --reuid=trellis "
           "--regid=trellis --init-groups --inh-caps=+net_bind_service "
           "--ambient-caps=+net_bind_service trellis console`. Or choose a higher port.";
  }
  return "The listen_address setting must name an address of this machine, or 0.0.0.0 for all of "
         "them.";
}

// Owned by the Acceptor and by the accept that waits.
struct Listener : std::enable_shared_from_this<Listener> {
  Listener(EventLoop& l, std::string name, Logger logger, Acceptor::OnStream callback)
      : loop(l),
        home(l.next()),
        purpose(std::move(name)),
        log(std::move(logger)),
        on_stream(std::move(callback)),
        acceptor(home.impl().context),
        pause(home.impl().context) {}

  void accept_next() {
    IoThread& target = loop.next();
    acceptor.async_accept(
        target.impl().context, peer,
        [self = shared_from_this(), &target](const error_code& failed, TcpSocket socket) {
          self->accepted(target, failed, std::move(socket));
        });
  }

  void accepted(IoThread& target, const error_code& failed, TcpSocket socket) {
    if (closed) return;
    if (!failed) {
      auto stream = make_tcp_stream(target, std::move(socket), peer);
      ++unseen;
      target.post([self = shared_from_this(), s = std::move(stream)]() mutable {
        if (!self->closed) self->on_stream(std::move(s));
        if (self->unseen.fetch_sub(1) == kMostUnseen) {
          self->home.post([self] {
            if (std::exchange(self->held_back, false) && !self->closed) self->accept_next();
          });
        }
      });
      if (unseen < kMostUnseen) return accept_next();
      held_back = true;
      // The thread may have caught up in between, and have found nothing held back.
      if (unseen < kMostUnseen && std::exchange(held_back, false)) accept_next();
      return;
    }
    const bool transient = failed == boost::asio::error::connection_aborted ||
                           failed == boost::asio::error::connection_reset ||
                           failed == boost::asio::error::interrupted;
    if (transient) return accept_next();
    complain(failed);
    pause.expires_after(kPauseWithoutDescriptors);
    pause.async_wait([self = shared_from_this()](const error_code& cancelled) {
      if (!cancelled && !self->closed) self->accept_next();
    });
  }

  void complain(const error_code& failed) {
    const auto now = std::chrono::steady_clock::now();
    if (now < next_complaint) return;
    next_complaint = now + kComplaintInterval;
    log.error(
        "{} on {} cannot accept connections: {}. Accepting goes on every {} ms; raise the limit "
        "of open files (LimitNOFILE, ulimit -n) if it is too low.",
        purpose, to_string(local), failed.message(), kPauseWithoutDescriptors.count());
  }

  void close() {
    closed = true;
    error_code ignored;
    acceptor.close(ignored);
    pause.cancel();
  }

  EventLoop& loop;
  IoThread& home;
  const std::string purpose;
  Logger log;
  Acceptor::OnStream on_stream;
  tcp::acceptor acceptor;  // on `home` alone, as is all below
  tcp::endpoint peer;      // of the connection that is being accepted
  boost::asio::steady_timer pause;
  std::chrono::steady_clock::time_point next_complaint{};
  bool held_back = false;  // accepting goes on when somebody has seen a connection
  std::atomic<int> unseen{0};
  std::atomic<bool> closed{false};
  Endpoint local;
};

class TcpAcceptor final : public Acceptor {
 public:
  explicit TcpAcceptor(std::shared_ptr<Listener> listener) : listener_(std::move(listener)) {}
  ~TcpAcceptor() override { close(); }

  const Endpoint& local() const override { return listener_->local; }

  void close() override {
    if (listener_->closed.exchange(true)) return;
    // Waits for the thread, unless the loop has stopped already.
    if (listener_->home.impl().context.stopped()) return listener_->close();
    auto done = std::make_shared<std::promise<void>>();
    auto finished = done->get_future();
    listener_->home.post([listener = listener_, done] {
      listener->close();
      done->set_value();
    });
    while (finished.wait_for(std::chrono::milliseconds(20)) != std::future_status::ready) {
      if (listener_->home.impl().context.stopped()) return;
    }
  }

 private:
  std::shared_ptr<Listener> listener_;
};

Result<tcp::endpoint> resolve_listen_address(EventLoop& loop, const Endpoint& address) {
  if (address.host.empty()) return tcp::endpoint(boost::asio::ip::address_v4::any(), address.port);
  error_code failed;
  const auto literal = boost::asio::ip::make_address(address.host, failed);
  if (!failed) return tcp::endpoint(literal, address.port);
  tcp::resolver resolver(loop.thread(0).impl().context);
  const auto found = resolver.resolve(address.host, std::to_string(address.port), failed);
  if (failed || found.empty()) {
    return fail(ErrorCode::InvalidConfiguration,
                "Cannot listen on {}: the host name '{}' has no address ({}). Set listen_address "
                "to an address of this machine, or to 0.0.0.0 for all of them.",
                to_string(address), address.host, failed.message());
  }
  // "localhost" is v4 first: the address that every client tries.
  for (const auto& entry : found) {
    if (entry.endpoint().address().is_v4()) return entry.endpoint();
  }
  return found.begin()->endpoint();
}

std::unique_ptr<Acceptor> started(std::shared_ptr<Listener> listener) {
  error_code ignored;
  set_tcp_options(listener->acceptor.native_handle());
  listener->local = to_endpoint(listener->acceptor.local_endpoint(ignored));
  listener->home.post([listener] {
    if (!listener->closed) listener->accept_next();
  });
  return std::make_unique<TcpAcceptor>(std::move(listener));
}

}  // namespace

Result<std::unique_ptr<Acceptor>> Acceptor::listen(EventLoop& loop, std::string purpose,
                                                   const Endpoint& address, Logger log,
                                                   OnStream on_stream) {
  TRELLIS_TRY_ASSIGN(const tcp::endpoint endpoint, resolve_listen_address(loop, address));
  auto listener =
      std::make_shared<Listener>(loop, std::move(purpose), std::move(log), std::move(on_stream));
  auto& acceptor = listener->acceptor;
  error_code failed;
  acceptor.open(endpoint.protocol(), failed);
  if (!failed) acceptor.set_option(tcp::acceptor::reuse_address(true), failed);
  if (!failed && endpoint.address().is_v6()) {
    // "::" takes v4 clients too.
    acceptor.set_option(boost::asio::ip::v6_only(false), failed);
  }
  if (!failed) acceptor.bind(endpoint, failed);
  if (!failed) acceptor.listen(boost::asio::socket_base::max_listen_connections, failed);
  if (failed) {
    return fail(ErrorCode::InvalidConfiguration, "{} cannot listen on {}: {}. {}",
                listener->purpose, to_string(address), failed.message(),
                advice_for(failed, address.port));
  }
  return started(std::move(listener));
}

Result<std::unique_ptr<Acceptor>> Acceptor::adopt(EventLoop& loop, std::string purpose,
                                                  int listening_socket, Logger log,
                                                  OnStream on_stream) {
  auto listener =
      std::make_shared<Listener>(loop, std::move(purpose), std::move(log), std::move(on_stream));
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  error_code failed;
  if (::getsockname(listening_socket, reinterpret_cast<sockaddr*>(&bound), &size) != 0) {
    failed.assign(errno, boost::system::system_category());
  } else if (bound.ss_family != AF_INET && bound.ss_family != AF_INET6) {
    failed = boost::asio::error::address_family_not_supported;
  } else {
    listener->acceptor.assign(bound.ss_family == AF_INET6 ? tcp::v6() : tcp::v4(), listening_socket,
                              failed);
  }
  if (failed) {
    ::close(listening_socket);
    return fail(ErrorCode::InvalidConfiguration,
                "{} cannot accept connections on the socket that was handed over: {}. Its "
                ".socket unit needs ListenStream= with a TCP port.",
                listener->purpose, failed.message());
  }
  return started(std::move(listener));
}

}  // namespace trellis::net
