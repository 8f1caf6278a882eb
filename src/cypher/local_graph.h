// SPDX-License-Identifier: Apache-2.0
//
// A GraphSession over a storage database of this server.
#pragma once

#include <memory>
#include <string>

#include "base/arena.h"
#include "cypher/engine.h"
#include "cypher/graph_session.h"
#include "security/access_rules.h"
#include "storage/storage.h"
#include "value/batch.h"

namespace trellis::cypher {

struct LocalGraphOptions {
  std::string database_name;
  std::string username;
  std::shared_ptr<const security::AccessRules> access;  // what of the graph is visible and writable
  MemoryTracker* memory = nullptr;        // the server's; may be null
  uint64_t transaction_memory_limit = 0;  // bytes, 0: none
  uint32_t rows_per_batch = value::kBatchRows;  // fewer only in tests
};

// All arguments outlive the session.
std::unique_ptr<GraphSession> make_local_graph(Engine& engine, storage::Database& database,
                                               LocalGraphOptions options);

}  // namespace trellis::cypher
