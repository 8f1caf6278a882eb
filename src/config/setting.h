// SPDX-License-Identifier: Apache-2.0
//
// The one table of settings: every name that the operations manual documents for 5.26, those that
// later versions added, and Trellis' own ("trellis.*").
//
// A row whose name has a part in angle brackets stands for a family:
//   <scope>     one of bolt, https, cluster, backup
//   <provider>, <policy>   any one part
//   <*>         at the end: any one or more parts
// Rows live in settings_*.inc, one file per namespace. All views have static lifetime.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace trellis::config {

enum class SettingType : uint8_t {
  kBoolean,
  kInteger,
  kDouble,
  kDuration,
  kDurationRange,
  kByteSize,
  kString,
  kSecret,
  kEnum,      // constraint "A|B|C", case-insensitive
  kList,      // of strings
  kEnumList,  // of words of the constraint
  kPath,      // relative to the home
  kPathInData,
  kPathInScope,  // relative to the policy's base_directory
  kAddress,
  kHost,  // an address without a port
  kAddressList,
  kUrl,
  kDatabaseName,
  kDatabaseNameList,
  kTimeZone,
  kMap,  // k1=v1;k2=v2
};

enum SettingFlag : uint8_t {
  kNone = 0,
  kDynamic = 1,     // may change while the server runs
  kUnused = 2,      // accepted, without a meaning here
  kDeprecated = 4,  // has a successor in 5.26
  kRepeats = 8,     // may stand several times in the file
  kLater = 16,      // not in 5.26: added by a later version, or ours
};

struct Setting {
  std::string_view name;
  SettingType type;
  std::optional<std::string_view> default_text;
  std::string_view constraint;  // "", "1..", "0..100", "A|B"
  uint8_t flags;
  std::string_view description;

  bool is_dynamic() const { return (flags & kDynamic) != 0; }
  bool is_unused() const { return (flags & kUnused) != 0; }
  bool is_deprecated() const { return (flags & kDeprecated) != 0; }
  bool is_family() const { return name.find('<') != std::string_view::npos; }
};

// Every row, in the order of the files.
std::span<const Setting> all_settings();

// The row for a full name, families included; nullptr when there is none.
const Setting* find_setting(std::string_view name);

// Whether a full name is of a family, told by the family's name.
bool matches_family(std::string_view family, std::string_view name);

// The known name nearest to an unknown one, by edit distance; near a former name, what that is
// called now. Empty when nothing is near.
std::string nearest_setting(std::string_view name);

// The default of one member of a family, which may depend on the scope; nullopt: no value.
std::optional<std::string> default_of(const Setting& setting, std::string_view name);

// Checks a value against the row's type and constraint.
Result<> check_value(const Setting& setting, std::string_view text);

// What values a setting takes, in words (SHOW SETTINGS, validValues).
std::string valid_values(const Setting& setting);

}  // namespace trellis::config
