// SPDX-License-Identifier: Apache-2.0
//
// CREATE and DROP of indexes and constraints, with the errors that Neo4j gives for rules that exist
// already or do not. Each runs once; no rows go on.
// Source: Cypher manual, "Create, show, and drop indexes" and "... constraints".
#include <fmt/ranges.h>

#include <algorithm>

#include "cypher/exec/operators/factory.h"

namespace trellis::cypher::exec {
namespace {

using security::Action;
using storage::ConstraintDescriptor;
using storage::EntityKind;
using storage::IndexDescriptor;
using storage::Schema;
using storage::TokenKind;

// Runs change() at the first input, then swallows the rest.
template <class Change>
class SchemaChange final : public OperatorInstance {
 public:
  SchemaChange(Execution& x, Change change) : OperatorInstance(x), change_(std::move(change)) {}
  Result<Step> step(const PollContext&) override {
    if (in_ != nullptr && !done_) {
      done_ = true;
      TRELLIS_TRY(change_(x_));
    }
    return need_input();
  }

 protected:
  void on_reset() override { done_ = false; }

 private:
  Change change_;
  bool done_ = false;
};

template <class Change>
OperatorInstancePtr make_change(Execution& x, Change change) {
  return std::make_unique<SchemaChange<Change>>(x, std::move(change));
}

Result<> allowed(Execution& x, Action action, std::string_view what) {
  if (x.reader().rules().allows(action)) return {};
  return fail(ErrorCode::Forbidden,
              "{} is not allowed for the current user. Ask an administrator for the privilege.",
              what);
}

std::string schema_text(EntityKind entity, std::string_view token,
                        const std::vector<plan::TokenRef>& keys) {
  std::vector<std::string_view> names;
  for (const plan::TokenRef& key : keys) names.push_back(key->name);
  return entity == EntityKind::kNode
             ? fmt::format("(:{} {{{}}})", token, fmt::join(names, ", "))
             : fmt::format("()-[:{} {{{}}}]-()", token, fmt::join(names, ", "));
}

// A name that depends on what it stands for alone, as "index_1ef0a92c".
std::string generated_name(std::string_view prefix, std::string_view text) {
  uint32_t h = 2166136261U;
  for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 16777619U;
  return fmt::format("{}_{:08x}", prefix, h);
}

const IndexDescriptor* index_named(const Schema& schema, std::string_view name) {
  for (const IndexDescriptor& index : schema.indexes) {
    if (index.name == name) return &index;
  }
  return nullptr;
}
const ConstraintDescriptor* constraint_named(const Schema& schema, std::string_view name) {
  for (const ConstraintDescriptor& constraint : schema.constraints) {
    if (constraint.name == name) return &constraint;
  }
  return nullptr;
}

Result<std::vector<storage::KeyId>> key_ids(Execution& x, const std::vector<plan::TokenRef>& keys) {
  std::vector<storage::KeyId> ids;
  for (const plan::TokenRef& key : keys) {
    TRELLIS_TRY_ASSIGN(const storage::KeyId id, x.writer().token(*key));
    ids.push_back(id);
  }
  return ids;
}

bool same_schema(const IndexDescriptor& a, const IndexDescriptor& b) {
  return a.type == b.type && a.entity == b.entity && a.token == b.token && a.keys == b.keys;
}

Result<> create_index(Execution& x, const plan::CreateIndex& op) {
  TRELLIS_TRY(allowed(x, Action::kCreateIndex, "Creating an index"));
  IndexDescriptor index;
  index.type = op.type;
  index.entity = op.entity;
  std::string text = op.entity == EntityKind::kNode ? "(:<any-labels>)" : "()-[:<any-types>]-()";
  if (op.type != storage::IndexType::kLookup) {
    TRELLIS_TRY_ASSIGN(index.token, x.writer().token(*op.token));
    TRELLIS_TRY_ASSIGN(index.keys, key_ids(x, op.keys));
    text = schema_text(op.entity, op.token->name, op.keys);
  }
  index.name = op.name.empty() ? generated_name("index", text) : op.name;
  const auto schema = x.reader().database().schema();
  const IndexDescriptor* same = nullptr;
  for (const IndexDescriptor& other : schema->indexes) {
    if (same_schema(other, index)) same = &other;
  }
  const bool name_taken = index_named(*schema, index.name) != nullptr ||
                          constraint_named(*schema, index.name) != nullptr;
  if (op.if_not_exists && (same != nullptr || name_taken)) return {};
  if (same != nullptr && same->name == index.name && !same->owning_constraint) {
    return fail(ErrorCode::EquivalentSchemaRuleExists,
                "An equivalent index already exists, 'Index( name='{}', schema={} )'.", index.name,
                text);
  }
  if (same != nullptr && same->owning_constraint) {
    return fail(ErrorCode::ConstraintAlreadyExists,
                "There is a uniqueness constraint on {}, so an index is already created that "
                "matches this.",
                text);
  }
  if (same != nullptr) {
    return fail(ErrorCode::IndexAlreadyExists, "There already exists an index {}.", text);
  }
  if (constraint_named(*schema, index.name) != nullptr) {
    return fail(ErrorCode::ConstraintWithNameExists,
                "There already exists a constraint called '{}'.", index.name);
  }
  if (name_taken) {
    return fail(ErrorCode::IndexWithNameExists, "There already exists an index called '{}'.",
                index.name);
  }
  TRELLIS_TRY(x.writer().create_index(index));
  return {};
}

Result<> create_constraint(Execution& x, const plan::CreateConstraint& op) {
  TRELLIS_TRY(allowed(x, Action::kCreateConstraint, "Creating a constraint"));
  ConstraintDescriptor constraint;
  TRELLIS_TRY_ASSIGN(constraint.label, x.writer().token(*op.label));
  TRELLIS_TRY_ASSIGN(constraint.keys, key_ids(x, op.keys));
  const std::string text = schema_text(EntityKind::kNode, op.label->name, op.keys);
  constraint.name = op.name.empty() ? generated_name("constraint", text) : op.name;
  const auto schema = x.reader().database().schema();
  const ConstraintDescriptor* same = nullptr;
  for (const ConstraintDescriptor& other : schema->constraints) {
    if (other.label == constraint.label && other.keys == constraint.keys) same = &other;
  }
  const ConstraintDescriptor* namesake = constraint_named(*schema, constraint.name);
  if (op.if_not_exists && (same != nullptr || namesake != nullptr)) return {};
  if (same != nullptr && same == namesake) {
    return fail(ErrorCode::EquivalentSchemaRuleExists,
                "An equivalent constraint already exists, 'Constraint( id={}, name='{}', "
                "type='UNIQUENESS', schema={}, ownedIndex={} )'.",
                same->id, same->name, text, same->owned_index);
  }
  if (same != nullptr) {
    return fail(ErrorCode::ConstraintAlreadyExists,
                "Constraint already exists: Constraint( id={}, name='{}', type='UNIQUENESS', "
                "schema={}, ownedIndex={} )",
                same->id, same->name, text, same->owned_index);
  }
  if (namesake != nullptr) {
    return fail(ErrorCode::ConstraintWithNameExists,
                "There already exists a constraint called '{}'.", constraint.name);
  }
  if (index_named(*schema, constraint.name) != nullptr) {
    return fail(ErrorCode::IndexWithNameExists, "There already exists an index called '{}'.",
                constraint.name);
  }
  for (const IndexDescriptor& index : schema->indexes) {
    if (index.type == storage::IndexType::kRange && index.entity == EntityKind::kNode &&
        index.token == constraint.label && index.keys == constraint.keys) {
      return fail(ErrorCode::IndexAlreadyExists,
                  "There already exists an index {}. A constraint cannot be created until the "
                  "index has been dropped.",
                  text);
    }
  }
  TRELLIS_TRY(x.writer().create_constraint(constraint));
  return {};
}

Result<> drop_index(Execution& x, const plan::DropIndex& op) {
  TRELLIS_TRY(allowed(x, Action::kDropIndex, "Dropping an index"));
  const auto schema = x.reader().database().schema();
  const IndexDescriptor* index = index_named(*schema, op.name);
  if (index == nullptr) {
    if (op.if_exists) return {};
    return fail(ErrorCode::IndexDropFailed,
                "Unable to drop index called `{}`. There is no such index.", op.name);
  }
  if (index->owning_constraint) {
    return fail(ErrorCode::IndexDropFailed,
                "Unable to drop index: Index belongs to constraint: `{}`. Drop the constraint.",
                op.name);
  }
  return x.writer().drop_index(index->id);
}

Result<> drop_constraint(Execution& x, const plan::DropConstraint& op) {
  TRELLIS_TRY(allowed(x, Action::kDropConstraint, "Dropping a constraint"));
  const auto schema = x.reader().database().schema();
  const ConstraintDescriptor* constraint = constraint_named(*schema, op.name);
  if (constraint == nullptr) {
    if (op.if_exists) return {};
    return fail(ErrorCode::ConstraintDropFailed,
                "Unable to drop constraint `{}`: No such constraint {}.", op.name, op.name);
  }
  return x.writer().drop_constraint(constraint->id);
}

}  // namespace

Result<OperatorInstancePtr> make_instance(Execution& x, const plan::CreateIndex& op) {
  return make_change(x, [&op](Execution& run) { return create_index(run, op); });
}
Result<OperatorInstancePtr> make_instance(Execution& x, const plan::CreateConstraint& op) {
  return make_change(x, [&op](Execution& run) { return create_constraint(run, op); });
}
Result<OperatorInstancePtr> make_instance(Execution& x, const plan::DropIndex& op) {
  return make_change(x, [&op](Execution& run) { return drop_index(run, op); });
}
Result<OperatorInstancePtr> make_instance(Execution& x, const plan::DropConstraint& op) {
  return make_change(x, [&op](Execution& run) { return drop_constraint(run, op); });
}

}  // namespace trellis::cypher::exec
