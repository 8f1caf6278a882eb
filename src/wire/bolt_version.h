// SPDX-License-Identifier: Apache-2.0
//
// Versions of the Bolt protocol and what each of them changes on the wire.
// Source: neo4j.com/docs/bolt, "Bolt Protocol handshake specification" and the summaries of changes
// in "message specification" and "structure semantics".
#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace trellis::wire {

struct BoltVersion {
  uint8_t major = 0;
  uint8_t minor = 0;

  friend constexpr auto operator<=>(const BoltVersion&, const BoltVersion&) = default;
  constexpr bool at_least(uint8_t a_major, uint8_t a_minor) const {
    return *this >= BoltVersion{a_major, a_minor};
  }

  constexpr bool has_element_ids() const { return at_least(5, 0); }
  constexpr bool has_utc_date_times() const { return at_least(5, 0); }  // 4.4: by patch "utc"
  constexpr bool has_logon() const { return at_least(5, 1); }  // before: credentials in HELLO
  constexpr bool has_notification_filter() const { return at_least(5, 2); }
  constexpr bool has_bolt_agent() const { return at_least(5, 3); }
  constexpr bool has_telemetry() const { return at_least(5, 4); }
  constexpr bool has_gql_statuses() const { return at_least(5, 6); }  // `statuses` in summaries
  constexpr bool has_gql_failures() const { return at_least(5, 7); }  // FAILURE with a chain
  constexpr bool has_home_database_reply() const { return at_least(5, 8); }
};

inline std::string to_string(BoltVersion v) {
  return std::to_string(v.major) + "." + std::to_string(v.minor);
}

// What shapes structures on one connection.
struct WireOptions {
  BoltVersion version{5, 8};
  bool utc_patch = false;  // only asked for and granted in 4.4
  constexpr bool utc_date_times() const { return version.has_utc_date_times() || utc_patch; }
};

}  // namespace trellis::wire
