// SPDX-License-Identifier: Apache-2.0
#include "os/acting_as.h"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>
#include <utility>

#include "os/way_to.h"

namespace trellis::os {
namespace {

// Root gets its own rights back; without them nothing that follows could be trusted to work.
constexpr int kExitWithoutRights = 70;
constexpr int kMostGroups = 256;

struct Rights {
  uid_t user;
  gid_t group;
  std::vector<gid_t> groups;  // and `group`
};

// The groups are those that the system's list of users gives the user. A folder's group that is
// root's says nothing about its owner.
Rights rights_of(const struct stat& owned) {
  Rights rights{owned.st_uid, owned.st_gid, {owned.st_gid}};
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(rights.user, &entry, buffer.data(), buffer.size(), &found) != 0 ||
      found == nullptr) {
    return rights;
  }
  if (rights.group == 0) rights.group = found->pw_gid;
  std::vector<gid_t> groups(kMostGroups);
  int count = kMostGroups;
  rights.groups = {rights.group};
  if (::getgrouplist(found->pw_name, rights.group, groups.data(), &count) >= 0) {
    groups.resize(static_cast<size_t>(count));
    rights.groups = std::move(groups);
  }
  return rights;
}

// Of the first that decides where the way goes on and is not root.
std::optional<Rights> rights_on_way_to(const std::filesystem::path& folder) {
  for (const auto& place : way_to(folder)) {
    struct stat facts{};
    if (::lstat(place.c_str(), &facts) != 0) return std::nullopt;  // neither is what comes after
    if (facts.st_uid != 0) return rights_of(facts);
  }
  return std::nullopt;
}

}  // namespace

ActingAs::ActingAs(const std::filesystem::path& folder) : group_(::getegid()) {
  if (::geteuid() != 0) return;
  const std::optional<Rights> theirs = rights_on_way_to(folder);
  if (!theirs) return;
  groups_.resize(static_cast<size_t>(std::max(0, ::getgroups(0, nullptr))));
  const int count = ::getgroups(static_cast<int>(groups_.size()), groups_.data());
  groups_.resize(static_cast<size_t>(std::max(0, count)));
  // Who may change these may change the others, too, and change them back.
  if (::setgroups(theirs->groups.size(), theirs->groups.data()) != 0) return;
  changed_ = true;
  if (::setegid(theirs->group) != 0 || ::seteuid(theirs->user) != 0) give_back();
}

ActingAs::~ActingAs() {
  if (changed_) give_back();
}

void ActingAs::give_back() {
  changed_ = false;
  const bool back = ::seteuid(0) == 0 && ::setegid(group_) == 0 &&
                    ::setgroups(groups_.size(), groups_.data()) == 0;
  if (back) return;
  ::dprintf(STDERR_FILENO, "Cannot take root's rights back: %s. Nothing more is done.\n",
            std::strerror(errno));
  ::_exit(kExitWithoutRights);
}

}  // namespace trellis::os
