// SPDX-License-Identifier: Apache-2.0
#include "cypher/exec/operators/update.h"

#include <algorithm>

#include "value/compare.h"

namespace trellis::cypher::exec {

using value::Type;
using value::Value;
using value::Vector;

Result<> Targets::collect(const Vector& v, uint32_t first, uint32_t count,
                          std::string_view clause) {
  for (uint32_t i = first; i < first + count; ++i) {
    const Value entity = v.get(i);
    if (entity.is(Type::kNode)) {
      nodes.push_back(entity.entity_id());
    } else if (entity.is(Type::kRelationship)) {
      relationships.push_back(entity.entity_id());
    } else if (!entity.is_null()) {
      return fail(ErrorCode::TypeError, "{} needs a node or a relationship, but got: {}", clause,
                  value::to_text(entity));
    }
  }
  return {};
}

Result<Poll> Targets::lock(GraphWriter& writer, const PollContext& context) const {
  TRELLIS_TRY_ASSIGN(const Poll poll,
                     writer.lock_nodes(nodes, storage::LockMode::kExclusive, context));
  if (poll != Poll::kReady) return poll;
  return writer.lock_relationships(relationships, context);
}

namespace {

void slots_of(const plan::Expression& e, std::vector<plan::SlotId>& slots) {
  if (e.kind == plan::ExpressionKind::kSlot) slots.push_back(e.slot);
  for (const plan::PathElement& element : e.path) slots.push_back(element.slot);
  for (const plan::ExpressionPtr& arg : e.args) {
    if (arg != nullptr) slots_of(*arg, slots);
  }
}

bool holds_entity(const Value& v) {
  switch (v.type()) {
    case Type::kNode:
    case Type::kRelationship:
      return !v.is_record();
    case Type::kPath:
      return true;
    case Type::kList:
      return std::any_of(v.as_list().begin(), v.as_list().end(), holds_entity);
    case Type::kMap:
      return std::any_of(v.as_map().begin(), v.as_map().end(),
                         [](const value::MapEntry& entry) { return holds_entity(entry.value); });
    default:
      return false;
  }
}

bool all_distinct(const Vector& targets, uint32_t rows) {
  std::vector<uint64_t> ids;
  for (uint32_t i = 0; i < rows; ++i) {
    const Value v = targets.get(i);
    if (v.is_entity()) ids.push_back(v.entity_id() * 2 + (v.is(Type::kNode) ? 0 : 1));
  }
  std::sort(ids.begin(), ids.end());
  return std::adjacent_find(ids.begin(), ids.end()) == ids.end();
}

}  // namespace

bool must_see_earlier_rows(const plan::Expression& e, const value::Batch& batch,
                           const Vector& targets) {
  if (batch.rows <= 1) return false;
  std::vector<plan::SlotId> slots;
  slots_of(e, slots);
  bool reads_target = false;
  for (const plan::SlotId slot : slots) {
    const Vector& v = batch.slot(slot);
    if (!v.is_set() || v.layout() == Vector::Layout::kIntegers) continue;
    for (uint32_t i = 0; i < batch.rows; ++i) {
      const Value value = v.get(i);
      if (!holds_entity(value)) continue;
      const Value target = targets.get(i);
      const bool same = value.is_entity() && value.type() == target.type() &&
                        value.entity_id() == target.entity_id();
      if (!same) return true;
      reads_target = true;
    }
  }
  return reads_target && !all_distinct(targets, batch.rows);
}

}  // namespace trellis::cypher::exec
