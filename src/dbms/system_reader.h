// SPDX-License-Identifier: Apache-2.0
//
// Reads the whole content of `system` that one transaction sees (its own writes included).
#pragma once

#include <memory>

#include "base/result.h"
#include "dbms/system_snapshot.h"
#include "storage/storage.h"

namespace trellis::dbms {

// Corruption when the graph breaks system_schema.h. A database without a version node gives a
// snapshot with schema_version 0.
Result<std::shared_ptr<SystemSnapshot>> read_system(const storage::Database& database,
                                                    const storage::Transaction& transaction);

}  // namespace trellis::dbms
