// SPDX-License-Identifier: Apache-2.0
#include "federation/routing_table.h"

#include <algorithm>

#include "federation/bolt_uri.h"

namespace trellis::federation {
namespace {

using value::MapEntry;
using value::Type;
using value::Value;

constexpr size_t kMaxMembers = 1000;
constexpr int64_t kMaxTtlSeconds = 86'400;

tl::unexpected<Error> no_table() {
  return fail(ErrorCode::InvalidRequest, "The server's routing table makes no sense.");
}

}  // namespace

void RoutingTable::drop(const net::Endpoint& member) {
  for (auto* list : {&readers, &writers, &routers}) std::erase(*list, member);
}

Result<RoutingTable> routing_table_of(std::span<const MapEntry> metadata,
                                      std::chrono::steady_clock::time_point now) {
  const Value rt = value::map_get(metadata, "rt");
  if (!rt.is(Type::kMap)) return no_table();
  const Value ttl = value::map_get(rt.as_map(), "ttl");
  const Value servers = value::map_get(rt.as_map(), "servers");
  if (!ttl.is(Type::kInteger) || !servers.is(Type::kList)) return no_table();
  RoutingTable table;
  table.good_until =
      now + std::chrono::seconds(std::clamp<int64_t>(ttl.as_integer(), 0, kMaxTtlSeconds));
  for (const Value& server : servers.as_list()) {
    if (!server.is(Type::kMap)) return no_table();
    const Value role = value::map_get(server.as_map(), "role");
    const Value addresses = value::map_get(server.as_map(), "addresses");
    if (!role.is(Type::kString) || !addresses.is(Type::kList)) return no_table();
    auto& list = role.as_string() == "READ"    ? table.readers
                 : role.as_string() == "WRITE" ? table.writers
                                               : table.routers;
    for (const Value& address : addresses.as_list()) {
      if (!address.is(Type::kString) || list.size() == kMaxMembers) return no_table();
      TRELLIS_TRY_ASSIGN(auto endpoint, net::parse_endpoint(address.as_string(), kBoltPort));
      list.push_back(std::move(endpoint));
    }
  }
  return table;
}

}  // namespace trellis::federation
