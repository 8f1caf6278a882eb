// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <vector>

namespace trellis::os {

// What the kernel passes on its way to `path`, and what it finds there: folders, and the links that
// it follows, in order. Each is named without links on the way to it; a folder may come again. What
// does not exist, or is looked at in vain, is on the way by its name.
std::vector<std::filesystem::path> way_to(const std::filesystem::path& path);

}  // namespace trellis::os
