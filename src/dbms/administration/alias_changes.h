// SPDX-License-Identifier: Apache-2.0
//
// What the alias commands share.
#pragma once

#include "dbms/administration/database_changes.h"
#include "dbms/remote_access.h"

namespace trellis::dbms {

// A local alias points to a standard database that exists. DatabaseNotFound, InvalidArguments.
Result<> check_local_target(const SystemSnapshot& system, std::string_view target);
// PROPERTIES {...}: keys in lower case, values that can be stored.
Result<ValueMap> alias_properties(CommandContext& context, const ast::ExpressionPtr& expression);

}  // namespace trellis::dbms
