// SPDX-License-Identifier: Apache-2.0
#include "os/file_system.h"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <cstring>
#include <string_view>

#include "os/hostile_file_system.h"
#include "os/memory_file_system.h"

using namespace trellis;
using namespace trellis::os;

namespace {

std::span<const std::byte> bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

std::string content(FileSystem& files, const std::string& path) {
  auto all = read_file(files, path);
  if (!all) return "?";
  return {reinterpret_cast<const char*>(all->data()), all->size()};
}

void put(FileSystem& files, const std::string& path, std::string_view text, bool sync) {
  auto file = files.open(path, OpenMode::kCreate);
  REQUIRE(file);
  REQUIRE((*file)->write_at(0, bytes(text)));
  if (sync) REQUIRE((*file)->sync_data());
}

void behaves_as_a_file_system(FileSystem& files, const std::string& root) {
  const std::string folder = root + "/a";
  REQUIRE(files.make_directory(folder));
  REQUIRE(files.make_directory(folder));
  CHECK_FALSE(files.open(folder + "/x", OpenMode::kRead));
  put(files, folder + "/x", "hello", true);
  CHECK_FALSE(files.open(folder + "/x", OpenMode::kCreateNew));
  put(files, folder + "/x", "J", true);
  CHECK(content(files, folder + "/x") == "Jello");
  {
    auto file = files.open(folder + "/x", OpenMode::kReadWrite);
    REQUIRE(file);
    REQUIRE(write_zeros(**file, 5, 3'000'000));
    CHECK(*(*file)->size() == 3'000'005);
    std::byte byte{1};
    CHECK(*(*file)->read_at(3'000'004, std::span(&byte, 1)) == 1);
    CHECK(byte == std::byte{0});
    CHECK(*(*file)->read_at(3'000'005, std::span(&byte, 1)) == 0);
  }
  put(files, folder + "/y", "other", true);
  REQUIRE(files.rename(folder + "/y", folder + "/x"));
  REQUIRE(files.sync_directory(folder));
  CHECK(content(files, folder + "/x") == "other");
  CHECK(*files.exists(folder + "/x"));
  CHECK_FALSE(*files.exists(folder + "/y"));
  put(files, folder + "/b", "1", true);
  CHECK(*files.list(folder) == std::vector<std::string>{"b", "x"});
  REQUIRE(files.remove(folder + "/b"));
  CHECK_FALSE(files.remove(folder + "/b"));
  REQUIRE(files.remove_tree(folder));
  REQUIRE(files.remove_tree(folder));
  CHECK_FALSE(*files.exists(folder + "/x"));
}

}  // namespace

TEST_CASE("every file system behaves alike") {
  char folder[] = "/tmp/trellis-os-XXXXXX";
  REQUIRE(mkdtemp(folder));
  PosixFileSystem posix;
  behaves_as_a_file_system(posix, folder);
  REQUIRE(posix.remove_tree(folder));
  MemoryFileSystem memory;
  behaves_as_a_file_system(memory, "/m");
  HostileFileSystem hostile(1);
  behaves_as_a_file_system(hostile, "/h");
}

TEST_CASE("a crash keeps what was synced and nothing else") {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    HostileFileSystem files(seed);
    REQUIRE(files.make_directory("/d"));
    put(files, "/d/kept", "old old old", true);
    put(files, "/d/renamed", "before", true);
    REQUIRE(files.sync_directory("/d"));
    put(files, "/d/nameless", "synced, but not its name", true);
    auto file = files.open("/d/kept", OpenMode::kReadWrite);
    REQUIRE((*file)->write_at(0, bytes("new")));
    REQUIRE((*file)->write_at(8, bytes("NEW")));
    REQUIRE(files.rename("/d/renamed", "/d/after"));
    files.crash(CrashModel::kDropAll);
    const std::string kept = content(files, "/d/kept");
    CHECK(kept.substr(0, 8) == "old old ");
    CHECK(kept.size() == 11);
    CHECK(content(files, "/d/renamed") == "before");
    CHECK_FALSE(*files.exists("/d/after"));
    CHECK_FALSE(*files.exists("/d/nameless"));
    CHECK_FALSE((*file)->write_at(0, bytes("late")));
  }
}

TEST_CASE("a failed sync loses the writes for good, though reads show them") {
  HostileFileSystem files(7);
  REQUIRE(files.make_directory("/d"));
  put(files, "/d/f", "aaa", true);
  REQUIRE(files.sync_directory("/d"));
  auto file = files.open("/d/f", OpenMode::kReadWrite);
  REQUIRE((*file)->write_at(0, bytes("bbb")));
  files.fail_at(files.calls() + 1);
  CHECK_FALSE((*file)->sync_data());
  CHECK(content(files, "/d/f") == "bbb");
  CHECK((*file)->sync_data());
  files.crash(CrashModel::kDropAll);
  CHECK(content(files, "/d/f") == "aaa");
}

TEST_CASE("the n-th call fails and a full disk refuses growth alone") {
  HostileFileSystem files(7);
  REQUIRE(files.make_directory("/d"));
  put(files, "/d/f", "aaaa", true);
  auto file = files.open("/d/f", OpenMode::kReadWrite);
  files.fail_at(files.calls() + 2, ErrorCode::DiskFull);
  CHECK((*file)->write_at(0, bytes("b")));
  auto second = (*file)->write_at(0, bytes("c"));
  REQUIRE_FALSE(second);
  CHECK(second.error().code() == ErrorCode::DiskFull);
  CHECK((*file)->write_at(0, bytes("d")));
  files.set_full(true);
  CHECK((*file)->write_at(0, bytes("eeee")));
  auto longer = (*file)->write_at(2, bytes("ffff"));
  REQUIRE_FALSE(longer);
  CHECK(longer.error().code() == ErrorCode::DiskFull);
  const uint64_t synced = files.syncs();
  CHECK((*file)->sync_data());
  CHECK(files.syncs() == synced + 1);
}

TEST_CASE("random bytes differ and a seed repeats them") {
  SecureRandom secure;
  CHECK(secure.next() != secure.next());
  const std::string uuid = secure.uuid();
  CHECK(uuid.size() == 36);
  CHECK(uuid[14] == '4');
  SeededRandom a(5), b(5), c(6);
  CHECK(a.next() == b.next());
  CHECK(a.next() != c.next());
}
