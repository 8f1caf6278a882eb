// SPDX-License-Identifier: Apache-2.0
#include "net/endpoint.h"

#include <arpa/inet.h>

#include <charconv>

namespace trellis::net {
namespace {

Result<uint16_t> parse_port(std::string_view text, std::string_view whole) {
  unsigned port = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (failed != std::errc() || end != text.data() + text.size() || port > 65535) {
    return fail(ErrorCode::InvalidArguments,
                "'{}' is not an address: '{}' is no port number from 0 to 65535.", whole, text);
  }
  return static_cast<uint16_t>(port);
}

bool parses_as(int family, std::string_view host) {
  char buffer[64];
  if (host.size() >= sizeof(buffer)) return false;
  buffer[host.copy(buffer, sizeof(buffer) - 1)] = '\0';
  unsigned char address[16];
  return inet_pton(family, buffer, address) == 1;
}

}  // namespace

std::string to_string(const Endpoint& endpoint) {
  if (endpoint.host.find(':') != std::string::npos) {
    return fmt::format("[{}]:{}", endpoint.host, endpoint.port);
  }
  return fmt::format("{}:{}", endpoint.host, endpoint.port);
}

bool is_ip_literal(std::string_view host) {
  return parses_as(AF_INET, host) || parses_as(AF_INET6, host);
}

Result<Endpoint> parse_endpoint(std::string_view text, uint16_t default_port) {
  if (parses_as(AF_INET6, text)) return Endpoint{std::string(text), default_port};
  if (text.starts_with('[')) {
    const size_t close = text.find(']');
    const std::string_view rest = close == text.npos ? "" : text.substr(close + 1);
    if (close == text.npos || !parses_as(AF_INET6, text.substr(1, close - 1)) ||
        (!rest.empty() && !rest.starts_with(':'))) {
      return fail(ErrorCode::InvalidArguments,
                  "'{}' is not an address. Write an IPv6 address as [::1]:7687.", text);
    }
    Endpoint endpoint{std::string(text.substr(1, close - 1)), default_port};
    if (!rest.empty()) {
      TRELLIS_TRY_ASSIGN(endpoint.port, parse_port(rest.substr(1), text));
    }
    return endpoint;
  }
  const size_t colon = text.find(':');
  Endpoint endpoint{std::string(text.substr(0, colon)), default_port};
  if (colon != text.npos) {
    TRELLIS_TRY_ASSIGN(endpoint.port, parse_port(text.substr(colon + 1), text));
  }
  for (const char c : endpoint.host) {
    const bool allowed = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                         (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
    if (!allowed) {
      return fail(ErrorCode::InvalidArguments,
                  "'{}' is not an address: a host name has letters, digits, '-', '.' and '_' only.",
                  text);
    }
  }
  return endpoint;
}

}  // namespace trellis::net
