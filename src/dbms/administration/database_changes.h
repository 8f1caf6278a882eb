// SPDX-License-Identifier: Apache-2.0
//
// What several database commands do to `system`.
#pragma once

#include "dbms/administration/command.h"

namespace trellis::dbms {

// A record for a database of that name that begins now, in a directory of its own.
DatabaseRecord new_database(const Core& core, std::string name, DatabaseKind kind);
// The name is free: neither a database nor an alias has it. ExistingDatabaseFound,
// ExistingAliasFound.
Result<> check_name_is_free(const SystemSnapshot& system, std::string_view name);
// What happens to local aliases that point to a database which goes.
enum class AliasFate : uint8_t {
  kRestrict,  // they block: AliasBlocksDrop
  kCascade,   // they go with it
  kKeep,      // a new database of that name follows at once
};
// The record with the privileges that name it, and its constituents if it is composite.
// InvalidArguments for `system`, and for the default database unless it is replaced.
Result<> remove_database(CommandContext& context, const DatabaseRecord& database, AliasFate fate);
// UnsupportedAdministrationCommand for what a single server cannot do.
Result<> check_topology(CommandContext& context, const std::optional<ast::Topology>& topology);
// Fails for `system`.
Result<> check_not_system(const DatabaseRecord& database, std::string_view verb);

}  // namespace trellis::dbms
