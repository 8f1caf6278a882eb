// SPDX-License-Identifier: Apache-2.0
#include "os/acting_as.h"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace trellis::os {
namespace {

// Root gets its own rights back; without them nothing that follows could be trusted to work.
constexpr int kExitWithoutRights = 70;
constexpr int kMostGroups = 256;

// Those that the system's list of users gives the user, and `group`.
std::vector<gid_t> groups_of(uid_t user, gid_t group) {
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  std::vector<gid_t> groups(kMostGroups);
  int count = kMostGroups;
  if (::getpwuid_r(user, &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr ||
      ::getgrouplist(found->pw_name, group, groups.data(), &count) < 0) {
    return {group};
  }
  groups.resize(static_cast<size_t>(count));
  return groups;
}

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
  const std::vector<gid_t> groups = groups_of(facts.st_uid, facts.st_gid);
  if (::setgroups(groups.size(), groups.data()) != 0 || ::seteuid(facts.st_uid) != 0) give_back();
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
