// SPDX-License-Identifier: Apache-2.0
//
// The password that `trellis admin dbms set-initial-password` leaves for the first start, in
// data/dbms/auth.ini: one line, neo4j:<PHC text>:<"password_change_required" or empty>, mode 0600.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/secret.h"

namespace trellis::server {

struct InitialPassword {
  std::string hash;  // PHC text
  bool change_required = false;
};

// nullopt when none was left.
Result<std::optional<InitialPassword>> read_initial_password(const std::filesystem::path& data);

Result<> write_initial_password(const std::filesystem::path& data, const Secret& password,
                                bool change_required);

}  // namespace trellis::server
