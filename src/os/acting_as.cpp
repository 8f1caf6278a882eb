// SPDX-License-Identifier: Apache-2.0
#include "os/acting_as.h"

#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

namespace trellis::os {
namespace {

// Root gets its own rights back; without them nothing that follows could be trusted to work.
constexpr int kExitWithoutRights = 70;

}  // namespace

ActingAs::ActingAs(const std::filesystem::path& folder) : group_(::getegid()) {
  if (::geteuid() != 0) return;
  std::filesystem::path known = std::filesystem::absolute(folder);
  struct stat facts{};
  while (::stat(known.c_str(), &facts) != 0 && known.has_relative_path()) {
    known = known.parent_path();
  }
  if (facts.st_uid == 0) return;
  groups_.resize(static_cast<size_t>(std::max(0, ::getgroups(0, nullptr))));
  const int count = ::getgroups(static_cast<int>(groups_.size()), groups_.data());
  groups_.resize(static_cast<size_t>(std::max(0, count)));
  changed_ = ::setegid(facts.st_gid) == 0;
  if (!changed_) return;
  if (::setgroups(1, &facts.st_gid) != 0 || ::seteuid(facts.st_uid) != 0) give_back();
}

ActingAs::~ActingAs() {
  if (changed_) give_back();
}

void ActingAs::give_back() {
  changed_ = false;
  const bool back = ::seteuid(0) == 0 && ::setegid(group_) == 0 &&
                    ::setgroups(groups_.size(), groups_.data()) == 0;
  if (!back) ::_exit(kExitWithoutRights);
}

}  // namespace trellis::os
