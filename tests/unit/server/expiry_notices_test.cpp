// SPDX-License-Identifier: Apache-2.0
#include "server/expiry_notices.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "support/fake_policy_store.h"
#include "support/temp_dir.h"

using namespace trellis;
using namespace trellis::server;
using namespace trellis::testing;
using namespace std::chrono_literals;
using config::SslScope;

namespace {

constexpr auto kLife = 90 * 24h;

struct Watched {
  Watched() {
    clock.advance(1'000'000h);
    program =
        dir.write("notice",
                  "#!/bin/sh\nprintf '%s|%s|%s|%s|%s\\n' \"$1\" "
                  "\"$TRELLIS_CERTIFICATE_SCOPES\" \"$TRELLIS_CERTIFICATE_NAMES\" "
                  "\"$TRELLIS_CERTIFICATE_LIFE_LEFT\" \"$TRELLIS_CERTIFICATE_NOT_AFTER\" >> " +
                      (dir / "notices").string() + "\n");
    ::chmod(program.c_str(), 0755);
  }
  ExpiryNotices notices(std::vector<std::string> arguments = {"a b; exit"}) {
    ExpiryNotices::Options options;
    options.certificates = &store;
    options.clock = &clock;
    options.program = {program.string()};
    options.program.insert(options.program.end(), arguments.begin(), arguments.end());
    options.interval = 20ms;
    options.program_timeout = 300ms;
    return ExpiryNotices(std::move(options));
  }
  void serve(std::string sha256, std::chrono::seconds left,
             std::vector<SslScope> scopes = {SslScope::kBolt, SslScope::kHttps}) {
    {
      const MutexLock lock(store.mutex);
      store.pairs.clear();
    }
    for (const SslScope scope : scopes) {
      store.add(scope, clock.wall(), left, std::chrono::duration_cast<std::chrono::seconds>(kLife),
                sha256);
    }
  }
  std::string given() const {
    return std::filesystem::exists(dir / "notices") ? read_text(dir / "notices") : "";
  }
  size_t count() const {
    const std::string text = given();
    return static_cast<size_t>(std::count(text.begin(), text.end(), '\n'));
  }

  TempDir dir;
  os::ManualClock clock;
  FakePolicyStore store;
  std::filesystem::path program;
};

}  // namespace

TEST_CASE("a third, a tenth, a twentieth of a life") {
  const os::Clock::Wall begin{1000h}, end{2000h};
  const auto stage = [&](std::chrono::hours left) { return expiry_stage(begin, end, end - left); };
  CHECK(stage(1000h) == 0);
  CHECK(stage(334h) == 0);
  CHECK(stage(333h) == 1);
  CHECK(stage(101h) == 1);
  CHECK(stage(100h) == 2);
  CHECK(stage(51h) == 2);
  CHECK(stage(50h) == 3);
  CHECK(stage(0h) == 3);
  CHECK(stage(-10h) == 3);
}

TEST_CASE("the program runs once per threshold and certificate, without a shell") {
  Watched watched;
  auto notices = watched.notices();
  watched.serve("aa", 31 * 24h);
  notices.check();
  CHECK(watched.count() == 0);
  watched.clock.advance(2 * 24h);
  notices.check();
  notices.check();
  CHECK(watched.given().starts_with(
      "a b; exit|bolt,https|db.example.test,*.example.test,127.0.0.1|1/3|"));
  CHECK(watched.count() == 1);
  watched.clock.advance(21 * 24h);
  notices.check();
  watched.clock.advance(4 * 24h);
  notices.check();
  notices.check();
  CHECK(watched.count() == 3);
  CHECK(watched.given().find("|1/10|") != std::string::npos);
  CHECK(watched.given().find("|1/20|") != std::string::npos);
  // Another certificate is another life: two thresholds at once are one notice.
  watched.serve("bb", 8 * 24h, {SslScope::kBolt});
  notices.check();
  CHECK(watched.count() == 4);
  CHECK(watched.given().ends_with("Z\n"));
  watched.serve("cc", 80 * 24h);
  notices.check();
  CHECK(watched.count() == 4);
}

TEST_CASE("where a renewal is planned a third is told only when that has failed") {
  Watched watched;
  auto notices = watched.notices();
  watched.serve("aa", 30 * 24h, {SslScope::kCluster});
  const auto say = [&](const std::string& error) {
    const MutexLock lock(watched.store.mutex);
    watched.store.pairs.front().next_renewal = watched.clock.wall();
    watched.store.pairs.front().last_error = error;
  };
  say("");
  notices.check();
  CHECK(watched.count() == 0);
  say("the authority is away");
  notices.check();
  notices.check();
  CHECK(watched.count() == 1);
  CHECK(watched.given().find("|1/3|") != std::string::npos);
  say("");
  watched.clock.advance(22 * 24h);
  notices.check();
  CHECK(watched.count() == 2);
  CHECK(watched.given().find("|1/10|") != std::string::npos);
}

TEST_CASE("a program that hangs or fails holds up nothing") {
  Watched watched;
  watched.program = watched.dir.write("hang", "#!/bin/sh\nsleep 60\n");
  ::chmod(watched.program.c_str(), 0755);
  watched.serve("aa", 1h);
  const auto begin = std::chrono::steady_clock::now();
  watched.notices().check();
  CHECK(std::chrono::steady_clock::now() - begin < 10s);
  watched.program = "/no/such/program";
  watched.notices().check();
  watched.program = "/bin/false";
  watched.notices().check();
}

TEST_CASE("by itself, on a thread") {
  Watched watched;
  watched.serve("aa", 1h);
  auto notices = std::make_unique<ExpiryNotices>(ExpiryNotices::Options{
      &watched.store, &watched.clock, {watched.program.string(), "x"}, 20ms, 5000ms, {}});
  notices->start();
  for (int n = 0; n < 500 && watched.count() == 0; ++n) std::this_thread::sleep_for(10ms);
  CHECK(watched.count() == 1);
  notices.reset();
}
