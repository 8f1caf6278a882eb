// SPDX-License-Identifier: Apache-2.0
//
// All settings with their values: immutable, checked, safe to read from any thread.
//
// Rooms do not read settings by name; they are given the typed structs of server_config.h. By name
// it is read by SHOW SETTINGS and the configuration procedures alone.
//
// Invariants
//  1. Every value in a Configuration has passed check_value of its row.
//  2. A secret's text is returned by secret() alone; list() and find() show a mask.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/masked_secret.h"
#include "base/result.h"
#include "base/secret.h"
#include "config/setting.h"
#include "config/values.h"

namespace trellis::config {

enum class Source : uint8_t { kDefault, kFile, kEnvironment, kCommandLine, kRuntime };

// One row of SHOW SETTINGS.
struct SettingView {
  std::string name;
  std::optional<std::string> value;
  std::optional<std::string> startup_value;
  std::optional<std::string> default_value;
  std::string description;
  std::string valid_values;
  bool is_dynamic = false;
  bool is_explicitly_set = false;
  bool is_deprecated = false;
};

class Configuration {
 public:
  // Defaults alone.
  explicit Configuration(std::filesystem::path home) : home_(std::move(home)) {}

  Configuration(Configuration&&) noexcept = default;
  Configuration& operator=(Configuration&&) noexcept = default;
  Configuration clone() const;

  const std::filesystem::path& home() const { return home_; }

  // Sets a value (used by the loader, and for tests); fails on an unknown name or a wrong value.
  Result<> set(std::string_view name, std::string_view text, Source source);
  // A copy with one dynamic setting changed; "" gives the start-up value back.
  Result<Configuration> with(std::string_view name, std::string_view text) const;

  // Every setting (families: those members that are set), in table order.
  std::vector<SettingView> list() const;
  std::optional<SettingView> find(std::string_view name) const;

  bool is_set(std::string_view name) const;
  Source source_of(std::string_view name) const;
  // Members of a family, sorted: given_parts("dbms.security.oidc.") -> {"okta", ...}.
  std::vector<std::string> given_parts(std::string_view prefix) const;

  // Typed reads. The name must be a row of the table and of that type (asserted); those that return
  // a plain value must have a default or be set.
  std::optional<std::string> text(std::string_view name) const;
  bool boolean(std::string_view name) const;
  int64_t integer(std::string_view name) const;
  std::optional<int64_t> optional_integer(std::string_view name) const;
  double number(std::string_view name) const;
  Duration duration(std::string_view name) const;
  std::optional<Duration> optional_duration(std::string_view name) const;
  int64_t byte_size(std::string_view name) const;
  std::optional<int64_t> optional_byte_size(std::string_view name) const;
  std::string string(std::string_view name) const;       // "" when without a value
  std::string enumeration(std::string_view name) const;  // in the table's spelling
  std::vector<std::string> list_of(std::string_view name) const;
  std::optional<std::filesystem::path> path(std::string_view name) const;  // absolute, normalised
  Secret secret(std::string_view name) const;                              // empty when not set
  // With what is missing filled in: the host from server.default_listen_address, the port from the
  // default.
  SocketAddress listen_address(std::string_view name) const;
  std::vector<SocketAddress> listen_addresses(std::string_view name) const;
  // As written, completed from server.default_advertised_address; nullopt when neither the setting
  // nor server.default_advertised_address was set explicitly.
  std::optional<SocketAddress> advertised_address(std::string_view name) const;

 private:
  struct Entry {
    std::string text;
    MaskedSecret secret;
    Source source;
  };
  std::optional<std::string> text_of(std::string_view name, SettingType type) const;
  SettingView view_of(const Setting& setting, std::string_view name) const;

  std::filesystem::path home_;
  std::map<std::string, Entry, std::less<>> given_;
  std::map<std::string, std::optional<std::string>, std::less<>> startup_;  // of changed ones
};

}  // namespace trellis::config
