// SPDX-License-Identifier: Apache-2.0
//
// Comprehensions, quantifiers and reduce: bodies evaluated over the elements of lists. The first
// two flatten the lists of all rows into child rows, a batch at a time; reduce walks its lists in
// step, one element of every row at a time.
#include <algorithm>

#include "cypher/exec/expression_evaluator.h"
#include "cypher/exec/expressions/kernels.h"
#include "cypher/exec/memory_charge.h"

namespace trellis::cypher::exec {

using plan::Quantifier;
using value::Type;
using value::Value;
using value::Vector;

namespace {

Result<std::span<const Value>> list_of(const Value& v) {
  if (!v.is(Type::kList)) {
    return fail(ErrorCode::TypeError, "Expected a list, but got: {}", value::to_text(v));
  }
  return v.as_list();
}

// The elements of the lists of some rows, in chunks. visit(child rows, their parents' numbers).
template <class Visit>
Result<> for_each_chunk(const Vector& lists, const Rows& rows, plan::SlotId slot,
                        uint32_t chunk_rows, Arena& arena, Visit visit) {
  uint16_t* parents = nullptr;
  Value* elements = nullptr;
  uint32_t used = 0;
  const auto flush = [&]() -> Result<> {
    if (used == 0) return {};
    Rows child = Rows::chosen(rows, parents, used);
    child.bound[0] = slot;
    child.bound_values[0] = Vector::flat(elements);
    used = 0;
    return visit(child, parents);
  };
  for (uint32_t row = 0; row < rows.count; ++row) {
    const Value v = lists.get(row);
    if (v.is_null()) continue;
    TRELLIS_TRY_ASSIGN(const auto list, list_of(v));
    for (const Value& element : list) {
      if (used == 0) {
        parents = arena.alloc_array<uint16_t>(chunk_rows);
        elements = arena.alloc_array<Value>(chunk_rows);
      }
      parents[used] = static_cast<uint16_t>(row);
      elements[used++] = element;
      if (used == chunk_rows) TRELLIS_TRY(flush());
    }
  }
  return flush();
}

}  // namespace

Result<Vector> ExpressionEvaluator::comprehension(const Expression& e, const Rows& rows,
                                                  Arena& arena) {
  TRELLIS_TRY_ASSIGN(const Vector lists, evaluate(*e.args[0], rows, arena));
  const plan::Expression* predicate = e.args[1].get();
  const plan::Expression* body = e.args[2].get();
  std::vector<Value> results;  // of all rows, in order
  MemoryCharge charge(x_.memory());
  std::vector<size_t> sizes(rows.count, 0);
  auto collect = [&](const Rows& child, const uint16_t* parents) -> Result<> {
    TRELLIS_TRY(x_.check());
    uint16_t* kept = arena.alloc_array<uint16_t>(child.count);
    uint32_t count = child.count;
    if (predicate != nullptr) {
      TRELLIS_TRY_ASSIGN(count, filter(*predicate, child, arena, kept));
    } else {
      for (uint32_t i = 0; i < count; ++i) kept[i] = static_cast<uint16_t>(i);
    }
    if (count == 0) return {};
    Vector values = child.bound_values[0].with_selection(kept);
    if (body != nullptr) {
      TRELLIS_TRY_ASSIGN(values, evaluate(*body, Rows::chosen(child, kept, count), arena));
    }
    for (uint32_t i = 0; i < count; ++i) {
      results.push_back(values.get(i));
      ++sizes[parents[kept[i]]];
    }
    return {};
  };
  TRELLIS_TRY(for_each_chunk(lists, rows, e.slot, x_.rows_per_batch(), arena, collect));
  auto* out = arena.alloc_array<Value>(rows.count);
  const Value* at = results.data();
  for (uint32_t i = 0; i < rows.count; ++i) {
    out[i] = lists.get(i).is_null() ? Value() : value::make_list(arena, {at, sizes[i]});
    at += sizes[i];
  }
  return Vector::flat(out);
}

Result<Vector> ExpressionEvaluator::quantifier(const Expression& e, const Rows& rows,
                                               Arena& arena) {
  TRELLIS_TRY_ASSIGN(const Vector lists, evaluate(*e.args[0], rows, arena));
  struct Tally {
    uint64_t yes = 0, no = 0, unknown = 0;
  };
  std::vector<Tally> tallies(rows.count);
  auto tally_chunk = [&](const Rows& child, const uint16_t* parents) -> Result<> {
    TRELLIS_TRY(x_.check());
    TRELLIS_TRY_ASSIGN(const Vector v, evaluate(*e.args[1], child, arena));
    for (uint32_t i = 0; i < child.count; ++i) {
      const Value b = v.get(i);
      Tally& tally = tallies[parents[i]];
      if (b.is_null()) {
        ++tally.unknown;
      } else if (!b.is(Type::kBoolean)) {
        return fail(not_boolean(b).at(e.args[1]->position));
      } else {
        ++(b.as_boolean() ? tally.yes : tally.no);
      }
    }
    return {};
  };
  TRELLIS_TRY(for_each_chunk(lists, rows, e.slot, x_.rows_per_batch(), arena, tally_chunk));
  auto* out = arena.alloc_array<Value>(rows.count);
  for (uint32_t i = 0; i < rows.count; ++i) {
    out[i] = Value();
    if (lists.get(i).is_null()) continue;
    const Tally& t = tallies[i];
    const bool decided_early = (e.quantifier == Quantifier::kAll && t.no > 0) ||
                               (e.quantifier == Quantifier::kAny && t.yes > 0) ||
                               (e.quantifier == Quantifier::kNone && t.yes > 0) ||
                               (e.quantifier == Quantifier::kSingle && t.yes > 1);
    if (t.unknown > 0 && !decided_early) continue;
    switch (e.quantifier) {
      case Quantifier::kAll:
        out[i] = Value::boolean(t.no == 0);
        break;
      case Quantifier::kAny:
        out[i] = Value::boolean(t.yes > 0);
        break;
      case Quantifier::kNone:
        out[i] = Value::boolean(t.yes == 0);
        break;
      case Quantifier::kSingle:
        out[i] = Value::boolean(t.yes == 1);
        break;
    }
  }
  return Vector::flat(out);
}

Result<Vector> ExpressionEvaluator::reduce(const Expression& e, const Rows& rows, Arena& arena) {
  TRELLIS_TRY_ASSIGN(const Vector initial, evaluate(*e.args[0], rows, arena));
  TRELLIS_TRY_ASSIGN(const Vector lists, evaluate(*e.args[1], rows, arena));
  auto* accumulators = arena.alloc_array<Value>(rows.count);
  std::vector<std::span<const Value>> elements(rows.count);
  size_t longest = 0;
  for (uint32_t i = 0; i < rows.count; ++i) {
    const Value v = lists.get(i);
    accumulators[i] = v.is_null() ? Value() : initial.get(i);
    if (v.is_null()) continue;
    TRELLIS_TRY_ASSIGN(elements[i], list_of(v));
    longest = std::max(longest, elements[i].size());
  }
  // Intermediate values live in scratch arenas that take turns.
  constexpr size_t kTurnBytes = 4 << 20;
  Arena scratch[2]{Arena(&x_.memory()), Arena(&x_.memory())};
  int turn = 0;
  for (size_t step = 0; step < longest; ++step) {
    if (step % 256 == 0) TRELLIS_TRY(x_.check());
    Arena& now = scratch[turn];
    auto* numbers = now.alloc_array<uint16_t>(rows.count);
    auto* element = now.alloc_array<Value>(rows.count);
    auto* accumulator = now.alloc_array<Value>(rows.count);
    uint32_t count = 0;
    for (uint32_t i = 0; i < rows.count; ++i) {
      if (step >= elements[i].size()) continue;
      numbers[count] = static_cast<uint16_t>(i);
      element[count] = elements[i][step];
      accumulator[count++] = accumulators[i];
    }
    Rows child = Rows::chosen(rows, numbers, count);
    child.bound[0] = e.slot;
    child.bound_values[0] = Vector::flat(element);
    child.bound[1] = e.accumulator;
    child.bound_values[1] = Vector::flat(accumulator);
    TRELLIS_TRY_ASSIGN(const Vector v, evaluate(*e.args[2], child, now));
    for (uint32_t i = 0; i < count; ++i) accumulators[numbers[i]] = v.get(i);
    if (now.used_bytes() > kTurnBytes) {
      turn = 1 - turn;
      scratch[turn].reset();
      for (uint32_t i = 0; i < rows.count; ++i) {
        accumulators[i] = value::copy_into(scratch[turn], accumulators[i]);
      }
      now.reset();
    }
  }
  for (uint32_t i = 0; i < rows.count; ++i) {
    accumulators[i] = value::copy_into(arena, accumulators[i]);
  }
  return Vector::flat(accumulators);
}

}  // namespace trellis::cypher::exec
