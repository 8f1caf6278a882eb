// SPDX-License-Identifier: Apache-2.0
//
// The result of a SHOW command: its tail's plan, run over a RowSource, without a graph.
#pragma once

#include <memory>

#include "cypher/graph_session.h"
#include "cypher/plan/plan.h"
#include "cypher/result_stream.h"
#include "cypher/row_source.h"

namespace trellis::cypher::exec {

// call.parameters must live as long as the stream.
std::unique_ptr<ResultStream> make_source_stream(std::shared_ptr<const plan::Plan> plan,
                                                 const StatementCall& call,
                                                 std::unique_ptr<RowSource> source);

}  // namespace trellis::cypher::exec
