// SPDX-License-Identifier: Apache-2.0
//
// Brings `system` to the present version: makes what is missing, one idempotent transaction for
// each step. Blocks; for start-up only.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "storage/storage.h"

namespace trellis::dbms {

struct BootstrapInput {
  std::string default_database;  // lower case; used when `system` is new
  // Of the user `neo4j`, in encoded form.
  std::string password_hash;
  bool change_required = true;
  int64_t now_ms = 0;
};

Result<> bootstrap_system(storage::Database& database, const BootstrapInput& input);

// Drives a commit to its end on this thread.
Result<> commit_blocking(storage::Transaction& transaction);

}  // namespace trellis::dbms
