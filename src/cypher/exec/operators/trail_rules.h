// SPDX-License-Identifier: Apache-2.0
//
// What expands share: relationships that a new one must differ from, and predicates on each
// relationship of a variable-length pattern.
#pragma once

#include <vector>

#include "cypher/exec/expression_evaluator.h"

namespace trellis::cypher::exec {

// The relationships that the same MATCH has bound already, for one input batch.
class DistinctFrom {
 public:
  explicit DistinctFrom(const std::vector<plan::SlotId>& slots) : slots_(slots) {}
  void load(const value::Batch& batch) {
    vectors_.clear();
    for (const plan::SlotId slot : slots_) vectors_.push_back(batch.slot(slot));
  }
  bool allows(uint32_t row, uint64_t relationship) const {
    for (const value::Vector& v : vectors_) {
      const value::Value other = v.get(row);
      if (other.is(value::Type::kRelationship)) {
        if (other.entity_id() == relationship) return false;
      } else if (other.is(value::Type::kList)) {
        for (const value::Value& r : other.as_list()) {
          if (r.is(value::Type::kRelationship) && r.entity_id() == relationship) return false;
        }
      }
    }
    return true;
  }

 private:
  const std::vector<plan::SlotId>& slots_;
  std::vector<value::Vector> vectors_;
};

// A predicate over relationships that one input row's walk meets, evaluated for an array of them.
class RelationshipPredicate {
 public:
  RelationshipPredicate(Execution& x, plan::SlotId slot, const plan::Expression* predicate)
      : x_(x), evaluator_(x), arena_(&x.memory()), slot_(slot), predicate_(predicate) {}
  bool exists() const { return predicate_ != nullptr; }
  // Which of ids[0 .. count) it holds for: indexes in `kept`; returns how many.
  Result<uint32_t> filter(const value::Batch& batch, uint32_t row, const uint64_t* ids,
                          uint32_t count, std::vector<uint16_t>& kept) {
    arena_.reset();
    kept.resize(count);
    uint32_t total = 0;
    const Rows outer = Rows::of(batch);
    for (uint32_t at = 0; at < count; at += x_.rows_per_batch()) {
      const uint32_t n = std::min(x_.rows_per_batch(), count - at);
      auto* parents = arena_.alloc_array<uint16_t>(n);
      std::fill_n(parents, n, static_cast<uint16_t>(row));
      Rows rows = Rows::chosen(outer, parents, n);
      rows.bound[0] = slot_;
      rows.bound_values[0] = value::Vector::relationships(ids + at);
      TRELLIS_TRY_ASSIGN(const uint32_t found,
                         evaluator_.filter(*predicate_, rows, arena_, kept.data() + total));
      for (uint32_t i = 0; i < found; ++i) {
        kept[total + i] = static_cast<uint16_t>(kept[total + i] + at);
      }
      total += found;
    }
    return total;
  }

 private:
  Execution& x_;
  ExpressionEvaluator evaluator_;
  Arena arena_;
  const plan::SlotId slot_;
  const plan::Expression* predicate_;
};

}  // namespace trellis::cypher::exec
