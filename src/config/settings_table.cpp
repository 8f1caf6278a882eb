// SPDX-License-Identifier: Apache-2.0
//
// The table, and finding rows in it.
//
// Columns of a row: name, type, default (std::nullopt: none), constraint (see setting.h), flags,
// description.
#include <algorithm>
#include <array>
#include <numeric>

#include "config/former_names.h"
#include "config/former_settings.h"
#include "config/setting.h"
#include "config/ssl_policy.h"

namespace trellis::config {
namespace {

using enum SettingType;

constexpr Setting kSettings[] = {
#define TRELLIS_SETTING(name, type, default_text, constraint, flags, description) \
  {name, type, default_text, constraint, static_cast<uint8_t>(flags), description},
#include "config/settings_cluster.inc"
#include "config/settings_db.inc"
#include "config/settings_dbms.inc"
#include "config/settings_dbms_security.inc"
#include "config/settings_other.inc"
#include "config/settings_server.inc"
#include "config/settings_tls.inc"
#include "config/settings_trellis.inc"
#undef TRELLIS_SETTING
};

std::string_view take_part(std::string_view& rest) {
  std::string_view part = rest.substr(0, rest.find('.'));
  rest.remove_prefix(std::min(rest.size(), part.size() + 1));
  return part;
}

bool is_scope(std::string_view part) {
  return std::find(kSslScopeNames.begin(), kSslScopeNames.end(), part) != kSslScopeNames.end();
}

// Optimal string alignment: one swap of neighbours is one edit.
size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> before(b.size() + 1);
  std::vector<size_t> previous(b.size() + 1);
  std::vector<size_t> current(b.size() + 1);
  std::iota(previous.begin(), previous.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    current[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      size_t replace = previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      current[j] = std::min({previous[j] + 1, current[j - 1] + 1, replace});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        current[j] = std::min(current[j], before[j - 2] + 1);
      }
    }
    before = std::exchange(previous, std::exchange(current, before));
    current.resize(b.size() + 1);
  }
  return previous[b.size()];
}

// The names a family row may have meant: the four scopes, or the part that was given there.
std::vector<std::string> members_near(const Setting& row, std::string_view name) {
  std::string pattern(row.name);
  size_t open = pattern.find('<');
  size_t close = pattern.find('>');
  if (pattern.find("<*>") != std::string::npos) return {};
  auto with = [&](std::string_view part) {
    std::string full = pattern;
    return full.replace(open, close - open + 1, part);
  };
  std::vector<std::string> members;
  if (pattern.find("<scope>") != std::string::npos) {
    for (std::string_view scope : kSslScopeNames) members.push_back(with(scope));
  } else if (name.substr(0, open) == pattern.substr(0, open)) {
    std::string_view rest = name.substr(open);
    std::string_view part = take_part(rest);
    if (!part.empty()) members.push_back(with(part));
  }
  return members;
}

}  // namespace

std::span<const Setting> all_settings() { return kSettings; }

bool matches_family(std::string_view family, std::string_view name) {
  while (!family.empty() && !name.empty()) {
    std::string_view wanted = take_part(family);
    if (wanted == "<*>") return true;
    std::string_view part = take_part(name);
    if (wanted == "<scope>") {
      if (!is_scope(part)) return false;
    } else if (wanted.front() == '<') {
      if (part.empty()) return false;
    } else if (wanted != part) {
      return false;
    }
  }
  return family.empty() && name.empty();
}

const Setting* find_setting(std::string_view name) {
  for (const Setting& row : kSettings) {
    if (row.name == name && !row.is_family()) return &row;
  }
  for (const Setting& row : kSettings) {
    if (row.is_family() && matches_family(row.name, name)) return &row;
  }
  return nullptr;
}

std::string nearest_setting(std::string_view name) {
  if (const FormerName* former = find_former_name(name)) return successor_of(*former, name);
  std::string best;
  size_t best_distance = std::max<size_t>(3, name.size() / 3) + 1;
  auto consider = [&](std::string_view candidate, std::string_view now) {
    size_t gap = candidate.size() > name.size() ? candidate.size() - name.size()
                                                : name.size() - candidate.size();
    if (gap >= best_distance) return;
    size_t distance = edit_distance(name, candidate);
    if (distance < best_distance) {
      best_distance = distance;
      best = now;
    }
  };
  for (const Setting& row : kSettings) {
    if (row.is_family()) {
      for (const std::string& member : members_near(row, name)) consider(member, member);
    } else {
      consider(row.name, row.name);
    }
  }
  for (const FormerName& row : all_former_names()) {
    if (row.name.find('<') != std::string_view::npos) continue;
    consider(row.name, row.now.empty() ? row.name : row.now);
  }
  for (const PolicyBinding& binding : policy_bindings()) consider(binding.name, binding.name);
  return best;
}

std::optional<std::string> default_of(const Setting& setting, std::string_view name) {
  if (!setting.default_text) return std::nullopt;
  std::string text(*setting.default_text);
  constexpr std::string_view kPolicy = "dbms.ssl.policy.";
  if (setting.is_family() && name.starts_with(kPolicy)) {
    std::string_view rest = name.substr(kPolicy.size());
    std::string_view scope = take_part(rest);
    if (size_t at = text.find("<scope>"); at != std::string::npos) text.replace(at, 7, scope);
    // Members and backup clients are known to each other; other clients are anybody.
    if (rest == "client_auth" && (scope == "cluster" || scope == "backup")) text = "REQUIRE";
  }
  return text;
}

}  // namespace trellis::config
