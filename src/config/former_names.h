// SPDX-License-Identifier: Apache-2.0
//
// What settings were called in 3.5, 4.x and early 5.x: one row for every name that the manuals of
// those releases document and 5.26 does not know. Rows live in former_*.inc; all views have static
// lifetime. The SSL policies of 3.5, whose names are free, are no rows: see former_settings.h.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace trellis::config {

// How the value changes with the name.
enum class Translation : uint8_t {
  kAsIs,
  kQueryLog,   // true and false are INFO and OFF
  kMode,       // CORE and READ_REPLICA are PRIMARY and SECONDARY; SINGLE says nothing
  kFirstPort,  // of host:first-last
  kProviders,  // one provider for authentication and authorization
};

struct FormerName {
  std::string_view name;  // may be a family
  std::string_view now;   // empty: without a meaning here
  Translation translation;
  std::string_view instead;  // what to use where there is no successor; may be empty
};

std::span<const FormerName> all_former_names();

// The row for a full name; nullptr when there is none.
const FormerName* find_former_name(std::string_view name);

// What a full name is called now; empty when it has no successor.
std::string successor_of(const FormerName& row, std::string_view name);

}  // namespace trellis::config
