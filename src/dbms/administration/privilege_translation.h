// SPDX-License-Identifier: Apache-2.0
//
// What was written in GRANT, DENY or REVOKE, as the single privileges that are stored.
#pragma once

#include <vector>

#include "dbms/administration/command.h"
#include "security/privilege.h"

namespace trellis::dbms {

// One Privilege for each combination of graph, element and resource. The effect is set by the
// caller. must_exist: graphs that are named must exist (GRANT and DENY). DatabaseNotFound,
// InvalidArguments, UnsupportedAdministrationCommand (property rules).
Result<std::vector<security::Privilege>> translate_privilege(CommandContext& context,
                                                             const ast::PrivilegeSpec& spec,
                                                             bool must_exist);

}  // namespace trellis::dbms
