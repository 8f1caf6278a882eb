// SPDX-License-Identifier: Apache-2.0
//
// Where members of a cluster meet: HTTPS with the certificates of the SSL policy `cluster`
// (docs/formats/membership.md).
//
// A member shows its certificate, which the policy's anchors and revocation lists must let through;
// only who joins shows none, and can do nothing but join. Where the home holds the authority it
// admits and renews; every listener hands on what it trusts itself.
//
// Threads: connections on the loop's threads, the authority's files on the workers'. Bounded:
// kMostConnections, of which one address has at most kMostOfOneAddress, each with five seconds for
// its handshake and as many for its request; messages of kLargestMessage, one a connection. What
// strangers cause is logged once for each address and minute.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include "base/log.h"
#include "base/result.h"
#include "cluster/member_files.h"
#include "net/acceptor.h"
#include "net/event_loop.h"
#include "net/worker_pool.h"
#include "tls/authority/authority.h"

namespace trellis::cluster {

class JoinListener {
 public:
  static constexpr size_t kMostConnections = 256;
  static constexpr size_t kMostOfOneAddress = 32;

  struct Options {
    net::Endpoint listen;
    std::function<net::TlsContext()> context;  // of the policy, as it is now
    std::optional<tls::Authority> authority;
    std::chrono::seconds member_lifetime{std::chrono::hours(24 * 30)};
    MemberFiles files;
    Logger log;
  };

  // `loop` and `workers` outlive it. Errors: InvalidConfiguration (the port).
  static Result<std::unique_ptr<JoinListener>> open(net::EventLoop& loop, net::WorkerPool& workers,
                                                    Options options);
  virtual ~JoinListener() = default;  // closes; not from a thread of the loop
  virtual const net::Endpoint& local() const = 0;
};

}  // namespace trellis::cluster
