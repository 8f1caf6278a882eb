// SPDX-License-Identifier: Apache-2.0
//
// Function calls; lists, maps, map projections and paths from their parts.
#include <algorithm>

#include "cypher/exec/expression_evaluator.h"
#include "cypher/exec/expressions/kernels.h"
#include "cypher/functions/function.h"

namespace trellis::cypher::exec {

using plan::MapProjectionItem;
using plan::PathElement;
using value::MapEntry;
using value::Type;
using value::Value;
using value::Vector;

namespace {

bool all_constant(const std::vector<Vector>& vectors) {
  return std::all_of(vectors.begin(), vectors.end(),
                     [](const Vector& v) { return v.is_constant(); });
}

// Adds or replaces.
void put(std::vector<MapEntry>& entries, std::string_view key, const Value& v) {
  for (MapEntry& entry : entries) {
    if (entry.key == key) {
      entry.value = v;
      return;
    }
  }
  entries.push_back({key, v});
}

}  // namespace

Result<Vector> ExpressionEvaluator::call(const Expression& e, const Rows& rows, Arena& arena) {
  std::vector<Vector> arguments(e.args.size());
  for (size_t i = 0; i < arguments.size(); ++i) {
    TRELLIS_TRY_ASSIGN(arguments[i], evaluate(*e.args[i], rows, arena));
  }
  const Function& function = *e.function;
  const FunctionContext context{arena, x_.functions()};
  std::vector<Value> row(arguments.size());
  if (function.deterministic && all_constant(arguments)) {
    for (size_t a = 0; a < row.size(); ++a) row[a] = arguments[a].constant_value();
    TRELLIS_TRY_ASSIGN(const Value v, call_function(function, context, row));
    return Vector::constant(v);
  }
  auto* out = arena.alloc_array<Value>(rows.count);
  for (uint32_t i = 0; i < rows.count; ++i) {
    for (size_t a = 0; a < row.size(); ++a) row[a] = arguments[a].get(i);
    TRELLIS_TRY_ASSIGN(out[i], call_function(function, context, row));
  }
  return Vector::flat(out);
}

Result<Vector> ExpressionEvaluator::list(const Expression& e, const Rows& rows, Arena& arena) {
  const size_t size = e.args.size();
  std::vector<Vector> parts(size);
  for (size_t i = 0; i < size; ++i) {
    TRELLIS_TRY_ASSIGN(parts[i], evaluate(*e.args[i], rows, arena));
  }
  const bool constant = all_constant(parts);
  const uint32_t count = constant ? 1 : rows.count;
  auto* out = arena.alloc_array<Value>(count);
  for (uint32_t i = 0; i < count; ++i) {
    auto* elements = arena.alloc_array<Value>(size);
    for (size_t p = 0; p < size; ++p) elements[p] = parts[p].get(i);
    out[i] = Value::list({elements, size});
  }
  return constant ? Vector::constant(out[0]) : Vector::flat(out);
}

Result<Vector> ExpressionEvaluator::map(const Expression& e, const Rows& rows, Arena& arena) {
  const size_t size = e.args.size();
  std::vector<Vector> parts(size);
  for (size_t i = 0; i < size; ++i) {
    TRELLIS_TRY_ASSIGN(parts[i], evaluate(*e.args[i], rows, arena));
  }
  const bool constant = all_constant(parts);
  const uint32_t count = constant ? 1 : rows.count;
  auto* out = arena.alloc_array<Value>(count);
  for (uint32_t i = 0; i < count; ++i) {
    auto* entries = arena.alloc_array<MapEntry>(size);
    size_t used = 0;
    for (size_t p = 0; p < size; ++p) {
      MapEntry* const end = entries + used;
      MapEntry* const same =
          std::find_if(entries, end, [&](const MapEntry& m) { return m.key == e.keys[p]; });
      *same = {e.keys[p], parts[p].get(i)};
      if (same == end) ++used;
    }
    out[i] = Value::map({entries, used});
  }
  return constant ? Vector::constant(out[0]) : Vector::flat(out);
}

Result<Vector> ExpressionEvaluator::map_projection(const Expression& e, const Rows& rows,
                                                   Arena& arena) {
  TRELLIS_TRY_ASSIGN(const Vector bases, evaluate(*e.args[0], rows, arena));
  std::vector<Vector> parts(e.projection.size());
  for (size_t p = 0; p < parts.size(); ++p) {
    const MapProjectionItem& item = e.projection[p];
    if (item.kind == MapProjectionItem::Kind::kEntry) {
      TRELLIS_TRY_ASSIGN(parts[p], evaluate(*e.args[item.arg], rows, arena));
    } else if (item.kind == MapProjectionItem::Kind::kProperty) {
      TRELLIS_TRY_ASSIGN(parts[p], properties_of(bases, *item.token, rows.count, arena));
    }
  }
  auto* out = arena.alloc_array<Value>(rows.count);
  std::vector<MapEntry> entries;
  for (uint32_t i = 0; i < rows.count; ++i) {
    const Value base = bases.get(i);
    out[i] = Value();
    if (base.is_null()) continue;
    entries.clear();
    for (size_t p = 0; p < parts.size(); ++p) {
      const MapProjectionItem& item = e.projection[p];
      if (item.kind != MapProjectionItem::Kind::kAllProperties) {
        put(entries, item.key, parts[p].get(i));
        continue;
      }
      std::span<const MapEntry> all;
      if (base.is(Type::kMap)) {
        all = base.as_map();
      } else {
        TRELLIS_TRY_ASSIGN(all, properties_of_entity(base, arena));
      }
      for (const MapEntry& entry : all) put(entries, entry.key, entry.value);
    }
    out[i] = value::make_map(arena, entries);
  }
  return Vector::flat(out);
}

Result<std::span<const MapEntry>> ExpressionEvaluator::properties_of_entity(const Value& entity,
                                                                            Arena& arena) {
  if (!entity.is_entity()) {
    return fail(ErrorCode::TypeError, "Expected a map, a node or a relationship, but got: {}",
                value::to_text(entity));
  }
  return cypher::properties_of(x_.functions().entities, entity, arena);
}

Result<Vector> ExpressionEvaluator::path(const Expression& e, const Rows& rows, Arena& arena) {
  std::vector<Vector> parts(e.path.size());
  for (size_t p = 0; p < parts.size(); ++p) parts[p] = rows.slot(e.path[p].slot, arena);
  auto* out = arena.alloc_array<Value>(rows.count);
  std::vector<Value> walk;
  for (uint32_t i = 0; i < rows.count; ++i) {
    TRELLIS_TRY_ASSIGN(const bool whole, walk_of(e, parts, i, arena, walk));
    if (!whole) {
      out[i] = Value();
      continue;
    }
    auto* elements = arena.alloc_array<Value>(walk.size());
    std::copy(walk.begin(), walk.end(), elements);
    out[i] = Value::path({elements, walk.size()});
  }
  return Vector::flat(out);
}

Result<bool> ExpressionEvaluator::walk_of(const Expression& e, const std::vector<Vector>& parts,
                                          uint32_t row, Arena& arena, std::vector<Value>& walk) {
  walk.clear();
  for (size_t p = 0; p < parts.size(); ++p) {
    const Value v = parts[p].get(row);
    if (v.is_null()) return false;
    switch (e.path[p].kind) {
      case PathElement::Kind::kNode:
        // After a list the node is there already: the end of its last relationship.
        if (walk.empty() || walk.back().is(Type::kRelationship)) walk.push_back(v);
        break;
      case PathElement::Kind::kRelationship:
        walk.push_back(v);
        break;
      case PathElement::Kind::kRelationshipList:
        for (const Value& relationship : v.as_list()) {
          TRELLIS_TRY_ASSIGN(const auto ends,
                             ends_of(x_.functions().entities, relationship, arena));
          const bool forward = ends.start.entity_id() == walk.back().entity_id();
          walk.push_back(relationship);
          walk.push_back(forward ? ends.end : ends.start);
        }
        break;
    }
  }
  return true;
}

}  // namespace trellis::cypher::exec
