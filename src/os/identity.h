// SPDX-License-Identifier: Apache-2.0
//
// Who runs, who owns a file, and how open it is.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>

#include "base/result.h"

namespace trellis::os {

uid_t effective_user();
gid_t effective_group();
std::string user_name(uid_t user);    // the number when it has no name
std::string group_name(gid_t group);  // the number when it has no name

struct Ownership {
  uid_t user = 0;
  gid_t group = 0;
  mode_t mode = 0;  // the low twelve bits
  bool is_directory = false;
};
// Follows links.
Result<Ownership> ownership(const std::filesystem::path& path);

// "0640"
std::string mode_text(mode_t mode);

// Why this process cannot read the file, naming the first part of the path that blocks, its owner
// and its mode: "/etc/x (owner root:root, mode 0700) does not let user neo4j pass". Empty when
// nothing blocks.
std::string why_unreadable(const std::filesystem::path& path);

}  // namespace trellis::os
