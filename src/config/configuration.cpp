// SPDX-License-Identifier: Apache-2.0
#include "config/configuration.h"

#include <algorithm>
#include <cctype>

#include "base/macros.h"

namespace trellis::config {
namespace {

using enum SettingType;

// What was checked when it was set parses.
template <class T>
T checked(Result<T> result) {
  TRELLIS_ASSERT(result.has_value());
  return std::move(*result);
}

constexpr std::string_view kMask = "#######";

const Setting& row_of(std::string_view name) {
  const Setting* row = find_setting(name);
  TRELLIS_ASSERT(row != nullptr);
  return *row;
}

std::string trimmed(std::string_view text) {
  size_t begin = text.find_first_not_of(" \t\r\n\f");
  if (begin == std::string_view::npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(" \t\r\n\f") - begin + 1));
}

// The table's spelling of one of its words.
std::string canonical_word(std::string_view text, std::string_view words) {
  while (!words.empty()) {
    std::string_view word = words.substr(0, words.find('|'));
    words.remove_prefix(std::min(words.size(), word.size() + 1));
    if (std::equal(text.begin(), text.end(), word.begin(), word.end(), [](char a, char b) {
          return std::tolower(static_cast<unsigned char>(a)) ==
                 std::tolower(static_cast<unsigned char>(b));
        })) {
      return std::string(word);
    }
  }
  return std::string(text);
}

// How a checked text is shown: units and case as the table has them.
std::string shown(const Setting& row, const std::string& text) {
  switch (row.type) {
    case kBoolean:
      return checked(parse_boolean(text)) ? "true" : "false";
    case kDuration:
      return format_duration(checked(parse_duration(text)));
    case kByteSize:
      return format_byte_size(checked(parse_byte_size(text)));
    case kEnum:
      return canonical_word(text, row.constraint);
    case kList:
    case kEnumList:
    case kAddressList:
    case kDatabaseNameList: {
      std::string out;
      for (const std::string& item : parse_list(text)) out += (out.empty() ? "" : ",") + item;
      return out;
    }
    default:
      return text;
  }
}

constexpr std::string_view kListenHost = "server.default_listen_address";
// An authority comes from outside: this one is open to all unless a host is written.
constexpr std::string_view kOpenToAll = "server.tls.acme.http_listen_address";
constexpr std::string_view kAdvertisedHost = "server.default_advertised_address";

}  // namespace

Configuration Configuration::clone() const {
  Configuration copy(home_);
  for (const auto& [name, entry] : given_) {
    copy.given_.emplace(name, Entry{entry.text, entry.secret.clone(), entry.source});
  }
  copy.startup_ = startup_;
  return copy;
}

Result<> Configuration::set(std::string_view name, std::string_view text, Source source) {
  const Setting* row = find_setting(name);
  if (row == nullptr) {
    std::string near = nearest_setting(name);
    return fail(ErrorCode::InvalidConfiguration,
                "Unrecognized setting. No declared setting with name: {}.{}", name,
                near.empty() ? "" : " Did you mean " + near + "?");
  }
  Entry entry{{}, {}, source};
  if (row->type == kSecret) {
    entry.secret = MaskedSecret(Secret(text));
  } else {
    entry.text = row->type == kString ? std::string(text) : trimmed(text);
    // An empty value stands for "none" where a setting has no default.
    const bool none = entry.text.empty() && !row->default_text;
    if (auto valid = check_value(*row, entry.text); !none && !valid) {
      return fail(
          ErrorCode::InvalidConfiguration,
          "Error evaluating value for setting '{}'. Setting '{}' cannot have value '{}': {}.", name,
          name, entry.text, valid.error().message());
    }
  }
  given_.insert_or_assign(std::string(name), std::move(entry));
  return {};
}

Result<Configuration> Configuration::with(std::string_view name, std::string_view text) const {
  const Setting* row = find_setting(name);
  if (row != nullptr && !row->is_dynamic()) {
    return fail(ErrorCode::InvalidConfiguration,
                "Setting '{}' is not dynamic and cannot be changed at runtime.", name);
  }
  Configuration copy = clone();
  std::string key(name);
  auto known = startup_.find(name);
  if (text.empty() && known == startup_.end()) return copy;
  if (!text.empty()) {
    if (known == startup_.end() && row != nullptr) {
      auto given = given_.find(name);
      copy.startup_[key] = given == given_.end()  ? std::nullopt
                           : row->type == kSecret ? std::optional<std::string>(kMask)
                                                  : std::optional(given->second.text);
    }
    TRELLIS_TRY(copy.set(name, text, Source::kRuntime));
    return copy;
  }
  if (row != nullptr && row->type == kSecret) {
    return fail(ErrorCode::InvalidConfiguration,
                "The start-up value of the secret '{}' is not kept; give it again.", name);
  }
  copy.given_.erase(key);
  if (known->second) TRELLIS_TRY(copy.set(name, *known->second, Source::kFile));
  copy.startup_.erase(key);
  return copy;
}

std::optional<std::string> Configuration::text_of(std::string_view name, SettingType type) const {
  const Setting& row = row_of(name);
  TRELLIS_ASSERT(row.type == type);
  if (auto given = given_.find(name); given != given_.end()) {
    if (given->second.text.empty() && row.type != kString && row.type != kList) return std::nullopt;
    return given->second.text;
  }
  return default_of(row, name);
}

SettingView Configuration::view_of(const Setting& row, std::string_view name) const {
  SettingView view;
  view.name = name;
  view.description = row.description;
  view.valid_values = trellis::config::valid_values(row);
  view.is_dynamic = row.is_dynamic();
  view.is_deprecated = row.is_deprecated();
  auto default_text = default_of(row, name);
  if (default_text) view.default_value = shown(row, *default_text);
  view.is_explicitly_set = is_set(name);
  auto given = given_.find(name);
  if (row.type == kSecret) {
    if (given != given_.end()) view.value = kMask;
    view.startup_value = view.value;
    return view;
  }
  if (row.type == kPath || row.type == kPathInData || row.type == kPathInScope) {
    if (auto where = path(name)) view.value = where->string();
  } else if (row.type == kAddress && name.ends_with("listen_address") &&
             (given != given_.end() || default_text)) {
    view.value = to_string(listen_address(name));
  } else if (given != given_.end()) {
    view.value = given->second.text.empty() ? "" : shown(row, given->second.text);
  } else {
    view.value = view.default_value;
  }
  if (name == "server.directories.neo4j_home") view.value = home_.string();
  auto changed = startup_.find(name);
  if (changed == startup_.end()) {
    view.startup_value = view.value;
  } else if (changed->second) {
    view.startup_value = shown(row, *changed->second);
  } else {
    view.startup_value = view.default_value;
  }
  return view;
}

std::vector<SettingView> Configuration::list() const {
  std::vector<SettingView> views;
  for (const Setting& row : all_settings()) {
    if (!row.is_family()) {
      views.push_back(view_of(row, row.name));
      continue;
    }
    for (const auto& [name, entry] : given_) {
      if (find_setting(name) == &row) views.push_back(view_of(row, name));
    }
  }
  return views;
}

std::optional<SettingView> Configuration::find(std::string_view name) const {
  const Setting* row = find_setting(name);
  if (row == nullptr) return std::nullopt;
  return view_of(*row, name);
}

bool Configuration::is_set(std::string_view name) const { return given_.contains(name); }

Source Configuration::source_of(std::string_view name) const {
  auto given = given_.find(name);
  return given == given_.end() ? Source::kDefault : given->second.source;
}

std::vector<std::string> Configuration::given_parts(std::string_view prefix) const {
  std::vector<std::string> parts;
  for (auto it = given_.lower_bound(prefix); it != given_.end() && it->first.starts_with(prefix);
       ++it) {
    std::string_view rest = std::string_view(it->first).substr(prefix.size());
    std::string part(rest.substr(0, rest.find('.')));
    if (parts.empty() || parts.back() != part) parts.push_back(std::move(part));
  }
  parts.erase(std::unique(parts.begin(), parts.end()), parts.end());
  return parts;
}

std::optional<std::string> Configuration::text(std::string_view name) const {
  const Setting& row = row_of(name);
  TRELLIS_ASSERT(row.type != kSecret);
  return text_of(name, row.type);
}

bool Configuration::boolean(std::string_view name) const {
  return checked(parse_boolean(*text_of(name, kBoolean)));
}

int64_t Configuration::integer(std::string_view name) const {
  return checked(parse_integer(*text_of(name, kInteger)));
}

std::optional<int64_t> Configuration::optional_integer(std::string_view name) const {
  auto value = text_of(name, kInteger);
  return value ? std::optional(checked(parse_integer(*value))) : std::nullopt;
}

double Configuration::number(std::string_view name) const {
  return checked(parse_double(*text_of(name, kDouble)));
}

Duration Configuration::duration(std::string_view name) const {
  return checked(parse_duration(*text_of(name, kDuration)));
}

std::optional<Duration> Configuration::optional_duration(std::string_view name) const {
  auto value = text_of(name, kDuration);
  return value ? std::optional(checked(parse_duration(*value))) : std::nullopt;
}

int64_t Configuration::byte_size(std::string_view name) const {
  return checked(parse_byte_size(*text_of(name, kByteSize)));
}

std::optional<int64_t> Configuration::optional_byte_size(std::string_view name) const {
  auto value = text_of(name, kByteSize);
  return value ? std::optional(checked(parse_byte_size(*value))) : std::nullopt;
}

std::string Configuration::string(std::string_view name) const {
  return text(name).value_or(std::string());
}

std::string Configuration::enumeration(std::string_view name) const {
  return canonical_word(text_of(name, kEnum).value_or(std::string()), row_of(name).constraint);
}

std::vector<std::string> Configuration::list_of(std::string_view name) const {
  const Setting& row = row_of(name);
  auto items = parse_list(text_of(name, row.type).value_or(std::string()));
  if (row.type == kEnumList) {
    for (std::string& item : items) item = canonical_word(item, row.constraint);
  }
  return items;
}

std::optional<std::filesystem::path> Configuration::path(std::string_view name) const {
  const Setting& row = row_of(name);
  TRELLIS_ASSERT(row.type == kPath || row.type == kPathInData || row.type == kPathInScope);
  auto value = text_of(name, row.type);
  if (!value) return std::nullopt;
  std::filesystem::path base = home_;
  if (row.type == kPathInData) base = *path("server.directories.data");
  if (row.type == kPathInScope) {
    std::string folder(name.substr(0, name.rfind('.') + 1));
    base = *path(folder + "base_directory");
  }
  return (base / *value).lexically_normal();
}

Secret Configuration::secret(std::string_view name) const {
  TRELLIS_ASSERT(row_of(name).type == kSecret);
  auto given = given_.find(name);
  return given == given_.end() ? Secret() : given->second.secret.unmask();
}

SocketAddress Configuration::listen_address(std::string_view name) const {
  const Setting& row = row_of(name);
  SocketAddress address = checked(parse_address(*text_of(name, kAddress)));
  if (address.host.empty() && name != kOpenToAll)
    address.host = checked(parse_address(*text_of(kListenHost, kHost))).host;
  if (!address.has_port && row.default_text) {
    address.port = checked(parse_address(*row.default_text)).port;
    address.has_port = true;
  }
  return address;
}

std::vector<SocketAddress> Configuration::listen_addresses(std::string_view name) const {
  std::vector<SocketAddress> addresses;
  for (const std::string& item : parse_list(text_of(name, kAddressList).value_or(std::string()))) {
    SocketAddress address = checked(parse_address(item));
    if (address.host.empty())
      address.host = checked(parse_address(*text_of(kListenHost, kHost))).host;
    addresses.push_back(std::move(address));
  }
  return addresses;
}

std::optional<SocketAddress> Configuration::advertised_address(std::string_view name) const {
  if (!is_set(name) && !is_set(kAdvertisedHost)) return std::nullopt;
  auto own = text_of(name, kAddress);
  SocketAddress address = own ? checked(parse_address(*own)) : SocketAddress{};
  if (address.host.empty())
    address.host = checked(parse_address(*text_of(kAdvertisedHost, kHost))).host;
  // Without a port of its own it has the one that is listened on, which is what clients must dial.
  if (!address.has_port || !is_set(name)) {
    std::string listen(name.substr(0, name.rfind('.') + 1));
    address.port = listen_address(listen + "listen_address").port;
    address.has_port = true;
  }
  return address;
}

}  // namespace trellis::config
