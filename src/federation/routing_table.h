// SPDX-License-Identifier: Apache-2.0
//
// What ROUTE answers: which servers read, write and route for one database, and for how long that
// is good. Source: neo4j.com/docs/bolt, "message specification", ROUTE.
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "cypher/graph_session.h"
#include "net/endpoint.h"
#include "value/value.h"
#include "wire/messages.h"

namespace trellis::federation {

struct RoutingTable {
  std::vector<net::Endpoint> readers;
  std::vector<net::Endpoint> writers;
  std::vector<net::Endpoint> routers;
  std::chrono::steady_clock::time_point good_until;

  const std::vector<net::Endpoint>& members(cypher::AccessMode mode) const {
    return mode == cypher::AccessMode::kRead ? readers : writers;
  }
  void drop(const net::Endpoint& member);
};

// From the metadata of ROUTE's SUCCESS. InvalidRequest when it is no routing table.
Result<RoutingTable> routing_table_of(std::span<const value::MapEntry> metadata,
                                      std::chrono::steady_clock::time_point now);

}  // namespace trellis::federation
