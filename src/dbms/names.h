// SPDX-License-Identifier: Apache-2.0
//
// What may be a name, and in which form it is compared (Operations Manual, "Manage users", "Manage
// roles", "Standard databases", "Database aliases"). Pure functions.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace trellis::dbms {

// ASCII letters to lower case: database and alias names are compared in this form.
std::string normalize_database_name(std::string_view name);

// InvalidArguments, saying what is wrong. The name is in normalised form.
Result<> check_database_name(std::string_view name);
Result<> check_alias_name(std::string_view name);
Result<> check_user_name(std::string_view name);
Result<> check_role_name(std::string_view name);

// A universally unique identifier, version 4, in text form.
std::string random_uuid();

}  // namespace trellis::dbms
