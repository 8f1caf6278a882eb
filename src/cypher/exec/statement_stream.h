// SPDX-License-Identifier: Apache-2.0
//
// The answer of a local graph to one statement. In an auto-commit transaction the end of the stream
// is the commit: the last next() is ready when the commit is durable.
//
// A statement of an auto-commit transaction that fails for other transactions' sake (Outdated,
// DeadlockDetected) before any row was sent is run again, at most kMaxAttempts times.
#pragma once

#include <memory>

#include "cypher/exec/transaction_state.h"
#include "cypher/graph_session.h"

namespace trellis::cypher::exec {

Result<std::unique_ptr<ResultStream>> make_statement_stream(
    std::shared_ptr<TransactionState> transaction, const StatementCall& call);

}  // namespace trellis::cypher::exec
