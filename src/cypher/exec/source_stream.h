// SPDX-License-Identifier: Apache-2.0
//
// A plan over a RowSource alone, without a graph: the tails of SHOW and TERMINATE commands.
#pragma once

#include <memory>

#include "cypher/graph_session.h"
#include "cypher/plan/plan.h"
#include "cypher/row_source.h"

namespace trellis::cypher::exec {

// The stream keeps plan, source and statement; call.parameters must live as long.
std::unique_ptr<ResultStream> make_source_stream(std::shared_ptr<const plan::Plan> plan,
                                                 const StatementCall& call,
                                                 std::unique_ptr<RowSource> source);

}  // namespace trellis::cypher::exec
