// SPDX-License-Identifier: Apache-2.0
#include "net/tcp_stream.h"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <system_error>

namespace trellis::net {
namespace {

using boost::system::error_code;

tl::unexpected<Error> closed_error() {
  return fail(ErrorCode::ConnectionClosed, "The connection was closed on this side.");
}

class TcpStream final : public Stream {
 public:
  TcpStream(IoThread& thread, TcpSocket socket, const boost::asio::ip::tcp::endpoint& peer)
      : thread_(thread), socket_(std::move(socket)), peer_(to_endpoint(peer)) {
    error_code ignored;
    socket_.native_non_blocking(true, ignored);
  }

  Result<Transfer> read_now(std::span<std::byte> into) override { return receive(into, 0); }

  Result<std::optional<std::byte>> peek_now() override {
    std::byte first{};
    auto got = receive({&first, 1}, MSG_PEEK);
    if (!got) return fail(std::move(got.error()));
    if (got->kind == Transfer::Kind::kEnd) {
      return fail(ErrorCode::ConnectionClosed, "The peer {} closed the connection.",
                  to_string(peer_));
    }
    if (!got->moved()) return std::optional<std::byte>();
    return std::optional<std::byte>(first);
  }

  Result<Transfer> write_now(std::span<const std::byte> bytes) override {
    if (!socket_.is_open()) return closed_error();
    for (;;) {
      const ssize_t sent =
          ::send(socket_.native_handle(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent >= 0) return Transfer{Transfer::Kind::kBytes, static_cast<size_t>(sent)};
      if (errno == EINTR) continue;
      if (errno == EAGAIN || errno == EWOULDBLOCK) return Transfer{};
      return lost("write to");
    }
  }

  void wait(Interest interest, ReadyCallback ready) override {
    if (!socket_.is_open()) {
      thread_.post([answer = std::move(ready)]() mutable { answer(closed_error()); });
      return;
    }
    const auto what = interest == Interest::kRead ? TcpSocket::wait_read : TcpSocket::wait_write;
    socket_.async_wait(what, [answer = std::move(ready)](const error_code& failed) mutable {
      if (failed) {
        answer(closed_error());
      } else {
        answer({});
      }
    });
  }

  void finish_writing() override {
    error_code ignored;
    socket_.shutdown(TcpSocket::shutdown_send, ignored);
  }
  void close() override {
    error_code ignored;
    socket_.close(ignored);
  }

  // Few ask, and asking costs a call of the system.
  const Endpoint& local() const override {
    error_code ignored;
    if (!local_) local_ = to_endpoint(socket_.local_endpoint(ignored));
    return *local_;
  }
  const Endpoint& peer() const override { return peer_; }
  IoThread& thread() override { return thread_; }

 private:
  Result<Transfer> receive(std::span<std::byte> into, int flags) {
    if (!socket_.is_open()) return closed_error();
    for (;;) {
      const ssize_t got = ::recv(socket_.native_handle(), into.data(), into.size(), flags);
      if (got > 0) return Transfer{Transfer::Kind::kBytes, static_cast<size_t>(got)};
      if (got == 0) return Transfer{Transfer::Kind::kEnd, 0};
      if (errno == EINTR) continue;
      if (errno == EAGAIN || errno == EWOULDBLOCK) return Transfer{};
      return lost("read from");
    }
  }

  tl::unexpected<Error> lost(const char* attempt) const {
    return fail(ErrorCode::ConnectionClosed, "Cannot {} {}: {}.", attempt, to_string(peer_),
                std::generic_category().message(errno));
  }

  IoThread& thread_;
  TcpSocket socket_;
  mutable std::optional<Endpoint> local_;
  const Endpoint peer_;
};

}  // namespace

Endpoint to_endpoint(const boost::asio::ip::tcp::endpoint& endpoint) {
  auto address = endpoint.address();
  if (address.is_v4()) {
    // Of every connection that comes; inet_ntop(3) takes ten times as long.
    const auto b = address.to_v4().to_bytes();
    return {fmt::format("{}.{}.{}.{}", b[0], b[1], b[2], b[3]), endpoint.port()};
  }
  // A v4 client of a v6 listener is shown as what it is.
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    return {
        boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, address.to_v6()).to_string(),
        endpoint.port()};
  }
  return {address.to_string(), endpoint.port()};
}

void set_tcp_options(int socket) {
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
}

std::unique_ptr<Stream> make_tcp_stream(IoThread& thread, TcpSocket socket,
                                        const boost::asio::ip::tcp::endpoint& peer) {
  return std::make_unique<TcpStream>(thread, std::move(socket), peer);
}

}  // namespace trellis::net
