// SPDX-License-Identifier: Apache-2.0
//
// What all Bolt connections of a listener share. Plain data, constant while the listener lives.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "dbms/session.h"

namespace trellis::server {

using SessionFactory = std::function<std::unique_ptr<dbms::Session>(dbms::ClientInfo)>;

struct BoltSettings {
  std::string agent = "Neo4j/5.26.0";  // drivers parse it: "Neo4j/<x.y.z>"
  // What ROUTE answers; none: the address that the client itself used.
  std::optional<std::string> advertised_address;
  std::chrono::seconds routing_ttl{300};
  std::chrono::milliseconds keep_alive{60'000};  // NOOP while a statement is slow; 0: never
  int64_t keep_alive_probes = 2;                 // recv-timeout hint: keep_alive * probes
  std::chrono::milliseconds first_slice{1};      // on the I/O thread; then the workers take over
  std::chrono::milliseconds worker_slice{10};
  std::chrono::milliseconds handshake_timeout{10'000};       // until the Bolt version is agreed
  std::chrono::milliseconds authentication_timeout{30'000};  // from accept to a successful log-on
  std::chrono::milliseconds stall_timeout{300'000};  // a client that reads nothing of its answer
  size_t unauthenticated_message_limit = 64 << 10;
  size_t message_limit = size_t{256} << 20;
  size_t queue_messages = 256;  // pipelined requests that wait; then the socket is left unread
  size_t queue_bytes = 4 << 20;
  size_t output_high_water = 256 << 10;  // unsent bytes that stop the statement
  size_t max_connections = 10'000;
};

}  // namespace trellis::server
