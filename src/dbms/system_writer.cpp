// SPDX-License-Identifier: Apache-2.0
#include "dbms/system_writer.h"

#include "dbms/system_schema.h"

namespace trellis::dbms {
namespace {

namespace schema = system_schema;
using value::Value;

Value text_or_null(const std::optional<std::string>& text) {
  return text ? Value::string(*text) : Value::null();
}
Value time_or_null(int64_t ms) { return ms == 0 ? Value::null() : Value::integer(ms); }

std::string_view kind_text(DatabaseKind kind) {
  switch (kind) {
    case DatabaseKind::kSystem:
      return "system";
    case DatabaseKind::kComposite:
      return "composite";
    case DatabaseKind::kStandard:
      return "standard";
  }
  TRELLIS_UNREACHABLE();
}

std::string_view scope_text(security::GraphScopeKind kind) {
  switch (kind) {
    case security::GraphScopeKind::kAll:
      return "ALL";
    case security::GraphScopeKind::kHome:
      return "HOME";
    case security::GraphScopeKind::kNamed:
      return "NAMED";
  }
  TRELLIS_UNREACHABLE();
}

}  // namespace

Result<std::vector<storage::Property>> SystemWriter::properties_of(std::span<const Field> fields) {
  std::vector<storage::Property> properties;
  for (const Field& field : fields) {
    if (field.value.is_null()) continue;
    TRELLIS_TRY_ASSIGN(const uint32_t key,
                       transaction_.make_token(storage::TokenKind::kKey, field.key));
    properties.push_back({key, field.value});
  }
  return properties;
}

Result<> SystemWriter::lock(std::initializer_list<NodeId> nodes) {
  // Nobody else writes here: the version node is ours.
  TRELLIS_TRY_ASSIGN(const Poll poll,
                     transaction_.lock_nodes(std::span(nodes.begin(), nodes.size()),
                                             storage::LockMode::kExclusive, PollContext{[] {}}));
  TRELLIS_ASSERT(poll == Poll::kReady);
  return {};
}

Result<storage::NodeId> SystemWriter::create(std::string_view label,
                                             std::span<const Field> fields) {
  TRELLIS_TRY_ASSIGN(const uint32_t label_id,
                     transaction_.make_token(storage::TokenKind::kLabel, label));
  TRELLIS_TRY_ASSIGN(const auto properties, properties_of(fields));
  return transaction_.create_node(std::span(&label_id, 1), properties);
}

Result<> SystemWriter::set(NodeId node, std::string_view key, const Value& value) {
  TRELLIS_TRY_ASSIGN(const uint32_t key_id, transaction_.make_token(storage::TokenKind::kKey, key));
  TRELLIS_TRY(lock({node}));
  TRELLIS_TRY(transaction_.set_node_property(node, key_id, value));
  return {};
}

Result<> SystemWriter::remove(NodeId node) {
  const auto batch = std::make_unique<storage::ExpandBatch>();
  std::vector<storage::RelationshipId> relationships;
  std::vector<NodeId> touched = {node};
  storage::ExpandCursor cursor;
  bool exhausted = false;
  while (!exhausted) {
    batch->size = 0;
    exhausted =
        transaction_.expand(std::span(&node, 1), storage::Direction::kBoth, {}, cursor, *batch);
    for (uint32_t i = 0; i < batch->size; ++i) {
      relationships.push_back(batch->relationship[i]);
      touched.push_back(batch->neighbour[i]);
    }
  }
  TRELLIS_TRY_ASSIGN(
      const Poll nodes_locked,
      transaction_.lock_nodes(touched, storage::LockMode::kExclusive, PollContext{[] {}}));
  TRELLIS_TRY_ASSIGN(const Poll relationships_locked,
                     transaction_.lock_relationships(relationships, PollContext{[] {}}));
  TRELLIS_ASSERT(nodes_locked == Poll::kReady && relationships_locked == Poll::kReady);
  for (const storage::RelationshipId relationship : relationships) {
    TRELLIS_TRY(transaction_.delete_relationship(relationship));
  }
  TRELLIS_TRY(transaction_.delete_node(node));
  return {};
}

Result<> SystemWriter::relate(NodeId from, std::string_view type, NodeId to) {
  TRELLIS_TRY_ASSIGN(const uint32_t type_id,
                     transaction_.make_token(storage::TokenKind::kType, type));
  TRELLIS_TRY(lock({from, to}));
  TRELLIS_TRY(transaction_.create_relationship(from, to, type_id, {}));
  return {};
}

Result<> SystemWriter::unrelate(NodeId from, std::string_view type, NodeId to) {
  TRELLIS_TRY_ASSIGN(const uint32_t type_id,
                     transaction_.make_token(storage::TokenKind::kType, type));
  TRELLIS_TRY(lock({from, to}));
  const auto batch = std::make_unique<storage::ExpandBatch>();
  std::vector<storage::RelationshipId> found;
  storage::ExpandCursor cursor;
  bool exhausted = false;
  while (!exhausted) {
    batch->size = 0;
    exhausted = transaction_.expand(std::span(&from, 1), storage::Direction::kOutgoing,
                                    std::span(&type_id, 1), cursor, *batch);
    for (uint32_t i = 0; i < batch->size; ++i) {
      if (batch->neighbour[i] == to) found.push_back(batch->relationship[i]);
    }
  }
  TRELLIS_TRY_ASSIGN(const Poll locked, transaction_.lock_relationships(found, PollContext{[] {}}));
  TRELLIS_ASSERT(locked == Poll::kReady);
  for (const storage::RelationshipId relationship : found) {
    TRELLIS_TRY(transaction_.delete_relationship(relationship));
  }
  return {};
}

Result<storage::NodeId> create_user(SystemWriter& writer, const UserRecord& user) {
  TRELLIS_TRY_ASSIGN(
      const storage::NodeId node,
      writer.create(schema::label::kUser,
                    {{schema::key::kName, Value::string(user.name)},
                     {schema::key::kId, Value::string(user.id)},
                     {schema::key::kCredential,
                      user.credential.empty() ? Value::null() : Value::string(user.credential)},
                     {schema::key::kChangeRequired, Value::boolean(user.change_required)},
                     {schema::key::kSuspended, Value::boolean(user.suspended)},
                     {schema::key::kHomeDatabase, text_or_null(user.home_database)}}));
  for (const AuthRecord& auth : user.external_auth) {
    TRELLIS_TRY(add_auth(writer, node, auth.provider, auth.external_id));
  }
  return node;
}

Result<> drop_user(SystemWriter& writer, const UserRecord& user) {
  for (const AuthRecord& auth : user.external_auth) TRELLIS_TRY(writer.remove(auth.node));
  return writer.remove(user.node);
}

Result<> add_auth(SystemWriter& writer, storage::NodeId user, std::string_view provider,
                  std::string_view external_id) {
  TRELLIS_TRY_ASSIGN(const storage::NodeId auth,
                     writer.create(schema::label::kAuth,
                                   {{schema::key::kProvider, Value::string(provider)},
                                    {schema::key::kExternalId, Value::string(external_id)}}));
  return writer.relate(user, schema::type::kHasAuth, auth);
}

Result<storage::NodeId> create_role(SystemWriter& writer, std::string_view name, bool immutable) {
  return writer.create(schema::label::kRole,
                       {{schema::key::kName, Value::string(name)},
                        {schema::key::kImmutable, Value::boolean(immutable)}});
}

Result<> drop_role(SystemWriter& writer, const RoleRecord& role) {
  for (const PrivilegeRecord& privilege : role.privileges) {
    TRELLIS_TRY(writer.remove(privilege.node));
  }
  return writer.remove(role.node);
}

Result<> grant_role(SystemWriter& writer, storage::NodeId role, storage::NodeId user) {
  return writer.relate(user, schema::type::kHasRole, role);
}

Result<> revoke_role(SystemWriter& writer, storage::NodeId role, storage::NodeId user) {
  return writer.unrelate(user, schema::type::kHasRole, role);
}

Result<> add_privilege(SystemWriter& writer, storage::NodeId role, const security::Privilege& p) {
  TRELLIS_TRY_ASSIGN(
      const storage::NodeId node,
      writer.create(schema::label::kPrivilege,
                    {{schema::key::kEffect,
                      Value::string(p.effect == security::Effect::kGrant ? "GRANT" : "DENY")},
                     {schema::key::kAction, Value::string(security::traits_of(p.action).stored)},
                     {schema::key::kScope, Value::string(scope_text(p.scope.kind))},
                     {schema::key::kScopeName, p.scope.kind == security::GraphScopeKind::kNamed
                                                   ? Value::string(p.scope.name)
                                                   : Value::null()},
                     {schema::key::kSegment, Value::string(security::to_string(p.segment))},
                     {schema::key::kQualifier, text_or_null(p.qualifier)},
                     {schema::key::kResource, text_or_null(p.resource)},
                     {schema::key::kImmutable, Value::boolean(p.immutable)}}));
  return writer.relate(role, schema::type::kHasPrivilege, node);
}

Result<> remove_privilege(SystemWriter& writer, const PrivilegeRecord& privilege) {
  return writer.remove(privilege.node);
}

Result<> remove_privileges_on(SystemWriter& writer, const SystemSnapshot& system,
                              std::string_view database) {
  for (const auto& [name, role] : system.roles) {
    for (const PrivilegeRecord& record : role.privileges) {
      const security::GraphScope& scope = record.privilege.scope;
      if (scope.kind == security::GraphScopeKind::kNamed && scope.name == database) {
        TRELLIS_TRY(remove_privilege(writer, record));
      }
    }
  }
  return {};
}

Result<storage::NodeId> create_database(SystemWriter& writer, const DatabaseRecord& database) {
  std::vector<std::string> keys;
  keys.reserve(database.options.size());  // fields keep views of the keys
  std::vector<SystemWriter::Field> fields = {
      {schema::key::kName, Value::string(database.name)},
      {schema::key::kDirectory, Value::string(database.directory)},
      {schema::key::kKind, Value::string(kind_text(database.kind))},
      {schema::key::kAccess, Value::string(database.read_only ? "read-only" : "read-write")},
      {schema::key::kRequested, Value::string(database.requested_online ? "online" : "offline")},
      {schema::key::kCreatedAt, time_or_null(database.created_at_ms)},
      {schema::key::kStartedAt, time_or_null(database.started_at_ms)},
      {schema::key::kStoppedAt, time_or_null(database.stopped_at_ms)}};
  for (const auto& [name, text] : database.options) {
    keys.push_back(std::string(schema::key::kOptionPrefix) + name);
    fields.push_back({keys.back(), Value::string(text)});
  }
  return writer.create(schema::label::kDatabase, fields);
}

Result<storage::NodeId> create_alias(SystemWriter& writer, const AliasRecord& alias) {
  const auto text = [](const std::string& t) {
    return t.empty() ? Value::null() : Value::string(t);
  };
  const auto* sealed = reinterpret_cast<const std::byte*>(alias.sealed_password.data());
  const Value sealed_value = alias.sealed_password.empty()
                                 ? Value::null()
                                 : Value::bytes(std::span(sealed, alias.sealed_password.size()));
  TRELLIS_TRY_ASSIGN(
      const storage::NodeId node,
      writer.create(
          schema::label::kAlias,
          {{schema::key::kName, Value::string(alias.name)},
           {schema::key::kComposite, text(alias.composite)},
           {schema::key::kTarget, Value::string(alias.target)},
           {schema::key::kUrl, alias.remote ? Value::string(alias.url) : Value::null()},
           {schema::key::kUsername, text(alias.username)},
           {schema::key::kSealedPassword, sealed_value},
           {schema::key::kChanges, Value::integer(static_cast<int64_t>(alias.changes))}}));
  TRELLIS_TRY(replace_map(writer, node, schema::key::kDriverPrefix, {}, alias.driver));
  TRELLIS_TRY(replace_map(writer, node, schema::key::kPropertyPrefix, {}, alias.properties));
  return node;
}

Result<> replace_map(SystemWriter& writer, storage::NodeId node, std::string_view prefix,
                     const std::map<std::string, value::ValueHolder>& before,
                     const std::map<std::string, value::ValueHolder>& after) {
  for (const auto& [name, old] : before) {
    if (!after.contains(name)) {
      TRELLIS_TRY(writer.set(node, std::string(prefix) + name, Value::null()));
    }
  }
  for (const auto& [name, holder] : after) {
    TRELLIS_TRY(writer.set(node, std::string(prefix) + name, holder.get()));
  }
  return {};
}

}  // namespace trellis::dbms
