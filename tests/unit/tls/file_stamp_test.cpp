// SPDX-License-Identifier: Apache-2.0
#include "tls/file_stamp.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/temp_dir.h"

using namespace trellis;
using namespace trellis::tls;
using namespace trellis::testing;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

// As if looked at much later, when no tick of a clock can hide a change.
FileStamp settled(const std::vector<fs::path>& paths) {
  return FileStamp::of(paths, std::chrono::system_clock::now() + 1h);
}

struct stat facts(const fs::path& path) {
  struct stat info{};
  REQUIRE(::stat(path.c_str(), &info) == 0);
  return info;
}

bool same_time(const timespec& a, const timespec& b) {
  return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

}  // namespace

TEST_CASE("a settled file that has not changed is known without reading it") {
  const TempDir dir;
  const fs::path file = dir.write("public.crt", "one");
  const FileStamp before = settled({file});
  CHECK(before.surely_equals(settled({file})));
  CHECK_FALSE(FileStamp::of({file}).surely_equals(FileStamp::of({file})));  // too fresh to say
  CHECK_FALSE(FileStamp().surely_equals(FileStamp()));
  CHECK_FALSE(before.surely_equals(settled({file, dir / "another"})));
}

TEST_CASE("a change that keeps path, inode, size and time of modification is seen") {
  const TempDir dir;
  const fs::path file = dir.write("public.crt", "one");
  const struct stat first = facts(file);
  const FileStamp before = settled({file});
  struct stat now = first;
  while (same_time(now.st_ctim, first.st_ctim)) {  // until the file system's clock has ticked
    const int at = ::open(file.c_str(), O_WRONLY);
    REQUIRE(::pwrite(at, "two", 3, 0) == 3);
    const timespec times[] = {first.st_atim, first.st_mtim};
    REQUIRE(::futimens(at, times) == 0);
    ::close(at);
    now = facts(file);
  }
  CHECK(now.st_ino == first.st_ino);
  CHECK(now.st_size == first.st_size);
  CHECK(same_time(now.st_mtim, first.st_mtim));
  CHECK_FALSE(before.surely_equals(settled({file})));
}

TEST_CASE("another file behind a link, and one that comes or goes, is seen") {
  const TempDir dir;
  dir.write("1/public.crt", "one");
  dir.write("2/public.crt", "one");
  fs::create_directory_symlink("1", dir / "data");
  const fs::path file = dir / "data/public.crt";
  const FileStamp before = settled({file});
  fs::remove(dir / "data");
  CHECK_FALSE(before.surely_equals(settled({file})));
  CHECK(settled({file}).surely_equals(settled({file})));  // missing, and missing still
  fs::create_directory_symlink("2", dir / "data");
  CHECK_FALSE(before.surely_equals(settled({file})));
}
