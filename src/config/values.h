// SPDX-License-Identifier: Apache-2.0
//
// The value types of settings and their text forms (operations manual, "The neo4j.conf file").
//
//   duration    1h30m, 500ms, 20 (seconds); units ns, us (or the micro sign), ms, s, m, h, d
//   byte size   256MiB, 1.5g, 4096 (bytes); every multiplier is a power of 1024
//   address     host:port, host, :port, [::1]:port
//   list        comma-separated, blanks around elements dropped
//
// Parsers return InvalidConfiguration errors whose message is the reason alone ("'x' is not a
// duration ..."); the loader puts the setting, the file and the line before it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace trellis::config {

using Duration = std::chrono::nanoseconds;

// A host and a port, either of which may be missing in the text. IPv6 hosts have no brackets.
struct SocketAddress {
  std::string host;   // empty: not said
  uint16_t port = 0;  // 0: any free port, when has_port; else not said
  bool has_port = false;

  bool operator==(const SocketAddress&) const = default;
};

Result<bool> parse_boolean(std::string_view text);
Result<int64_t> parse_integer(std::string_view text);
Result<double> parse_double(std::string_view text);
Result<Duration> parse_duration(std::string_view text);
Result<std::pair<Duration, Duration>> parse_duration_range(std::string_view text);  // "3s-6s"
Result<int64_t> parse_byte_size(std::string_view text);
Result<SocketAddress> parse_address(std::string_view text);
std::vector<std::string> parse_list(std::string_view text);

// The inverse forms, as SHOW SETTINGS prints them: "15m", "256.00MiB", "localhost:7687".
std::string format_duration(Duration duration);
std::string format_byte_size(int64_t bytes);
std::string to_string(const SocketAddress& address);

}  // namespace trellis::config
