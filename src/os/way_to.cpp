// SPDX-License-Identifier: Apache-2.0
#include "os/way_to.h"

#include <deque>

namespace trellis::os {

std::vector<std::filesystem::path> way_to(const std::filesystem::path& path) {
  namespace fs = std::filesystem;
  constexpr int kMostLinks = 40;
  const fs::path asked = fs::absolute(path);
  std::deque<fs::path> pending(asked.begin(), asked.end());
  std::vector<fs::path> way;
  fs::path at = "/";
  for (int links = 0; !pending.empty();) {
    const fs::path part = pending.front();
    pending.pop_front();
    if (part.empty() || part == ".") continue;
    if (part == "/" || part == "..") {
      at = part == "/" ? part : at.parent_path();
      continue;
    }
    way.push_back(at);
    std::error_code failed;
    const fs::path target = fs::read_symlink(at / part, failed);
    if (failed) {
      at /= part;
      continue;
    }
    way.push_back(at / part);
    if (++links > kMostLinks) return way;
    pending.insert(pending.begin(), target.begin(), target.end());
  }
  way.push_back(at);
  return way;
}

}  // namespace trellis::os
