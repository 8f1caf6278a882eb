// SPDX-License-Identifier: Apache-2.0
//
// The clauses that CREATE USER and ALTER USER share.
#pragma once

#include <vector>

#include "dbms/administration/command.h"

namespace trellis::dbms {

// What a native password block of the settings needs hashed: nothing or one request.
Result<std::vector<PasswordRequest>> native_password_request(CommandContext& context,
                                                             const ast::UserSettings& settings);
// The credential that the settings give the user: hashed, or as given encrypted. Empty: none given.
Result<std::string> native_credential(CommandContext& context, const ast::UserSettings& settings);
const ast::AuthBlock* native_block(const ast::UserSettings& settings);

inline constexpr std::string_view kNativeProvider = "native";

}  // namespace trellis::dbms
