// SPDX-License-Identifier: Apache-2.0
#include "os/private_file.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "os/file_clock.h"
#include "os/identity.h"
#include "support/temp_dir.h"

namespace trellis::os {
namespace {

TEST_CASE("a private file is whole, closed to others, and leaves nothing beside it") {
  const testing::TempDir dir;
  const auto file = dir / "key.pem";
  CHECK(!*read_private_file(file));
  REQUIRE(replace_private_file(file, "one"));
  REQUIRE(replace_private_file(file, "two"));
  CHECK((*read_private_file(file))->reveal() == "two");
  CHECK(mode_text(ownership(file)->mode) == "0600");
  size_t files = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(dir.path())) {
    ++files;
  }
  CHECK(files == 1);
  REQUIRE(remove_private_file(file));
  REQUIRE(remove_private_file(file));
  CHECK(!*read_private_file(file));
}

TEST_CASE("what a killed writer left beside does not stand in the way") {
  const testing::TempDir dir;
  dir.write(fmt::format(".key.pem.{}", ::getpid()), "half");
  REQUIRE(replace_private_file(dir / "key.pem", "whole"));
  CHECK((*read_private_file(dir / "key.pem"))->reveal() == "whole");
}

TEST_CASE("creating a private file says when there is one") {
  const testing::TempDir dir;
  REQUIRE(create_private_file(dir / "lease", "mine"));
  const auto again = create_private_file(dir / "lease", "other");
  REQUIRE(!again);
  CHECK(again.error().code() == ErrorCode::FileLocked);
  CHECK((*read_private_file(dir / "lease"))->reveal() == "mine");
}

TEST_CASE(
    "private folders are made with their parents, and a missing one is an error to write to") {
  const testing::TempDir dir;
  REQUIRE(make_private_directory(dir / "a/b"));
  CHECK(mode_text(ownership(dir / "a")->mode) == "0700");
  CHECK(mode_text(ownership(dir / "a/b")->mode) == "0700");
  const auto written = replace_private_file(dir / "c/file", "x");
  REQUIRE(!written);
  CHECK(written.error().code() == ErrorCode::IoError);
  dir.write("file", "x");
  CHECK(!make_private_directory(dir / "file"));
}

TEST_CASE("the clock of a file moves by whole seconds, both ways, while it runs") {
  const testing::TempDir dir;
  const FileClock clock(dir / "clock");
  const auto near = [&](int64_t seconds) {
    const auto off = clock.wall() - std::chrono::system_clock::now();
    return std::abs(std::chrono::duration_cast<std::chrono::milliseconds>(off).count() -
                    seconds * 1000) < 900;
  };
  CHECK(near(0));
  dir.write("clock", "86400\n");
  CHECK(near(86400));
  dir.write("clock", "-3600");
  CHECK(near(-3600));
  dir.write("clock", "nonsense");
  CHECK(near(0));
}

}  // namespace
}  // namespace trellis::os
