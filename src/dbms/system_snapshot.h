// SPDX-License-Identifier: Apache-2.0
//
// What `system` said after one commit: users, roles, privileges, databases, aliases. Immutable but
// for a cache of compiled access rules; shared by every statement that began while it was current.
//
//   SystemSnapshot   the content, by name
//   SystemState      the current snapshot; swapped whole
//
// Thread-safe. Node ids belong to `system` and serve the writers.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "dbms/remote_graphs.h"
#include "security/access_rules.h"
#include "security/privilege.h"
#include "storage/storage.h"
#include "value/value.h"

namespace trellis::dbms {

struct AuthRecord {
  storage::NodeId node = 0;
  std::string provider;
  std::string external_id;
};

struct UserRecord {
  storage::NodeId node = 0;
  std::string name;
  std::string id;
  std::string credential;  // PHC or Neo4j's encrypted form; empty: no native password
  bool change_required = false;
  bool suspended = false;
  std::optional<std::string> home_database;  // lower case
  std::vector<std::string> roles;            // sorted, without PUBLIC
  std::vector<AuthRecord> external_auth;
};

struct PrivilegeRecord {
  storage::NodeId node = 0;
  security::Privilege privilege;
};

struct RoleRecord {
  storage::NodeId node = 0;
  std::string name;
  bool immutable = false;
  std::vector<PrivilegeRecord> privileges;  // sorted by privilege
};

enum class DatabaseKind : uint8_t { kSystem, kStandard, kComposite };

struct DatabaseRecord {
  storage::NodeId node = 0;
  std::string name;
  std::string directory;
  DatabaseKind kind = DatabaseKind::kStandard;
  bool read_only = false;
  bool requested_online = true;
  int64_t created_at_ms = 0;
  int64_t started_at_ms = 0;  // 0: never
  int64_t stopped_at_ms = 0;
  std::map<std::string, std::string> options;
};

struct AliasRecord {
  storage::NodeId node = 0;
  std::string name;       // with the composite's name and a dot in front, when it is a constituent
  std::string composite;  // empty: none
  std::string target;     // database here, or over there
  bool remote = false;
  std::string url;
  std::string username;
  std::string sealed_password;
  uint64_t changes = 0;
  std::map<std::string, value::ValueHolder> driver;      // as given
  std::map<std::string, value::ValueHolder> properties;  // as given
};

class SystemSnapshot {
 public:
  template <class T>
  using ByName = std::map<std::string, T, std::less<>>;

  storage::NodeId version_node = 0;
  int64_t schema_version = 0;
  uint64_t epoch = 0;
  std::string dbms_id;
  std::string default_database;
  ByName<UserRecord> users;
  ByName<RoleRecord> roles;
  ByName<DatabaseRecord> databases;  // `system` included
  ByName<AliasRecord> aliases;

  SystemSnapshot() = default;
  SystemSnapshot(const SystemSnapshot&) = delete;
  SystemSnapshot& operator=(const SystemSnapshot&) = delete;

  const UserRecord* user(std::string_view name) const { return find(users, name); }
  const RoleRecord* role(std::string_view name) const { return find(roles, name); }
  // Lower-case names.
  const DatabaseRecord* database(std::string_view name) const { return find(databases, name); }
  const AliasRecord* alias(std::string_view name) const { return find(aliases, name); }
  // Local aliases that point to the database.
  std::vector<const AliasRecord*> aliases_of(std::string_view database) const;
  // Constituents of a composite database.
  std::vector<const AliasRecord*> constituents_of(std::string_view composite) const;

  // The roles in force: the user's and PUBLIC. A suspended user has none.
  std::vector<std::string> effective_roles(const UserRecord& user) const;
  std::vector<security::Privilege> privileges_of(const std::vector<std::string>& roles) const;
  // Compiled once per (roles, database, home or not).
  std::shared_ptr<const security::AccessRules> access(const std::vector<std::string>& roles,
                                                      std::string_view database,
                                                      bool database_is_home) const;
  // The user's home database as a name that exists (an alias is kept), else the default database.
  std::string home_database_of(const UserRecord* user) const;

 private:
  template <class T>
  static const T* find(const ByName<T>& map, std::string_view name) {
    const auto found = map.find(name);
    return found == map.end() ? nullptr : &found->second;
  }

  mutable Mutex mutex_;
  mutable std::map<std::string, std::shared_ptr<const security::AccessRules>> access_
      GUARDED_BY(mutex_);
};

class SystemState {
 public:
  std::shared_ptr<const SystemSnapshot> current() const {
    MutexLock lock(mutex_);
    return current_;
  }
  void publish(std::shared_ptr<const SystemSnapshot> snapshot) {
    MutexLock lock(mutex_);
    if (!current_ || snapshot->epoch >= current_->epoch) current_ = std::move(snapshot);
  }

 private:
  mutable Mutex mutex_;
  std::shared_ptr<const SystemSnapshot> current_ GUARDED_BY(mutex_);
};

}  // namespace trellis::dbms
