// SPDX-License-Identifier: Apache-2.0
//
// The Stream over a connected TCP socket. Private to room `net`: it includes Asio.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <memory>

#include "net/stream.h"

namespace trellis::net {

using TcpSocket = boost::asio::ip::tcp::socket;

Endpoint to_endpoint(const boost::asio::ip::tcp::endpoint& endpoint);

// TCP_NODELAY and keep-alive. On Linux an accepted socket has them from the one that listens.
void set_tcp_options(int socket);

// Takes a connected socket with these options, whose executor is the thread's. Any thread.
std::unique_ptr<Stream> make_tcp_stream(IoThread& thread, TcpSocket socket,
                                        const boost::asio::ip::tcp::endpoint& peer);

}  // namespace trellis::net
