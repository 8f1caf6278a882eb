// SPDX-License-Identifier: Apache-2.0
//
// Columns of values: what operators pass to each other.
//
//   Vector  one column. A view: 40 bytes that own nothing.
//           layout   unset (the slot is not in the row), constant, flat (Value per row), nodes or
//                    relationships (an id per row, none null), integers (none null)
//           a selection (uint16 per row) on top of any of them makes a dictionary: row r is entry
//           selection[r] of the base. So an expand repeats its input without copying it.
//   Batch   slot -> Vector, a row count, and for sub-plans the number of the argument row that each
//           row descends from.
//
// Invariants
//   1. What a Vector points to lives in an arena of the operator that made the batch; it is valid
//      until that operator makes its next batch.
//   2. A batch has at most kBatchRows rows; an execution may be told to use fewer, down to one.
//   3. argument == nullptr: every row descends from argument row 0.
// Not thread-safe.
#pragma once

#include <cstdint>
#include <vector>

#include "base/arena.h"
#include "value/value.h"

namespace trellis::value {

constexpr uint32_t kBatchRows = 2048;

class Vector {
 public:
  enum class Layout : uint8_t { kUnset, kConstant, kFlat, kNodes, kRelationships, kIntegers };

  Vector() = default;
  static Vector constant(Value value) {
    Vector v(Layout::kConstant, nullptr);
    v.constant_ = value;
    return v;
  }
  static Vector flat(const Value* values) { return Vector(Layout::kFlat, values); }
  static Vector nodes(const uint64_t* ids) { return Vector(Layout::kNodes, ids); }
  static Vector relationships(const uint64_t* ids) { return Vector(Layout::kRelationships, ids); }
  static Vector integers(const int64_t* values) { return Vector(Layout::kIntegers, values); }

  Layout layout() const { return layout_; }
  bool is_set() const { return layout_ != Layout::kUnset; }
  bool is_constant() const { return layout_ == Layout::kConstant; }
  const uint16_t* selection() const { return selection_; }
  const Value& constant_value() const { return constant_; }
  // The base, of the layout's type; entry numbers, not rows, when there is a selection.
  const Value* values() const { return static_cast<const Value*>(data_); }
  const uint64_t* ids() const { return static_cast<const uint64_t*>(data_); }
  const int64_t* integers() const { return static_cast<const int64_t*>(data_); }

  Value get(uint32_t row) const {
    if (selection_ != nullptr) row = selection_[row];
    switch (layout_) {
      case Layout::kUnset:
        return Value();
      case Layout::kConstant:
        return constant_;
      case Layout::kFlat:
        return values()[row];
      case Layout::kNodes:
        return Value::node(ids()[row]);
      case Layout::kRelationships:
        return Value::relationship(ids()[row]);
      case Layout::kIntegers:
        return Value::integer(integers()[row]);
    }
    TRELLIS_UNREACHABLE();
  }

  // The same base seen through another selection (nullptr: none).
  Vector with_selection(const uint16_t* selection) const {
    Vector v = *this;
    v.selection_ = layout_ <= Layout::kConstant ? nullptr : selection;
    return v;
  }

 private:
  Vector(Layout layout, const void* data) : layout_(layout), data_(data) {}

  Layout layout_ = Layout::kUnset;
  const uint16_t* selection_ = nullptr;
  const void* data_ = nullptr;
  Value constant_;
};

// Selects rows of several vectors; vectors that share a selection share the composed one.
class RowSelector {
 public:
  // rows[0 .. count) are row numbers of the vectors to come; it must live as long as the results.
  RowSelector(const uint16_t* rows, uint32_t count, Arena& arena)
      : rows_(rows), count_(count), arena_(arena) {}
  Vector select(const Vector& v);

 private:
  struct Composed {
    const uint16_t* base;
    const uint16_t* result;
  };
  const uint16_t* rows_;
  uint32_t count_;
  Arena& arena_;
  Composed composed_[4];
  uint32_t composed_size_ = 0;
};

class Batch {
 public:
  Batch() = default;
  explicit Batch(uint32_t slot_count) : slots_(slot_count) {}

  uint32_t rows = 0;
  const uint16_t* argument = nullptr;

  uint32_t slot_count() const { return static_cast<uint32_t>(slots_.size()); }
  const Vector& slot(uint32_t s) const { return slots_[s]; }
  Vector& slot(uint32_t s) { return slots_[s]; }
  uint16_t argument_of(uint32_t row) const { return argument == nullptr ? 0 : argument[row]; }

  // No slot set, no rows.
  void clear();
  // The rows `selection[0 .. count)` of `input`; nullptr: the first `count` rows as they are. Also
  // their argument numbers. The selection must live as long as this batch's contents.
  void select(const Batch& input, const uint16_t* selection, uint32_t count, Arena& arena);
  // Slots that are set in `input`, through the selection, over what is here; rows, argument stay.
  void overlay(const Batch& input, const uint16_t* selection, uint32_t count, Arena& arena);

 private:
  std::vector<Vector> slots_;
};

}  // namespace trellis::value
