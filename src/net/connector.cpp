// SPDX-License-Identifier: Apache-2.0
#include "net/connector.h"

#include <boost/asio/ip/tcp.hpp>
#include <vector>

#include "net/io_thread_impl.h"
#include "net/tcp_stream.h"

namespace trellis::net {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// One outgoing connection in the making. Lives in the callbacks that it waits for, on its thread.
struct Attempt : std::enable_shared_from_this<Attempt> {
  Attempt(IoThread& t, ConnectOptions o, StreamCallback callback)
      : thread(t),
        options(std::move(o)),
        done(std::move(callback)),
        deadline(Clock::now() + options.timeout),
        resolver(t.impl().context),
        socket(t.impl().context),
        timer(t) {}

  void start() {
    timer.arm(options.timeout, [self = shared_from_this()] {
      self->finish(fail(ErrorCode::ConnectionFailed,
                        "Cannot connect to {}: resolving the host name took longer than {} ms. "
                        "Check the name servers of this machine.",
                        to_string(self->options.to), self->options.timeout.count()));
    });
    resolver.async_resolve(
        options.to.host, std::to_string(options.to.port),
        [self = shared_from_this()](const error_code& failed, tcp::resolver::results_type found) {
          self->resolved(failed, found);
        });
  }

  void resolved(const error_code& failed, const tcp::resolver::results_type& found) {
    if (!done) return;
    if (failed || found.empty()) {
      return finish(fail(ErrorCode::ConnectionFailed,
                         "Cannot connect to {}: the host name '{}' has no address ({}). Check its "
                         "spelling and the name servers of this machine.",
                         to_string(options.to), options.to.host, failed.message()));
    }
    for (const auto& entry : found) addresses.push_back(entry.endpoint());
    try_next();
  }

  milliseconds left() const {
    return std::max(milliseconds(0),
                    std::chrono::duration_cast<milliseconds>(deadline - Clock::now()));
  }

  // Each address gets its share of what is left, so that a silent one does not use up all of it.
  void try_next() {
    if (next == addresses.size() || left().count() == 0) {
      return finish(fail(ErrorCode::ConnectionFailed,
                         "Cannot connect to {}:{}. Check that the server runs, that it listens on "
                         "this address and port, and that no firewall is between.",
                         to_string(options.to), failures));
    }
    const tcp::endpoint address = addresses[next++];
    const milliseconds share = left() / static_cast<int>(addresses.size() - next + 1);
    error_code ignored;
    socket.close(ignored);
    timed_out = false;
    timer.arm(share, [self = shared_from_this()] {
      self->timed_out = true;
      error_code dropped;
      self->socket.close(dropped);
    });
    socket.async_connect(address, [self = shared_from_this(), address](const error_code& failed) {
      self->connected(address, failed);
    });
  }

  void connected(const tcp::endpoint& address, const error_code& failed) {
    timer.cancel();
    if (!done) return;
    if (failed || timed_out) {
      failures +=
          fmt::format("{} {}: {}", failures.empty() ? "" : ";", to_string(to_endpoint(address)),
                      timed_out ? "no answer in time" : failed.message());
      return try_next();
    }
    set_tcp_options(socket.native_handle());
    auto stream = make_tcp_stream(thread, std::move(socket), address);
    if (!options.tls) return finish(std::move(stream));
    TlsClientOptions tls = std::move(*options.tls);
    if (tls.server_name.empty()) tls.server_name = options.to.host;
    tls_connect(std::move(stream), std::move(tls), std::max(left(), milliseconds(1)),
                std::move(done));
  }

  void finish(Result<std::unique_ptr<Stream>> result) {
    if (!done) return;
    timer.cancel();
    resolver.cancel();
    auto answer = std::move(done);
    done = nullptr;
    answer(std::move(result));
  }

  IoThread& thread;
  ConnectOptions options;
  StreamCallback done;
  const Clock::time_point deadline;
  tcp::resolver resolver;
  TcpSocket socket;
  Timer timer;
  std::vector<tcp::endpoint> addresses;
  size_t next = 0;
  bool timed_out = false;
  std::string failures;
};

}  // namespace

void connect(IoThread& thread, ConnectOptions options, StreamCallback done) {
  auto attempt = std::make_shared<Attempt>(thread, std::move(options), std::move(done));
  thread.post([attempt] { attempt->start(); });
}

}  // namespace trellis::net
