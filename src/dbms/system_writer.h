// SPDX-License-Identifier: Apache-2.0
//
// Write access to `system` in one transaction: the primitives, and the repositories that know what
// users, roles, databases and aliases look like in the graph (system_schema.h).
//
// The version node must be locked exclusively before any of these is called. Each function returns
// the storage's error; consistency of names (exists already, does not exist) is the caller's to
// check against the snapshot that it read in the same transaction. Not thread-safe.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "dbms/system_snapshot.h"
#include "security/privilege.h"
#include "storage/storage.h"
#include "value/value.h"

namespace trellis::dbms {

class SystemWriter {
 public:
  using NodeId = storage::NodeId;
  struct Field {
    std::string_view key;
    value::Value value;  // null: left out
  };

  explicit SystemWriter(storage::Transaction& transaction) : transaction_(transaction) {}

  Result<NodeId> create(std::string_view label, std::span<const Field> fields);
  Result<NodeId> create(std::string_view label, std::initializer_list<Field> fields) {
    return create(label, std::span(fields.begin(), fields.size()));
  }
  // A null value removes the property.
  Result<> set(NodeId node, std::string_view key, const value::Value& value);
  // The node with all its relationships.
  Result<> remove(NodeId node);
  Result<> relate(NodeId from, std::string_view type, NodeId to);
  Result<> unrelate(NodeId from, std::string_view type, NodeId to);

  // How many things the command changed (counter `system-updates`): one for each user, role,
  // privilege, ... that was made, changed or removed.
  void count_update() { ++updates_; }
  uint64_t updates() const { return updates_; }

 private:
  Result<std::vector<storage::Property>> properties_of(std::span<const Field> fields);
  Result<> lock(std::initializer_list<NodeId> nodes);

  storage::Transaction& transaction_;
  uint64_t updates_ = 0;
};

// -- users --
Result<storage::NodeId> create_user(SystemWriter& writer, const UserRecord& user);
Result<> drop_user(SystemWriter& writer, const UserRecord& user);
Result<> add_auth(SystemWriter& writer, storage::NodeId user, std::string_view provider,
                  std::string_view external_id);

// -- roles and privileges --
Result<storage::NodeId> create_role(SystemWriter& writer, std::string_view name, bool immutable);
Result<> drop_role(SystemWriter& writer, const RoleRecord& role);
Result<> grant_role(SystemWriter& writer, storage::NodeId role, storage::NodeId user);
Result<> revoke_role(SystemWriter& writer, storage::NodeId role, storage::NodeId user);
Result<> add_privilege(SystemWriter& writer, storage::NodeId role,
                       const security::Privilege& privilege);
Result<> remove_privilege(SystemWriter& writer, const PrivilegeRecord& privilege);
// Privileges that name a database which is dropped go with it.
Result<> remove_privileges_on(SystemWriter& writer, const SystemSnapshot& system,
                              std::string_view database);

// -- databases and aliases --
Result<storage::NodeId> create_database(SystemWriter& writer, const DatabaseRecord& database);
Result<storage::NodeId> create_alias(SystemWriter& writer, const AliasRecord& alias);
// Replaces all `prefix`<key> properties.
Result<> replace_map(SystemWriter& writer, storage::NodeId node, std::string_view prefix,
                     const std::map<std::string, value::ValueHolder>& before,
                     const std::map<std::string, value::ValueHolder>& after);

}  // namespace trellis::dbms
