// SPDX-License-Identifier: Apache-2.0
//
// Properties, labels, indexing, slicing: reading parts of entities and values. Entities are read
// in arrays: all nodes of a vector by one call.
#include <numeric>

#include "cypher/exec/expression_evaluator.h"
#include "cypher/exec/expressions/kernels.h"
#include "value/access.h"

namespace trellis::cypher::exec {

using value::Type;
using value::Value;
using value::Vector;
using Layout = value::Vector::Layout;

namespace {

// Ids of a vector of nodes or relationships, through its selection.
std::span<const uint64_t> gather_ids(const Vector& v, uint32_t count, Arena& arena) {
  if (v.selection() == nullptr) return {v.ids(), count};
  auto* ids = arena.alloc_array<uint64_t>(count);
  for (uint32_t i = 0; i < count; ++i) ids[i] = v.ids()[v.selection()[i]];
  return {ids, count};
}

// The references of one kind among mixed values, and the rows where they stood.
struct Gathered {
  Gathered(uint32_t capacity, Arena& arena)
      : ids(arena.alloc_array<uint64_t>(capacity)), rows(arena.alloc_array<uint16_t>(capacity)) {}
  void add(uint64_t id, uint32_t row) {
    ids[count] = id;
    rows[count++] = static_cast<uint16_t>(row);
  }
  std::span<const uint64_t> all() const { return {ids, count}; }
  uint64_t* ids;
  uint16_t* rows;
  uint32_t count = 0;
};

bool is_reference(const Value& v, Type type) { return v.is(type) && !v.is_record(); }

}  // namespace

Result<Vector> ExpressionEvaluator::properties_of(const Vector& subjects, const plan::Token& key,
                                                  uint32_t count, Arena& arena) {
  const uint32_t token = x_.has_graph() ? key.resolve(x_.reader().tokens()) : storage::kNoToken;
  const Layout layout = subjects.layout();
  if (layout == Layout::kNodes || layout == Layout::kRelationships) {
    if (token == storage::kNoToken) return Vector::constant(Value());
    auto* out = arena.alloc_array<Value>(count);
    const auto ids = gather_ids(subjects, count, arena);
    if (layout == Layout::kNodes) {
      TRELLIS_TRY(x_.reader().node_properties(ids, token, arena, out));
    } else {
      TRELLIS_TRY(x_.reader().relationship_properties(ids, token, arena, out));
    }
    return Vector::flat(out);
  }
  const bool constant = subjects.is_constant();
  if (constant) count = 1;
  auto* out = arena.alloc_array<Value>(count);
  Gathered nodes(count, arena);
  Gathered relationships(count, arena);
  for (uint32_t i = 0; i < count; ++i) {
    const Value subject = subjects.get(i);
    out[i] = Value();
    if (is_reference(subject, Type::kNode)) {
      nodes.add(subject.entity_id(), i);
    } else if (is_reference(subject, Type::kRelationship)) {
      relationships.add(subject.entity_id(), i);
    } else if (!subject.is_null()) {
      TRELLIS_TRY_ASSIGN(out[i], value::field(arena, subject, key.name));
    }
  }
  if (token != storage::kNoToken && nodes.count + relationships.count > 0) {
    auto* found = arena.alloc_array<Value>(std::max(nodes.count, relationships.count));
    TRELLIS_TRY(x_.reader().node_properties(nodes.all(), token, arena, found));
    for (uint32_t i = 0; i < nodes.count; ++i) out[nodes.rows[i]] = found[i];
    TRELLIS_TRY(x_.reader().relationship_properties(relationships.all(), token, arena, found));
    for (uint32_t i = 0; i < relationships.count; ++i) out[relationships.rows[i]] = found[i];
  }
  return constant ? Vector::constant(out[0]) : Vector::flat(out);
}

Result<Vector> ExpressionEvaluator::property(const Expression& e, const Rows& rows, Arena& arena) {
  TRELLIS_TRY_ASSIGN(const Vector subjects, evaluate(*e.args[0], rows, arena));
  return properties_of(subjects, *e.token, rows.count, arena);
}

Result<Vector> ExpressionEvaluator::index(const Expression& e, const Rows& rows, Arena& arena) {
  TRELLIS_TRY_ASSIGN(const Vector containers, evaluate(*e.args[0], rows, arena));
  TRELLIS_TRY_ASSIGN(const Vector indexes, evaluate(*e.args[1], rows, arena));
  return map_two(containers, indexes, rows.count, arena,
                 [&](const Value& container, const Value& at) -> Result<Value> {
                   if (!container.is_entity() || container.is_record()) {
                     return value::element(container, at);
                   }
                   if (at.is_null()) return Value();
                   if (!at.is(Type::kString)) {
                     return fail(ErrorCode::MapElementAccessByNonString,
                                 "A property is accessed by a string, not by: {}",
                                 value::to_text(at));
                   }
                   return x_.functions().entities->property(container, at.as_string(), arena);
                 });
}

Result<Vector> ExpressionEvaluator::slice(const Expression& e, const Rows& rows, Arena& arena) {
  TRELLIS_TRY_ASSIGN(const Vector lists, evaluate(*e.args[0], rows, arena));
  Vector bounds[2];
  for (int i = 0; i < 2; ++i) {
    if (e.args[i + 1] == nullptr) continue;
    TRELLIS_TRY_ASSIGN(bounds[i], evaluate(*e.args[i + 1], rows, arena));
  }
  auto* out = arena.alloc_array<Value>(rows.count);
  for (uint32_t i = 0; i < rows.count; ++i) {
    const Value from = bounds[0].get(i);
    const Value to = bounds[1].get(i);
    TRELLIS_TRY_ASSIGN(
        out[i], value::slice(lists.get(i), e.args[1] ? &from : nullptr, e.args[2] ? &to : nullptr));
  }
  return Vector::flat(out);
}

Result<Vector> ExpressionEvaluator::has_label(const Expression& e, const Rows& rows, Arena& arena) {
  TRELLIS_TRY_ASSIGN(const Vector subjects, evaluate(*e.args[0], rows, arena));
  const plan::Token& token = *e.token;
  const uint32_t count = subjects.is_constant() ? 1 : rows.count;
  auto* out = arena.alloc_array<Value>(count);
  Gathered nodes(count, arena);
  for (uint32_t i = 0; i < count; ++i) {
    const Value subject = subjects.get(i);
    out[i] = Value();
    if (subject.is_null()) continue;
    if (is_reference(subject, Type::kNode)) {
      nodes.add(subject.entity_id(), i);
    } else if (subject.is(Type::kRelationship)) {
      TRELLIS_TRY_ASSIGN(const std::string_view type,
                         type_of(x_.functions().entities, subject, arena));
      out[i] = Value::boolean(type == token.name);
    } else if (subject.is(Type::kNode)) {
      const auto labels = subject.as_node_record().labels;
      out[i] = Value::boolean(std::find(labels.begin(), labels.end(), token.name) != labels.end());
    } else {
      return fail(ErrorCode::TypeError,
                  "Only nodes and relationships have labels or types, not: {}",
                  value::to_text(subject));
    }
  }
  if (nodes.count > 0) {
    auto* has = arena.alloc_array<bool>(nodes.count);
    std::fill_n(has, nodes.count, false);
    const uint32_t id = x_.reader()
                            .tokens()
                            .find(storage::TokenKind::kLabel, token.name)
                            .value_or(storage::kNoToken);
    if (id != storage::kNoToken) x_.reader().nodes_have_label(nodes.all(), id, has);
    for (uint32_t i = 0; i < nodes.count; ++i) out[nodes.rows[i]] = Value::boolean(has[i]);
  }
  return subjects.is_constant() ? Vector::constant(out[0]) : Vector::flat(out);
}

}  // namespace trellis::cypher::exec
