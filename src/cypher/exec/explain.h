// SPDX-License-Identifier: Apache-2.0
//
// A plan as EXPLAIN shows it: operator names and the arguments that clients print (planner,
// runtime, EstimatedRows, Details), sub-plans as second children.
#pragma once

#include <memory>

#include "cypher/plan/plan.h"
#include "cypher/result_stream.h"

namespace trellis::cypher::exec {

std::shared_ptr<const PlanDescription> describe(const plan::Plan& plan);

}  // namespace trellis::cypher::exec
