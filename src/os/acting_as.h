// SPDX-License-Identifier: Apache-2.0
//
// Root works where other users have a say with those users' rights: what it makes there is theirs,
// and no link that they laid leads it to files that are not.
//
// The way to the folder decides, links followed: the first folder or link on it that is not root's
// says whose rights are taken, as from there on that user may lead the way anywhere. From
// construction to destruction the process has that user, the folder's group (the user's own, if
// that is root's) and the user's other groups: it can do what the user can, no more. Nothing
// happens when we are not root, may not change users, or all that exists of the way is root's. For
// programs with one thread: the rights are the whole process's.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <vector>

namespace trellis::os {

class ActingAs {
 public:
  explicit ActingAs(const std::filesystem::path& folder);
  ~ActingAs();
  ActingAs(const ActingAs&) = delete;
  ActingAs& operator=(const ActingAs&) = delete;

 private:
  void give_back();

  gid_t group_;
  std::vector<gid_t> groups_;
  bool changed_ = false;
};

}  // namespace trellis::os
