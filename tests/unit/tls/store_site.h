// SPDX-License-Identifier: Apache-2.0
//
// A home with certificates, a policy store over it, a clock that can be moved, and what was logged.
#pragma once

#include <doctest/doctest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <memory>
#include <sstream>
#include <string>

#include "support/temp_dir.h"
#include "tls/policy_store.h"
#include "tls/private_ca.h"
#include "unit/tls/in_memory_handshake.h"

namespace trellis::testing {

// The machine's time, moved.
class MovedClock final : public os::Clock {
 public:
  Monotonic monotonic() const override { return real_.monotonic() + by_.load(); }
  Wall wall() const override { return real_.wall() + by_.load(); }
  void advance(std::chrono::nanoseconds by) { by_ = by_.load() + by; }

 private:
  const os::SystemClock real_;
  std::atomic<std::chrono::nanoseconds> by_{std::chrono::nanoseconds(0)};
};

struct StoreSite {
  StoreSite() : ca(*tls::PrivateCa::create("Test authority")) {
    REQUIRE(tls::write_certificate_file(dir / "ca.crt", ca.certificate_pem()));
  }

  void set(const std::string& name, const std::string& text) {
    auto done = settings->set(name, text, config::Source::kFile);
    REQUIRE_MESSAGE(done, name);
  }
  void enable(const std::string& scope, const std::string& client_auth = "NONE") {
    set("dbms.ssl.policy." + scope + ".enabled", "true");
    set("dbms.ssl.policy." + scope + ".client_auth", client_auth);
  }
  std::filesystem::path base(const std::string& scope = "bolt") const {
    return dir / ("certificates/" + scope);
  }

  // A pair for the name, in that folder. By rename, as careful tools do it.
  void put_pair(const std::filesystem::path& folder, const std::string& name, int valid_days = 90) {
    put_pair(folder, name, ca, valid_days);
  }
  static void put_pair(const std::filesystem::path& folder, const std::string& name,
                       const tls::PrivateCa& authority, int valid_days = 90) {
    auto issued = authority.issue({.dns_names = {name}, .ip_names = {}, .valid_days = valid_days});
    REQUIRE(issued);
    REQUIRE(tls::write_key_file(folder / "private.key", issued->key_pem));
    REQUIRE(tls::write_certificate_file(folder / "public.crt", issued->certificate_pem));
  }
  // NAME.crt and NAME.key below the home, for a client.
  std::filesystem::path client(const std::string& name, const tls::PrivateCa& authority,
                               int valid_days = 90) {
    auto issued = authority.issue({.dns_names = {name}, .ip_names = {}, .valid_days = valid_days});
    REQUIRE(issued);
    REQUIRE(tls::write_key_file(dir / (name + ".key"), issued->key_pem));
    REQUIRE(tls::write_certificate_file(dir / (name + ".crt"), issued->certificate_pem));
    return dir / (name + ".crt");
  }

  Result<> open() {
    auto made = config::server_config(settings);
    if (!made) return fail(std::move(made.error()));
    config = std::make_unique<config::ServerConfig>(std::move(*made));
    tls::PolicyStoreOptions options;
    options.config = config.get();
    options.clock = &clock;
    options.challenges = challenges;
    options.log = Logger(std::make_shared<spdlog::logger>(
        "test", std::make_shared<spdlog::sinks::ostream_sink_mt>(log)));
    TRELLIS_TRY_ASSIGN(store, tls::PolicyStore::open(std::move(options)));
    return {};
  }
  void must_open() {
    auto opened = open();
    REQUIRE_MESSAGE(opened, opened.error().message());
  }

  net::TlsContext context(config::SslScope scope = config::SslScope::kBolt) const {
    return store->of(scope)->current()->context;
  }
  // The subject that a new connection is shown.
  std::string shown(const std::string& name = "",
                    config::SslScope scope = config::SslScope::kBolt) const {
    return shake_hands(context(scope), name).subject;
  }
  Handshake call(Caller& caller, config::SslScope scope = config::SslScope::kBolt) const {
    return shake_hands(context(scope), caller);
  }
  bool logged(const std::string& part) const { return log.str().find(part) != std::string::npos; }

  TempDir dir;
  tls::PrivateCa ca;
  std::shared_ptr<config::Configuration> settings =
      std::make_shared<config::Configuration>(dir.path());
  std::unique_ptr<config::ServerConfig> config;
  MovedClock clock;
  std::shared_ptr<tls::ChallengeBoard> challenges = std::make_shared<tls::ChallengeBoard>();
  std::ostringstream log;
  std::unique_ptr<tls::PolicyStore> store;
};

}  // namespace trellis::testing
