// SPDX-License-Identifier: Apache-2.0
#include "dbms/remote_access.h"

#include <algorithm>
#include <array>

#include "security/keystore.h"
#include "security/sealing.h"

namespace trellis::dbms {
namespace {

using value::Type;
using value::Value;

tl::unexpected<Error> wrong_setting(std::string_view key, std::string_view expected) {
  return fail(ErrorCode::InvalidDriverSettings, "The driver setting '{}' must be {}.", key,
              expected);
}

Result<Secret> keystore_key(const Core& core) {
  const config::SecurityConfig& security = core.config().security;
  if (!security.keystore_path || !core.options.read_file) {
    return fail(
        ErrorCode::KeystoreUnavailable,
        "Credentials of remote aliases are kept encrypted, and no key for it is configured: "
        "set dbms.security.keystore.path, dbms.security.keystore.password and "
        "dbms.security.key.name.");
  }
  auto bytes = core.options.read_file(security.keystore_path->string());
  if (!bytes) {
    return fail(make_error(ErrorCode::KeystoreUnavailable, "The keystore {} cannot be read: {}",
                           security.keystore_path->string(), bytes.error().message()));
  }
  return security::read_keystore_key(*bytes, security.keystore_password, security.key_name);
}

Result<DriverSettings::Duration> duration_of(std::string_view key, const Value& v) {
  if (!v.is(Type::kDuration)) return wrong_setting(key, "a DURATION");
  const value::Duration& d = v.as_duration();
  if (d.months != 0) return wrong_setting(key, "a DURATION without months");
  constexpr int64_t kMaxSeconds = 9'000'000'000;  // fits in nanoseconds
  const int64_t seconds = d.days * 86'400 + d.seconds;
  if (std::abs(d.days) > 100'000 || std::abs(seconds) > kMaxSeconds) {
    return wrong_setting(key, "a DURATION of less than 285 years");
  }
  return std::chrono::seconds(seconds) + std::chrono::nanoseconds(d.nanos);
}

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return result;
}

Result<> apply_setting(DriverSettings& settings, std::string_view key, const Value& v) {
  if (key == "ssl_enforced") {
    if (!v.is(Type::kBoolean)) return wrong_setting(key, "a BOOLEAN");
    settings.ssl_enforced = v.as_boolean();
  } else if (key == "connection_timeout") {
    TRELLIS_TRY_ASSIGN(settings.connection_timeout, duration_of(key, v));
  } else if (key == "connection_max_lifetime") {
    TRELLIS_TRY_ASSIGN(settings.connection_max_lifetime, duration_of(key, v));
  } else if (key == "connection_pool_acquisition_timeout") {
    TRELLIS_TRY_ASSIGN(settings.pool_acquisition_timeout, duration_of(key, v));
  } else if (key == "connection_pool_idle_test") {
    TRELLIS_TRY_ASSIGN(settings.pool_idle_test, duration_of(key, v));
  } else if (key == "connection_pool_max_size") {
    if (!v.is(Type::kInteger) || v.as_integer() == 0) {
      return wrong_setting(key, "an INTEGER other than 0");
    }
    settings.pool_max_size = v.as_integer();
  } else if (key == "logging_level") {
    if (!v.is(Type::kString)) return wrong_setting(key, "a STRING");
    const std::string level = upper(v.as_string());
    constexpr std::array<std::string_view, 5> kLevels = {"DEBUG", "INFO", "WARN", "ERROR", "NONE"};
    if (std::find(kLevels.begin(), kLevels.end(), level) == kLevels.end()) {
      return wrong_setting(key, "one of DEBUG, INFO, WARN, ERROR, NONE");
    }
    settings.logging_level = level;
  } else {
    return fail(ErrorCode::InvalidDriverSettings,
                "'{}' is no driver setting. There are: ssl_enforced, connection_timeout, "
                "connection_max_lifetime, connection_pool_acquisition_timeout, "
                "connection_pool_idle_test, connection_pool_max_size, logging_level.",
                key);
  }
  return {};
}

}  // namespace

Result<std::string> seal_password(const Core& core, std::string_view dbms_id,
                                  std::string_view alias, const Secret& password) {
  TRELLIS_TRY_ASSIGN(const Secret key, keystore_key(core));
  return security::seal(password, key, {dbms_id, alias});
}

Result<RemoteTarget> unseal_target(const Core& core, const SystemSnapshot& system,
                                   const AliasRecord& alias) {
  RemoteTarget target;
  target.alias = alias.name;
  target.url = alias.url;
  target.user = alias.username;
  target.database = alias.target;
  target.version = alias.changes;
  TRELLIS_TRY_ASSIGN(target.driver, driver_settings(core, alias.driver));
  TRELLIS_TRY_ASSIGN(const Secret key, keystore_key(core));
  TRELLIS_TRY_ASSIGN(target.password, security::open_sealed(alias.sealed_password, key,
                                                            {system.dbms_id, alias.name}));
  return target;
}

Result<DriverSettings> driver_settings(const Core& core, const ValueMap& given) {
  const config::RoutingConfig& defaults = core.config().routing;
  DriverSettings settings;
  settings.connection_timeout = defaults.connect_timeout;
  settings.connection_max_lifetime = defaults.max_lifetime;
  settings.pool_acquisition_timeout = defaults.acquisition_timeout;
  settings.pool_idle_test = defaults.idle_test;
  settings.pool_max_size = defaults.max_pool_size;
  if (!defaults.logging_level.empty()) settings.logging_level = defaults.logging_level;
  for (const auto& [key, holder] : given) TRELLIS_TRY(apply_setting(settings, key, holder.get()));
  return settings;
}

Result<ValueMap> normalize_driver_map(const Core& core, const ValueMap& given) {
  TRELLIS_TRY_ASSIGN(const DriverSettings settings, driver_settings(core, given));
  ValueMap result;
  for (const auto& [key, holder] : given) {
    result.emplace(key, key == "logging_level"
                            ? value::ValueHolder(Value::string(settings.logging_level))
                            : holder.clone());
  }
  return result;
}

Result<> check_remote_url(std::string_view url, bool ssl_enforced) {
  constexpr std::array<std::string_view, 6> kSchemes = {"neo4j", "neo4j+s", "neo4j+ssc",
                                                        "bolt",  "bolt+s",  "bolt+ssc"};
  const size_t end = url.find("://");
  const std::string_view scheme = end == std::string_view::npos ? "" : url.substr(0, end);
  if (std::find(kSchemes.begin(), kSchemes.end(), scheme) == kSchemes.end()) {
    return fail(
        ErrorCode::InvalidAliasUrl,
        "The URL '{}' of a remote alias must begin with neo4j+s://, neo4j+ssc://, neo4j://, "
        "bolt+s://, bolt+ssc:// or bolt://.",
        url);
  }
  const std::string_view authority =
      url.substr(end + 3, url.find_first_of("/?#", end + 3) - end - 3);
  if (authority.empty() || authority.front() == ':' ||
      authority.find('@') != std::string_view::npos) {
    return fail(ErrorCode::InvalidAliasUrl,
                "The URL '{}' of a remote alias must name a host, and no credentials.", url);
  }
  const bool encrypted = scheme.ends_with("+s") || scheme.ends_with("+ssc");
  if (ssl_enforced && !encrypted) {
    return fail(ErrorCode::InvalidAliasUrl,
                "The URL '{}' is not encrypted. Use neo4j+s:// (or bolt+s://), or set the driver "
                "setting ssl_enforced to false.",
                url);
  }
  return {};
}

}  // namespace trellis::dbms
