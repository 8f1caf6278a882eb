// SPDX-License-Identifier: Apache-2.0
//
// The kinds of aggregation. Private to the folder.
#pragma once

#include "cypher/functions/aggregation.h"
#include "cypher/functions/arena_array.h"

namespace trellis::cypher::functions {

// One State per group, and a function per row that is not null.
template <class State>
class GroupedAggregation : public Aggregation {
 public:
  explicit GroupedAggregation(Arena& arena) : arena_(arena) {}
  void grow(uint32_t groups) override { states_.grow(arena_, groups); }

 protected:
  Arena& arena_;
  ArenaArray<State> states_;
};

std::unique_ptr<Aggregation> make_count_rows(Arena& arena);
std::unique_ptr<Aggregation> make_count(Arena& arena);
std::unique_ptr<Aggregation> make_collect(Arena& arena);
std::unique_ptr<Aggregation> make_min(Arena& arena);
std::unique_ptr<Aggregation> make_max(Arena& arena);
std::unique_ptr<Aggregation> make_sum(Arena& arena);
std::unique_ptr<Aggregation> make_avg(Arena& arena);
std::unique_ptr<Aggregation> make_sample_deviation(Arena& arena);
std::unique_ptr<Aggregation> make_population_deviation(Arena& arena);
std::unique_ptr<Aggregation> make_percentile_cont(Arena& arena);
std::unique_ptr<Aggregation> make_percentile_disc(Arena& arena);

}  // namespace trellis::cypher::functions
