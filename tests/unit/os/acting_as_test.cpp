// SPDX-License-Identifier: Apache-2.0
#include "os/acting_as.h"

#include <doctest/doctest.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/identity.h"
#include "os/private_file.h"
#include "support/temp_dir.h"

namespace trellis::os {
namespace {

TEST_CASE("root writes as the owner of a folder, others as themselves") {
  const testing::TempDir dir;
  const auto folder = dir / "theirs";
  std::filesystem::create_directory(folder);
  const bool root = ::geteuid() == 0;
  const uid_t owner = root ? 65534 : ::geteuid();
  const gid_t group = root ? 65534 : ::getegid();
  REQUIRE(::chown(folder.c_str(), owner, group) == 0);
  std::filesystem::permissions(dir.path(), std::filesystem::perms(0755));
  {
    const ActingAs them(folder / "not" / "there" / "yet");
    CHECK(::geteuid() == owner);
    REQUIRE(replace_private_file(folder / "key", "secret"));
    // What only root may write is closed to root here, too.
    if (root) CHECK_FALSE(replace_private_file(dir / "key", "secret"));
  }
  CHECK((::geteuid() == 0) == root);
  CHECK(ownership(folder / "key")->user == owner);
  CHECK(ownership(folder / "key")->group == group);
  CHECK(replace_private_file(dir / "key", "secret"));
  CHECK(ownership(dir / "key")->user == ::geteuid());
}

TEST_CASE("a link that another user laid makes its way theirs") {
  const testing::TempDir dir;
  const bool root = ::geteuid() == 0;
  std::filesystem::permissions(dir.path(), std::filesystem::perms(0755));
  std::filesystem::create_directory(dir / "theirs");
  std::filesystem::create_directory(dir / "ours");
  std::filesystem::create_directory_symlink(dir / "ours", dir / "theirs" / "folder");
  std::filesystem::create_directory_symlink(dir / "ours", dir / "their link");
  std::filesystem::create_directory_symlink(dir / "ours", dir / "our link");
  if (root) {
    REQUIRE(::chown((dir / "theirs").c_str(), 65534, 65534) == 0);
    REQUIRE(::lchown((dir / "their link").c_str(), 65534, 65534) == 0);
  }
  for (const auto& way :
       {dir / "theirs" / "folder", dir / "their link", dir / "their link" / "x"}) {
    const ActingAs them(way);
    CHECK((::geteuid() == 65534) == root);
    if (root) CHECK_FALSE(replace_private_file(way / "key", "secret"));
  }
  const ActingAs nobody_else(dir / "our link");
  CHECK((::geteuid() == 0) == root);
  CHECK(replace_private_file(dir / "our link" / "key", "secret"));
}

TEST_CASE("who takes a user's rights does not keep root's group") {
  const testing::TempDir dir;
  if (::geteuid() != 0) return;  // nothing is taken then
  REQUIRE(::chown(dir.path().c_str(), 65534, 0) == 0);
  const ActingAs them(dir.path());
  CHECK(::getegid() != 0);
}

TEST_CASE("root that may not change groups stays as it is") {
  const testing::TempDir dir;
  if (::geteuid() == 0) REQUIRE(::chown(dir.path().c_str(), 65534, 0) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct sets[2]{};
    bool as_it_was = ::syscall(SYS_capget, &header, sets) == 0;
    sets[0].effective &= ~(1U << CAP_SETGID);
    sets[0].permitted &= ~(1U << CAP_SETGID);
    as_it_was = as_it_was && ::syscall(SYS_capset, &header, sets) == 0;
    const uid_t user = ::geteuid();
    const gid_t group = ::getegid();
    {
      const ActingAs them(dir.path());
      as_it_was = as_it_was && ::geteuid() == user && ::getegid() == group;
    }
    ::_exit(as_it_was ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

}  // namespace
}  // namespace trellis::os
