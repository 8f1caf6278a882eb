// SPDX-License-Identifier: Apache-2.0
//
// What SET, REMOVE and DELETE share: entities of a batch, sorted into nodes and relationships, and
// the rule when a batch must be taken row by row.
#pragma once

#include <vector>

#include "cypher/exec/expression_evaluator.h"
#include "cypher/exec/operator.h"

namespace trellis::cypher::exec {

inline Step to_step(Poll poll) { return poll == Poll::kBlocked ? Step::kBlocked : Step::kYielded; }

// Nodes and relationships among the values of rows [first, first + count); null is passed over,
// anything else a TypeError.
struct Targets {
  std::vector<uint64_t> nodes;
  std::vector<uint64_t> relationships;

  Result<> collect(const value::Vector& v, uint32_t first, uint32_t count, std::string_view clause);
  Result<Poll> lock(GraphWriter& writer, const PollContext& context) const;
};

// Must each row of the batch see what SET did to the rows before it? So when the expression may
// read the graph beyond the row's own target: it uses a slot that holds entities other than the
// target, or a target comes twice.
bool must_see_earlier_rows(const plan::Expression& e, const value::Batch& batch,
                           const value::Vector& targets);

}  // namespace trellis::cypher::exec
