// SPDX-License-Identifier: Apache-2.0
//
// The URIs that drivers take: bolt, bolt+s, bolt+ssc, neo4j, neo4j+s, neo4j+ssc.
//   +s    TLS, certificate and host name checked      neo4j   routing: ROUTE is asked
//   +ssc  TLS, any certificate, any name              bolt    this server and no other
// Default port 7687. A query part is a routing context and only for neo4j; `address` is reserved.
// Source: Neo4j driver manuals, "Connection URI".
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "net/endpoint.h"

namespace trellis::federation {

enum class Encryption : uint8_t { kNone, kVerified, kUnverified };

struct BoltUri {
  net::Endpoint endpoint;
  bool routing = false;
  Encryption encryption = Encryption::kNone;
  std::vector<std::pair<std::string, std::string>> routing_context;  // without `address`
};

inline constexpr uint16_t kBoltPort = 7687;

// InvalidAliasUrl, with what is wrong. User info and paths are refused.
Result<BoltUri> parse_bolt_uri(std::string_view text);

}  // namespace trellis::federation
