// SPDX-License-Identifier: Apache-2.0
//
// The program's side; that records are waited for is tried with a real name server in
// tests/clients/test_acme_dns.py.
#include "tls/acme/dns_hook.h"

#include <doctest/doctest.h>

#include <thread>

#include "support/temp_dir.h"

namespace trellis::tls::acme {
namespace {

using namespace std::chrono_literals;

DnsHook hook_in(const testing::TempDir& dir, std::string_view script) {
  const auto file = dir.write("hook", fmt::format("#!/bin/sh\n{}\n", script));
  std::filesystem::permissions(file, std::filesystem::perms::owner_all);
  return {file, 5s};
}

TEST_CASE("the program gets one argument and certbot's variables, and no shell in between") {
  const testing::TempDir dir;
  const DnsHook hook =
      hook_in(dir, "echo \"$1 $# $CERTBOT_DOMAIN $CERTBOT_VALIDATION\" >> \"$0.log\"");
  const DnsRecord record{"example.org", "$(touch x); 'value'"};
  REQUIRE(hook.present(record));
  REQUIRE(hook.cleanup(record));
  CHECK(testing::read_text(dir / "hook.log") ==
        "present 1 example.org $(touch x); 'value'\ncleanup 1 example.org $(touch x); 'value'\n");
}

TEST_CASE("its failure, its silence and its absence are told") {
  const testing::TempDir dir;
  const auto failed = hook_in(dir, "echo no such zone >&2; exit 3").present({"example.org", "v"});
  REQUIRE(!failed);
  CHECK(failed.error().message().find("ended with 3") != std::string::npos);
  CHECK(failed.error().message().find("no such zone") != std::string::npos);
  DnsHook slow = hook_in(dir, "sleep 60");
  slow.timeout = 200ms;
  const auto begin = std::chrono::steady_clock::now();
  const auto late = slow.present({"example.org", "v"});
  REQUIRE(!late);
  CHECK(std::chrono::steady_clock::now() - begin < 10s);
  CHECK(late.error().message().find("dns_hook_timeout") != std::string::npos);
  const DnsHook missing{dir / "nothing", 5s};
  CHECK(!missing.present({"example.org", "v"}));
}

TEST_CASE("a program that hangs does not hold up a server that stops") {
  const testing::TempDir dir;
  StopSignal stop;
  DnsHook hook = hook_in(dir, "echo begun >> \"$0.log\"; exec sleep 60");
  hook.timeout = 60s;
  hook.stop = &stop;
  const auto begin = std::chrono::steady_clock::now();
  std::thread stopper([&] {
    while (testing::read_text(dir / "hook.log").empty()) std::this_thread::sleep_for(5ms);
    stop.stop();
  });
  const auto ended = hook.present({"example.org", "v"});
  stopper.join();
  REQUIRE(!ended);
  CHECK(ended.error().message().find("the server is stopping") != std::string::npos);
  // What was made is still to be removed; that is given a moment.
  const DnsHook quick = hook_in(dir, "echo cleaned >> \"$0.log\"");
  CHECK(DnsHook{quick.program, 60s, &stop}.cleanup({"example.org", "v"}));
  // One moment for all that is to be removed, counted from the signal.
  CHECK(stop.stopped_for(0s));
  CHECK_FALSE(stop.stopped_for(1h));
  CHECK(std::chrono::steady_clock::now() - begin < 30s);
}

TEST_CASE("a name server that does not answer ends the wait with a reason") {
  StopSignal stop;
  config::SocketAddress nowhere;
  nowhere.host = "127.0.0.1";
  nowhere.port = 1;
  nowhere.has_port = true;
  const auto seen = await_records({{"example.org", "v"}}, nowhere, 600ms, stop);
  REQUIRE(!seen);
  CHECK(seen.error().message().find("127.0.0.1:1") != std::string::npos);
  CHECK(await_records({{"example.org", "v"}}, nowhere, 0s, stop));
  stop.stop();
  const auto begin = std::chrono::steady_clock::now();
  CHECK(!await_records({{"example.org", "v"}}, nowhere, 100s, stop));
  CHECK(std::chrono::steady_clock::now() - begin < 20s);
}

}  // namespace
}  // namespace trellis::tls::acme
