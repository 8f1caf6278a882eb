// SPDX-License-Identifier: Apache-2.0
#include "security/keystore.h"

#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "security/random.h"
#include "security/sealing.h"

using namespace trellis;
using namespace trellis::security;

namespace {
std::string temporary_path(const std::string& name) {
  const auto folder = std::filesystem::temp_directory_path() /
                      ("trellis-keystore-test-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  return (folder / name).string();
}

std::string read_all(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// Runs keytool and returns what it printed; the JDK is part of the test environment.
std::string keytool(const std::string& arguments) {
  std::string output;
  FILE* pipe = ::popen(("keytool " + arguments + " 2>&1").c_str(), "r");
  REQUIRE(pipe != nullptr);
  char buffer[512];
  while (const size_t n = std::fread(buffer, 1, sizeof buffer, pipe)) output.append(buffer, n);
  const int status = ::pclose(pipe);
  INFO(output);
  REQUIRE(status == 0);
  return output;
}

const Secret kPassword("a-keystore-password");
}  // namespace

TEST_CASE("a keystore that was written reads back") {
  std::vector<KeystoreEntry> entries;
  const Secret key = random_secret(32);
  entries.push_back({"aesKey", key.clone()});
  entries.push_back({"other", random_secret(32)});
  const auto bytes = write_keystore(entries, kPassword);
  REQUIRE(bytes);
  const auto read = read_keystore_key(bytes->reveal(), kPassword, "AESKEY");
  REQUIRE(read);
  CHECK(*read == key);
  const auto names = list_keystore(bytes->reveal(), kPassword);
  REQUIRE(names);
  CHECK(*names == std::vector<std::string>{"aeskey", "other"});

  const auto missing = read_keystore_key(bytes->reveal(), kPassword, "nokey");
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code() == ErrorCode::KeystoreUnavailable);
  const auto wrong = read_keystore_key(bytes->reveal(), Secret("wrong"), "aeskey");
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().code() == ErrorCode::KeystoreUnavailable);
  CHECK(wrong.error().message().find("wrong") != std::string::npos);
}

TEST_CASE("garbage is no keystore") {
  for (const std::string& bytes :
       {std::string(), std::string("hello"), std::string(4096, '\x30')}) {
    const auto read = read_keystore_key(bytes, kPassword, "k");
    REQUIRE_FALSE(read);
    CHECK(read.error().code() == ErrorCode::KeystoreUnavailable);
  }
  std::vector<KeystoreEntry> entries;
  entries.push_back({"k", random_secret(32)});
  const auto good = write_keystore(entries, kPassword);
  REQUIRE(good);
  const std::string all(good->reveal());
  for (size_t cut = 0; cut < all.size(); cut += 17) {
    CHECK_FALSE(read_keystore_key(all.substr(0, cut), kPassword, "k"));
  }
}

TEST_CASE("a keystore of Java's keytool is read") {
  const std::string path = temporary_path("java.p12");
  std::filesystem::remove(path);
  keytool("-genseckey -alias aesKey -keyalg AES -keysize 256 -storetype PKCS12 -keystore " + path +
          " -storepass a-keystore-password");
  const std::string bytes = read_all(path);
  const auto key = read_keystore_key(bytes, kPassword, "aesKey");
  REQUIRE(key);
  CHECK(key->size() == 32);
  // A key of another size is told apart.
  keytool("-genseckey -alias small -keyalg AES -keysize 128 -storetype PKCS12 -keystore " + path +
          " -storepass a-keystore-password");
  CHECK_FALSE(read_keystore_key(read_all(path), kPassword, "small"));
  CHECK(*read_keystore_key(read_all(path), kPassword, "aesKey") == *key);
  std::filesystem::remove(path);
}

TEST_CASE("Java's keytool lists ours and copies the key out of it") {
  const std::string ours = temporary_path("ours.p12");
  const std::string theirs = temporary_path("theirs.p12");
  std::filesystem::remove(theirs);
  std::vector<KeystoreEntry> entries;
  const Secret key = random_secret(32);
  entries.push_back({"aesKey", key.clone()});
  const auto bytes = write_keystore(entries, kPassword);
  REQUIRE(bytes);
  std::ofstream(ours, std::ios::binary) << bytes->reveal();
  const std::string listed =
      keytool("-list -storetype PKCS12 -keystore " + ours + " -storepass a-keystore-password");
  CHECK(listed.find("aeskey") != std::string::npos);
  CHECK(listed.find("SecretKeyEntry") != std::string::npos);
  // Java must be able to open the key itself, not only to see its name.
  keytool("-importkeystore -noprompt -srckeystore " + ours +
          " -srcstoretype PKCS12 -srcstorepass a-keystore-password -destkeystore " + theirs +
          " -deststoretype PKCS12 -deststorepass a-keystore-password");
  const auto copied = read_keystore_key(read_all(theirs), kPassword, "aeskey");
  REQUIRE(copied);
  CHECK(*copied == key);
  std::filesystem::remove(ours);
  std::filesystem::remove(theirs);
}

TEST_CASE("what was sealed opens only with the same key, DBMS and name") {
  const Secret key = random_secret(32);
  const SealBinding here{"dbms-1", "alias-1"};
  const auto sealed = seal(Secret("remote password"), key, here);
  REQUIRE(sealed);
  CHECK(sealed->find("remote") == std::string::npos);
  CHECK(*seal(Secret("remote password"), key, here) != *sealed);
  const auto opened = open_sealed(*sealed, key, here);
  REQUIRE(opened);
  CHECK(opened->reveal() == "remote password");

  CHECK(open_sealed(*sealed, key, {"dbms-2", "alias-1"}).error().code() == ErrorCode::Corruption);
  CHECK(open_sealed(*sealed, key, {"dbms-1", "alias-2"}).error().code() == ErrorCode::Corruption);
  // The border between the two bindings counts.
  CHECK_FALSE(open_sealed(*sealed, key, {"dbms-1a", "lias-1"}));
  CHECK(open_sealed(*sealed, random_secret(32), here).error().code() ==
        ErrorCode::KeystoreUnavailable);
  for (size_t i = 0; i < sealed->size(); ++i) {
    std::string damaged = *sealed;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    CHECK_FALSE(open_sealed(damaged, key, here));
    CHECK_FALSE(open_sealed(sealed->substr(0, i), key, here));
  }
  CHECK_FALSE(seal(Secret("x"), random_secret(16), here));
}
