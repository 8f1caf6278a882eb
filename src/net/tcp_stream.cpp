// SPDX-License-Identifier: Apache-2.0
#include "net/tcp_stream.h"

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
  TcpStream(IoThread& thread, TcpSocket socket) : thread_(thread), socket_(std::move(socket)) {
    error_code ignored;
    local_ = to_endpoint(socket_.local_endpoint(ignored));
    peer_ = to_endpoint(socket_.remote_endpoint(ignored));
    socket_.native_non_blocking(true, ignored);
    socket_.set_option(boost::asio::ip::tcp::no_delay(true), ignored);
    socket_.set_option(boost::asio::socket_base::keep_alive(true), ignored);
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

  const Endpoint& local() const override { return local_; }
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
  Endpoint local_;
  Endpoint peer_;
};

}  // namespace

Endpoint to_endpoint(const boost::asio::ip::tcp::endpoint& endpoint) {
  auto address = endpoint.address();
  // A v4 client of a v6 listener is shown as what it is.
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    return {
        boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, address.to_v6()).to_string(),
        endpoint.port()};
  }
  return {address.to_string(), endpoint.port()};
}

std::unique_ptr<Stream> make_tcp_stream(IoThread& thread, TcpSocket socket) {
  return std::make_unique<TcpStream>(thread, std::move(socket));
}

}  // namespace trellis::net
