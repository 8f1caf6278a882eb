// SPDX-License-Identifier: Apache-2.0
//
// Loops that expression families share. When every argument is constant one row is computed, and
// the result is constant.
#pragma once

#include "base/result.h"
#include "value/batch.h"
#include "value/compare.h"

namespace trellis::cypher::exec {

Error not_boolean(const value::Value& value);

// f(Value a) -> Result<Value>
template <class F>
Result<value::Vector> map_one(const value::Vector& a, uint32_t count, Arena& arena, F f) {
  if (a.is_constant()) {
    TRELLIS_TRY_ASSIGN(const value::Value v, f(a.constant_value()));
    return value::Vector::constant(v);
  }
  auto* out = arena.alloc_array<value::Value>(count);
  for (uint32_t i = 0; i < count; ++i) {
    TRELLIS_TRY_ASSIGN(out[i], f(a.get(i)));
  }
  return value::Vector::flat(out);
}

// f(Value a, Value b) -> Result<Value>
template <class F>
Result<value::Vector> map_two(const value::Vector& a, const value::Vector& b, uint32_t count,
                              Arena& arena, F f) {
  if (a.is_constant() && b.is_constant()) {
    TRELLIS_TRY_ASSIGN(const value::Value v, f(a.constant_value(), b.constant_value()));
    return value::Vector::constant(v);
  }
  auto* out = arena.alloc_array<value::Value>(count);
  for (uint32_t i = 0; i < count; ++i) {
    TRELLIS_TRY_ASSIGN(out[i], f(a.get(i), b.get(i)));
  }
  return value::Vector::flat(out);
}

}  // namespace trellis::cypher::exec
