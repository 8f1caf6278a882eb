// SPDX-License-Identifier: Apache-2.0
//
// What loading keys leaves in memory. The sanitizer keeps freed memory as it was for a while, so
// that what is freed without being wiped is found.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <map>
#include <vector>

#include "support/certificates.h"
#include "net/openssl_memory.h"
#include "unit/tls/store_site.h"

using namespace trellis;
using namespace trellis::tls;
using namespace trellis::testing;
namespace fs = std::filesystem;

namespace {

// As in the program's main(): before anything else.
[[maybe_unused]] const bool kWiping = [] {
  net::wipe_memory_that_openssl_frees();
  return true;
}();

// Bytes to look for, kept so that they are not found here.
class Needle {
 public:
  static constexpr char kMask = 0x5a;

  // Output of a command, read without a buffer that would stay behind. Wipes what it read.
  static Needle from_output(const std::string& command, size_t skip, size_t size) {
    FILE* pipe = ::popen(command.c_str(), "r");
    ::setvbuf(pipe, nullptr, _IONBF, 0);
    std::vector<char> bytes(8192);
    const ssize_t got = read_all(::fileno(pipe), bytes);
    REQUIRE(::pclose(pipe) == 0);
    REQUIRE(static_cast<size_t>(got) >= skip + size);
    Needle needle;
    for (size_t i = 0; i < size; ++i) {
      needle.masked_.push_back(static_cast<char>(bytes[skip + i] ^ kMask));
    }
    wipe(bytes.data(), bytes.size());
    return needle;
  }
  Needle reversed() const {
    Needle needle;
    needle.masked_.assign(masked_.rbegin(), masked_.rend());
    return needle;
  }
  size_t count_in(const char* bytes, size_t size) const {
    size_t found = 0;
    for (size_t at = 0; at + masked_.size() <= size; ++at) {
      size_t same = 0;
      while (same < masked_.size() &&
             static_cast<char>(masked_[same] ^ kMask) == bytes[at + same]) {
        ++same;
      }
      if (same == masked_.size()) ++found;
    }
    return found;
  }

 private:
  static ssize_t read_all(int fd, std::vector<char>& into) {
    size_t have = 0;
    for (ssize_t got; (got = ::read(fd, into.data() + have, into.size() - have)) > 0;) {
      have += static_cast<size_t>(got);
    }
    return static_cast<ssize_t>(have);
  }
  std::vector<char> masked_;
};

// How often it stands in the memory of this process.
std::map<std::string, size_t> search(const std::map<std::string, Needle>& needles) {
  std::map<std::string, size_t> found;
  const int memory = ::open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
  REQUIRE(memory >= 0);
  std::ifstream maps("/proc/self/maps");
  // Outside of what is searched while it is.
  std::vector<char> block(1 << 20);
  for (std::string line; std::getline(maps, line);) {
    unsigned long from = 0;
    unsigned long to = 0;
    char rights[5] = "";
    if (::sscanf(line.c_str(), "%lx-%lx %4s", &from, &to, rights) != 3) continue;
    // The sanitizer's shadow is terabytes of nothing.
    if (rights[0] != 'r' || rights[1] != 'w' || to - from > (1UL << 30)) continue;
    for (unsigned long at = from; at < to; at += block.size() - 64) {
      const size_t wanted = std::min<size_t>(block.size(), to - at);
      const ssize_t got = ::pread(memory, block.data(), wanted, static_cast<off_t>(at));
      if (got <= 0) break;
      const auto* own = reinterpret_cast<const char*>(at);
      const bool is_block = own < block.data() + block.size() && own + got > block.data();
      if (is_block) continue;
      for (const auto& [name, needle] : needles) {
        found[name] += needle.count_in(block.data(), static_cast<size_t>(got));
      }
    }
  }
  ::close(memory);
  wipe(block.data(), block.size());
  return found;
}

}  // namespace

TEST_CASE("a key that was replaced is nowhere in memory, nor is its file's text") {
  StoreSite site;
  site.enable("bolt");
  fs::create_directories(site.base());
  make_authority(site.dir.path(), "outer");
  const auto put = [&](const std::string& name) {
    make_certificate(site.dir.path(), "outer", name, "DNS:" + name);
    fs::permissions(site.dir / (name + ".key"), fs::perms(0600));
    fs::rename(site.dir / (name + ".key"), site.base() / "private.key");
    fs::rename(site.dir / (name + ".crt"), site.base() / "public.crt");
  };
  put("one");
  SUBCASE("PKCS#8") {}
  SUBCASE("SEC1") {
    openssl(site.base(), "ec -in private.key -out sec1.key");
    fs::rename(site.base() / "sec1.key", site.base() / "private.key");
  }
  fs::permissions(site.base() / "private.key", fs::perms(0600));
  const std::string key = (site.base() / "private.key").string();
  // The third line of the text (the first ones are the same in all); the private number, which
  // comes first in SEC1's DER.
  std::map<std::string, Needle> needles;
  needles["text"] = Needle::from_output("sed -n 3p " + key, 8, 40);
  needles["number"] =
      Needle::from_output("openssl ec -in " + key + " -outform DER 2>/dev/null", 7, 32);
  needles["number, reversed"] = needles["number"].reversed();

  site.must_open();
  CHECK(site.shown() == "CN=one");
  auto found = search(needles);
  CHECK(found["text"] == 0);
  CHECK(found["number"] + found["number, reversed"] > 0);  // where it is, the search finds it
  const auto context = site.context();
  put("two");
  REQUIRE(site.store->look().front().changed);
  CHECK(site.shown() == "CN=two");
  for (const auto& [name, count] : search(needles)) {
    CAPTURE(name);
    CHECK(count == 0);
  }
}
