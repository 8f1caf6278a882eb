// SPDX-License-Identifier: Apache-2.0
//
// Root works in other users' folders with those users' rights: what it makes there is theirs, and
// no link that they laid leads it to files that are not.
//
// From construction to destruction the process has the user and the group of the folder (of its
// nearest parent that exists), and the other groups of that user: it can do what the user can, no
// more. Nothing happens when we are not root, may not change users, or the
// folder is root's.
// For programs with one thread: the rights are the whole process's.
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
