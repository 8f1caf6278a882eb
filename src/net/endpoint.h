// SPDX-License-Identifier: Apache-2.0
//
// Host and port as text: "db.example.org:7687", "10.0.0.1:7687", "[::1]:7687".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace trellis::net {

struct Endpoint {
  std::string host;  // without brackets
  uint16_t port = 0;
  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

std::string to_string(const Endpoint& endpoint);  // brackets around IPv6
// "host", "host:port", ":port", "[v6]", "[v6]:port", "v6". InvalidArguments when it is none.
Result<Endpoint> parse_endpoint(std::string_view text, uint16_t default_port);
bool is_ip_literal(std::string_view host);  // v4 or v6, no brackets

}  // namespace trellis::net
