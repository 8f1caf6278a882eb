// SPDX-License-Identifier: Apache-2.0
#include "tls/readable_file.h"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/temp_dir.h"

using namespace trellis;
using namespace trellis::tls;
using namespace trellis::testing;
namespace fs = std::filesystem;

namespace {

// What reading `path` says to a user who owns nothing. Root may read everything, so a child
// process gives its rights up first.
std::string as_nobody(const fs::path& path) {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    if (::geteuid() == 0 && (::setgid(65534) != 0 || ::setuid(65534) != 0)) ::_exit(1);
    auto text = read_small_file(path, "private key");
    const std::string answer = text ? "read" : text.error().message();
    ::_exit(::write(ends[1], answer.data(), answer.size()) < 0 ? 1 : 0);
  }
  ::close(ends[1]);
  std::string answer;
  char buffer[4096];
  for (ssize_t got; (got = ::read(ends[0], buffer, sizeof(buffer))) > 0;) {
    answer.append(buffer, static_cast<size_t>(got));
  }
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  return answer;
}
bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a closed directory behind a link is named, with owner, mode and the cure") {
  if (::geteuid() != 0) return;  // needs two users
  TempDir dir;
  fs::permissions(dir.path(), fs::perms(0755));
  const fs::path key = dir.write("archive/db/privkey1.pem", "key");
  fs::create_directories(dir / "live/db");
  fs::create_symlink("../../archive/db/privkey1.pem", dir / "live/db/privkey.pem");
  fs::create_symlink(dir / "live/db/privkey.pem", dir / "neo4j.key");
  CHECK(as_nobody(dir / "neo4j.key") == "read");

  fs::permissions(dir / "archive", fs::perms(0700));
  const std::string closed = as_nobody(dir / "neo4j.key");
  CHECK(has(closed, "the directory " + (dir / "archive").string() + " may not be entered"));
  CHECK(has(closed, "mode 0700"));
  CHECK(has(closed, "uid 65534"));
  CHECK(has(closed, "chmod g+x " + (dir / "archive").string()));

  fs::permissions(dir / "archive", fs::perms(0755));
  fs::permissions(key, fs::perms(0600));
  const std::string file = as_nobody(dir / "neo4j.key");
  CHECK(has(file, "the file " + key.string() + " may not be read"));
  CHECK(has(file, "chmod 0640 " + key.string()));
}

TEST_CASE("who owns what is closed need not change its group; names are quoted for the shell") {
  if (::geteuid() != 0) return;  // needs two users
  TempDir dir;
  fs::permissions(dir.path(), fs::perms(0755));
  const fs::path key = dir.write("my keys/private.key", "key");
  const std::string folder = "'" + (dir / "my keys").string() + "'";
  fs::permissions(dir / "my keys", fs::perms(0600));
  CHECK(has(as_nobody(key), "chmod g+x " + folder));
  REQUIRE(::chown((dir / "my keys").c_str(), 65534, 65534) == 0);
  const std::string own = as_nobody(key);
  CHECK(has(own, "Mend it with: chmod u+x " + folder));
  CHECK_FALSE(has(own, "chgrp"));
}

TEST_CASE("directories, pipes, loops and large files are no keys") {
  TempDir dir;
  CHECK(has(read_small_file(dir.path(), "key").error().message(), "is a directory"));
  fs::create_symlink("b", dir / "a");
  fs::create_symlink("a", dir / "b");
  CHECK(has(read_small_file(dir / "a", "key").error().message(), "loop"));
  dir.write("large", std::string(kLargestFile + 1, 'x'));
  CHECK_FALSE(read_small_file(dir / "large", "key"));
  dir.write("plain", "x");
  CHECK(has(read_small_file(dir / "plain/below", "key").error().message(), "no directory"));
}

TEST_CASE("only visible files of a directory count") {
  TempDir dir;
  dir.write("trusted/b.crt", "");
  dir.write("trusted/a.crt", "");
  dir.write("trusted/.hidden", "");
  fs::create_directories(dir / "trusted/sub");
  const auto files = *files_in(dir / "trusted");
  REQUIRE(files.size() == 2);
  CHECK(files[0].filename() == "a.crt");
  CHECK(files_in(dir / "missing")->empty());
}
