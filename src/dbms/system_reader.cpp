// SPDX-License-Identifier: Apache-2.0
#include "dbms/system_reader.h"

#include <algorithm>
#include <functional>

#include "dbms/system_schema.h"

namespace trellis::dbms {
namespace {

namespace schema = system_schema;
using storage::NodeId;

// The properties of one node, by name.
class Fields {
 public:
  Fields(std::map<std::string, value::Value, std::less<>> values, NodeId node)
      : values_(std::move(values)), node_(node) {}

  NodeId node() const { return node_; }
  const value::Value* find(std::string_view key) const {
    const auto found = values_.find(key);
    return found == values_.end() ? nullptr : &found->second;
  }
  std::string text(std::string_view key) const {
    const value::Value* v = find(key);
    return v != nullptr && v->is(value::Type::kString) ? std::string(v->as_string()) : "";
  }
  std::optional<std::string> optional_text(std::string_view key) const {
    if (find(key) == nullptr) return std::nullopt;
    return text(key);
  }
  int64_t integer(std::string_view key) const {
    const value::Value* v = find(key);
    return v != nullptr && v->is(value::Type::kInteger) ? v->as_integer() : 0;
  }
  bool boolean(std::string_view key) const {
    const value::Value* v = find(key);
    return v != nullptr && v->is_true();
  }
  std::string bytes(std::string_view key) const {
    const value::Value* v = find(key);
    if (v == nullptr || !v->is(value::Type::kBytes)) return {};
    const auto span = v->as_bytes();
    return std::string(reinterpret_cast<const char*>(span.data()), span.size());
  }
  // visit(rest of the key, value) for keys with the prefix
  template <class Visit>
  void with_prefix(std::string_view prefix, Visit&& visit) const {
    for (auto it = values_.lower_bound(prefix); it != values_.end(); ++it) {
      if (!it->first.starts_with(prefix)) break;
      visit(it->first.substr(prefix.size()), it->second);
    }
  }

 private:
  std::map<std::string, value::Value, std::less<>> values_;
  NodeId node_;
};

class Reader {
 public:
  Reader(const storage::Database& database, const storage::Transaction& transaction)
      : tokens_(database.tokens()), transaction_(transaction) {}

  Result<std::shared_ptr<SystemSnapshot>> read() {
    TRELLIS_TRY(each(schema::label::kVersion, [this](const Fields& f) { return version(f); }));
    TRELLIS_TRY(each(schema::label::kRole, [this](const Fields& f) { return role(f); }));
    TRELLIS_TRY(each(schema::label::kUser, [this](const Fields& f) { return user(f); }));
    TRELLIS_TRY(each(schema::label::kDatabase, [this](const Fields& f) { return database(f); }));
    TRELLIS_TRY(each(schema::label::kAlias, [this](const Fields& f) { return alias(f); }));
    return std::move(result_);
  }

 private:
  using Visit = std::function<Result<>(const Fields&)>;

  Result<Fields> fields_of(NodeId node) {
    TRELLIS_TRY_ASSIGN(const auto properties, transaction_.all_node_properties(node, arena_));
    std::map<std::string, value::Value, std::less<>> values;
    for (const storage::Property& property : properties) {
      values.emplace(tokens_.name(storage::TokenKind::kKey, property.key), property.value);
    }
    return Fields(std::move(values), node);
  }

  Result<> each(std::string_view label, const Visit& visit) {
    const auto id = tokens_.find(storage::TokenKind::kLabel, label);
    if (!id) return {};
    std::vector<NodeId> ids(storage::kSegmentRows);
    for (uint32_t segment = 0; segment < transaction_.node_segment_count(); ++segment) {
      const uint32_t count = transaction_.scan_nodes(segment, *id, ids.data());
      for (uint32_t i = 0; i < count; ++i) {
        TRELLIS_TRY_ASSIGN(const Fields fields, fields_of(ids[i]));
        TRELLIS_TRY(visit(fields));
      }
    }
    return {};
  }

  Result<> each_neighbour(NodeId node, std::string_view type, const Visit& visit) {
    const auto id = tokens_.find(storage::TokenKind::kType, type);
    if (!id) return {};
    const auto batch = std::make_unique<storage::ExpandBatch>();
    std::vector<NodeId> neighbours;
    storage::ExpandCursor cursor;
    bool exhausted = false;
    while (!exhausted) {
      batch->size = 0;
      exhausted = transaction_.expand(std::span(&node, 1), storage::Direction::kOutgoing,
                                      std::span(&*id, 1), cursor, *batch);
      neighbours.insert(neighbours.end(), batch->neighbour.begin(),
                        batch->neighbour.begin() + batch->size);
    }
    for (const NodeId neighbour : neighbours) {
      TRELLIS_TRY_ASSIGN(const Fields fields, fields_of(neighbour));
      TRELLIS_TRY(visit(fields));
    }
    return {};
  }

  Result<> version(const Fields& f) {
    result_->version_node = f.node();
    result_->schema_version = f.integer(schema::key::kVersion);
    result_->epoch = static_cast<uint64_t>(f.integer(schema::key::kEpoch));
    result_->dbms_id = f.text(schema::key::kDbmsId);
    result_->default_database = f.text(schema::key::kDefaultDatabase);
    return {};
  }

  Result<> user(const Fields& f) {
    UserRecord user;
    user.node = f.node();
    user.name = f.text(schema::key::kName);
    user.id = f.text(schema::key::kId);
    user.credential = f.text(schema::key::kCredential);
    user.change_required = f.boolean(schema::key::kChangeRequired);
    user.suspended = f.boolean(schema::key::kSuspended);
    user.home_database = f.optional_text(schema::key::kHomeDatabase);
    TRELLIS_TRY(each_neighbour(f.node(), schema::type::kHasRole, [&](const Fields& role_fields) {
      user.roles.push_back(role_fields.text(schema::key::kName));
      return Result<>();
    }));
    TRELLIS_TRY(each_neighbour(f.node(), schema::type::kHasAuth, [&](const Fields& auth) {
      user.external_auth.push_back(
          {auth.node(), auth.text(schema::key::kProvider), auth.text(schema::key::kExternalId)});
      return Result<>();
    }));
    std::sort(user.roles.begin(), user.roles.end());
    std::string name = user.name;
    result_->users.emplace(std::move(name), std::move(user));
    return {};
  }

  Result<> role(const Fields& f) {
    RoleRecord role;
    role.node = f.node();
    role.name = f.text(schema::key::kName);
    role.immutable = f.boolean(schema::key::kImmutable);
    TRELLIS_TRY(
        each_neighbour(f.node(), schema::type::kHasPrivilege, [&](const Fields& p) -> Result<> {
          TRELLIS_TRY_ASSIGN(security::Privilege privilege, privilege_of(p));
          role.privileges.push_back({p.node(), std::move(privilege)});
          return {};
        }));
    std::sort(role.privileges.begin(), role.privileges.end(),
              [](const auto& a, const auto& b) { return a.privilege < b.privilege; });
    std::string name = role.name;
    result_->roles.emplace(std::move(name), std::move(role));
    return {};
  }

  static Result<security::Privilege> privilege_of(const Fields& f) {
    security::Privilege p;
    const auto action = security::action_from_stored(f.text(schema::key::kAction));
    const auto segment = security::segment_from_stored(f.text(schema::key::kSegment));
    if (!action || !segment) {
      return fail(ErrorCode::Corruption,
                  "The system database holds a privilege that this version does not know ({} on "
                  "{}).",
                  f.text(schema::key::kAction), f.text(schema::key::kSegment));
    }
    p.action = *action;
    p.segment = *segment;
    p.effect =
        f.text(schema::key::kEffect) == "DENY" ? security::Effect::kDeny : security::Effect::kGrant;
    const std::string scope = f.text(schema::key::kScope);
    p.scope.kind = scope == "HOME"    ? security::GraphScopeKind::kHome
                   : scope == "NAMED" ? security::GraphScopeKind::kNamed
                                      : security::GraphScopeKind::kAll;
    p.scope.name = f.text(schema::key::kScopeName);
    p.qualifier = f.optional_text(schema::key::kQualifier);
    p.resource = f.optional_text(schema::key::kResource);
    p.immutable = f.boolean(schema::key::kImmutable);
    return p;
  }

  Result<> database(const Fields& f) {
    DatabaseRecord record;
    record.node = f.node();
    record.name = f.text(schema::key::kName);
    record.directory = f.text(schema::key::kDirectory);
    const std::string kind = f.text(schema::key::kKind);
    record.kind = kind == "system"      ? DatabaseKind::kSystem
                  : kind == "composite" ? DatabaseKind::kComposite
                                        : DatabaseKind::kStandard;
    record.read_only = f.text(schema::key::kAccess) == "read-only";
    record.requested_online = f.text(schema::key::kRequested) != "offline";
    record.created_at_ms = f.integer(schema::key::kCreatedAt);
    record.started_at_ms = f.integer(schema::key::kStartedAt);
    record.stopped_at_ms = f.integer(schema::key::kStoppedAt);
    f.with_prefix(schema::key::kOptionPrefix, [&](std::string name, const value::Value& v) {
      if (v.is(value::Type::kString)) record.options.emplace(std::move(name), v.as_string());
    });
    std::string name = record.name;
    result_->databases.emplace(std::move(name), std::move(record));
    return {};
  }

  Result<> alias(const Fields& f) {
    AliasRecord record;
    record.node = f.node();
    record.name = f.text(schema::key::kName);
    record.composite = f.text(schema::key::kComposite);
    record.target = f.text(schema::key::kTarget);
    record.remote = f.find(schema::key::kUrl) != nullptr;
    record.url = f.text(schema::key::kUrl);
    record.username = f.text(schema::key::kUsername);
    record.sealed_password = f.bytes(schema::key::kSealedPassword);
    record.changes = static_cast<uint64_t>(f.integer(schema::key::kChanges));
    f.with_prefix(schema::key::kDriverPrefix, [&](std::string name, const value::Value& v) {
      record.driver.emplace(std::move(name), value::ValueHolder(v));
    });
    f.with_prefix(schema::key::kPropertyPrefix, [&](std::string name, const value::Value& v) {
      record.properties.emplace(std::move(name), value::ValueHolder(v));
    });
    std::string name = record.name;
    result_->aliases.emplace(std::move(name), std::move(record));
    return {};
  }

  const storage::TokenCatalog& tokens_;
  const storage::Transaction& transaction_;
  Arena arena_;
  std::shared_ptr<SystemSnapshot> result_ = std::make_shared<SystemSnapshot>();
};

}  // namespace

Result<std::shared_ptr<SystemSnapshot>> read_system(const storage::Database& database,
                                                    const storage::Transaction& transaction) {
  return Reader(database, transaction).read();
}

}  // namespace trellis::dbms
