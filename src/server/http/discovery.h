// SPDX-License-Identifier: Apache-2.0
//
// What GET / tells a client: where Bolt is, which version and edition this is. Only endpoints that
// answer are named. Links carry the host that the client itself used, unless an address is
// advertised. Source: Neo4j HTTP API manual, "Discovery API".
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "net/endpoint.h"
#include "net/http.h"

namespace trellis::server {

struct DiscoverySettings {
  std::string version = "5.26.0";
  std::string edition = "enterprise";
  std::optional<net::Endpoint> advertised_bolt;  // none: the request's host and bolt_port
  uint16_t bolt_port = 7687;
  bool bolt_encrypted = false;   // TLS is demanded there
  bool query_api = false;        // /db/{databaseName}/query/v2 answers on this listener
  bool transaction_api = false;  // /db/{databaseName}/tx
  std::string allow_origin = "*";
};

// The answer to any request that no other endpoint takes: discovery at "/", preflights, 404, 405.
net::HttpResponse discover(const net::HttpRequest& request, const DiscoverySettings& settings);

}  // namespace trellis::server
