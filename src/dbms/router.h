// SPDX-License-Identifier: Apache-2.0
//
// Which graph a name means. Pure functions over a snapshot.
//
// The database of a statement is the one of its USE clause, else the session's (or transaction's),
// else the user's home database, else the default database.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "dbms/principal.h"
#include "dbms/system_snapshot.h"

namespace trellis::dbms {

enum class TargetKind : uint8_t { kSystem, kLocal, kComposite, kRemote };

struct Target {
  TargetKind kind = TargetKind::kLocal;
  std::string name;                          // of the database, or of the remote alias; lower case
  const DatabaseRecord* database = nullptr;  // kSystem, kLocal, kComposite; lives with the snapshot
  const AliasRecord* alias = nullptr;        // kRemote, or the local alias that led here
};

// DatabaseNotFound. The name may be in any case.
Result<Target> resolve_target(const SystemSnapshot& system, std::string_view name);

// ACCESS: everybody may use `system` (its data is another matter); a remote alias is asked by its
// own name, a local one by its target's. Without it: DatabaseNotFound would tell less, Neo4j says
// Forbidden.
Result<> check_access(const Principal& principal, const Target& target);

}  // namespace trellis::dbms
