// SPDX-License-Identifier: Apache-2.0
//
// A small Bolt server for tests, which does what the statement's first word says:
//   RANGE n        column i, integers 1 .. n, as PULLs ask for them
//   ECHO           column p, one row: the parameters
//   FAIL code      FAILURE with that Neo4j code
//   FAILAT n code  n rows, then FAILURE
//   SLOW           one row, then silence until RESET
//   BIG n bytes    n rows with a string of so many bytes
// User "neo4j", password "secret". It keeps the tags that it got, in order.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "net/acceptor.h"
#include "net/event_loop.h"
#include "net/stream.h"
#include "net/tls_stream.h"
#include "wire/handshake.h"
#include "wire/message_codec.h"

namespace trellis::testing {

struct PeerSettings {
  std::vector<wire::VersionRange> versions{wire::spoken_versions().begin(),
                                           wire::spoken_versions().end()};
  bool manifest = true;
  net::TlsContext tls = nullptr;
  uint16_t port = 0;
  bool dies_at_commit = false;
  // Addresses that ROUTE names; empty: the peer's own, in every role.
  std::vector<std::pair<std::string, std::string>> table{};  // role, address
};

class BoltPeer {
 public:
  explicit BoltPeer(PeerSettings settings = {});
  ~BoltPeer();

  uint16_t port() const { return acceptor_->local().port; }
  std::string address() const { return "127.0.0.1:" + std::to_string(port()); }
  std::string uri(const std::string& scheme = "bolt") const { return scheme + "://" + address(); }

  // What was received, on all connections: "HELLO LOGON RUN PULL".
  std::string log() const;
  void clear_log();
  size_t count(wire::Tag tag) const;
  size_t connections() const;  // open ones
  size_t accepted() const;     // ever
  std::string last_run_database() const;
  std::string last_query() const;
  std::vector<std::string> last_bookmarks() const;
  std::optional<int64_t> last_timeout() const;
  size_t records_sent() const;
  void drop_connections();
  // Waits until `what` holds; false after five seconds.
  template <class Predicate>
  bool eventually(Predicate what) const {
    for (int i = 0; i < 500; ++i) {
      if (what()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return what();
  }

  struct Shared;
  struct Connection;

 private:
  net::EventLoop loop_{1};
  std::shared_ptr<Shared> shared_;
  std::unique_ptr<net::Acceptor> acceptor_;
};

}  // namespace trellis::testing
