// SPDX-License-Identifier: Apache-2.0
#include "dbms/system_snapshot.h"

namespace trellis::dbms {
namespace {
// Bounds the rules kept for one snapshot: role sets x databases in real use are far fewer.
constexpr size_t kMaxAccessEntries = 4096;
}  // namespace

std::vector<const AliasRecord*> SystemSnapshot::aliases_of(std::string_view database) const {
  std::vector<const AliasRecord*> result;
  for (const auto& [name, alias] : aliases) {
    if (!alias.remote && alias.target == database) result.push_back(&alias);
  }
  return result;
}

std::vector<const AliasRecord*> SystemSnapshot::constituents_of(std::string_view composite) const {
  std::vector<const AliasRecord*> result;
  for (const auto& [name, alias] : aliases) {
    if (!alias.composite.empty() && alias.composite == composite) result.push_back(&alias);
  }
  return result;
}

std::vector<std::string> SystemSnapshot::effective_roles(const UserRecord& user) const {
  if (user.suspended && user.external_auth.empty()) return {};
  std::vector<std::string> result = {std::string(security::kPublicRole)};
  result.insert(result.end(), user.roles.begin(), user.roles.end());
  return result;
}

std::vector<security::Privilege> SystemSnapshot::privileges_of(
    const std::vector<std::string>& role_names) const {
  std::vector<security::Privilege> result;
  for (const std::string& name : role_names) {
    if (const RoleRecord* record = role(name)) {
      for (const PrivilegeRecord& privilege : record->privileges) {
        result.push_back(privilege.privilege);
      }
    }
  }
  return result;
}

std::shared_ptr<const security::AccessRules> SystemSnapshot::access(
    const std::vector<std::string>& role_names, std::string_view database,
    bool database_is_home) const {
  std::string cache_key(database);
  cache_key.append(1, '\0').append(1, database_is_home ? 'h' : 'o');
  for (const std::string& role_name : role_names) cache_key.append(1, '\0').append(role_name);
  {
    MutexLock lock(mutex_);
    const auto found = access_.find(cache_key);
    if (found != access_.end()) return found->second;
  }
  auto rules =
      security::AccessRules::compile(privileges_of(role_names), database, database_is_home);
  MutexLock lock(mutex_);
  if (access_.size() >= kMaxAccessEntries) access_.clear();
  access_[std::move(cache_key)] = rules;
  return rules;
}

std::string SystemSnapshot::home_database_of(const UserRecord* user) const {
  if (user != nullptr && user->home_database) {
    const std::string& home = *user->home_database;
    if (database(home) != nullptr || alias(home) != nullptr) return home;
  }
  return default_database;
}

}  // namespace trellis::dbms
