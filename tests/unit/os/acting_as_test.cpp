// SPDX-License-Identifier: Apache-2.0
#include "os/acting_as.h"

#include <doctest/doctest.h>
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

}  // namespace
}  // namespace trellis::os
