// SPDX-License-Identifier: Apache-2.0
//
// The state of one aggregate function for all groups of one operator.
//
//   make_aggregation(sum, distinct, arena)
//   grow(3)                          groups 0, 1, 2 exist, empty
//   update(groups, arguments)        row i goes to groups[i]; arguments[a][i] is its a-th argument
//   result(g, out)                   may be asked before the end and more than once
//
// Invariants
//   1. States and what they keep of values live in `arena`, given at creation, which must outlive
//      the aggregation; nothing is kept of the arguments themselves.
//   2. Nulls are skipped by every aggregate but count(*).
//   3. Results for a group without rows: count 0, sum 0, collect [], stDev 0.0, others null.
// Errors: TypeError, NumberOutOfRange (a percentile outside 0 .. 1), ArithmeticOverflow.
#pragma once

#include <memory>
#include <span>

#include "cypher/functions/function.h"

namespace trellis::cypher {

class Aggregation {
 public:
  virtual ~Aggregation() = default;
  virtual void grow(uint32_t groups) = 0;  // never shrinks
  virtual Result<> update(std::span<const uint32_t> groups,
                          std::span<const value::Value* const> arguments) = 0;
  // The value lives in `out`, or in the arena of the aggregation.
  virtual Result<value::Value> result(uint32_t group, Arena& out) const = 0;
};

// No function: count(*), which takes no arguments. Distinct: each value (of the first argument)
// counts once in its group.
std::unique_ptr<Aggregation> make_aggregation(const AggregateFunction* function, bool distinct,
                                              Arena& arena);

}  // namespace trellis::cypher
