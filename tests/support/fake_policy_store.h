// SPDX-License-Identifier: Apache-2.0
//
// A store of certificates that says what a test put into it.
#pragma once

#include <atomic>

#include "base/mutex.h"
#include "tls/policy_store.h"

namespace trellis::testing {

class FakePolicyStore final : public tls::PolicyStore {
 public:
  std::shared_ptr<const tls::ServedPolicy> of(config::SslScope) const override { return nullptr; }
  void start_watching() override {}
  std::vector<tls::ScopeReload> look() override { return {}; }
  std::vector<tls::ScopeReload> reload() override {
    ++reloads;
    std::vector<tls::ScopeReload> result;
    const MutexLock lock(mutex);
    for (const tls::CertificateStatus& pair : pairs) {
      tls::ScopeReload scope;
      scope.scope = pair.scope;
      if (pair.identity) {
        scope.sha256 = pair.identity->sha256;
        scope.not_after = pair.identity->not_after;
      }
      scope.changed = pair.last_error.empty();
      if (!pair.last_error.empty()) {
        scope.kept_old = Error(ErrorCode::InvalidConfiguration, pair.last_error);
      }
      result.push_back(std::move(scope));
    }
    return result;
  }
  void offer(tls::PairPtr, std::optional<os::Clock::Wall>) override {}
  void acme_failed(std::string) override {}
  void renewal(config::SslScope, std::optional<os::Clock::Wall>, std::string) override {}
  void clock_seen(const std::string&, os::Clock::Wall) override {}
  std::vector<tls::CertificateStatus> status() const override {
    const MutexLock lock(mutex);
    return pairs;
  }
  tls::ReloadCounts counts() const override { return reload_counts; }

  // A pair that ends `left` from `now`, after a life of `life`.
  void add(config::SslScope scope, os::Clock::Wall now, std::chrono::seconds left,
           std::chrono::seconds life, std::string sha256 = "ab12") {
    tls::CertificateStatus pair;
    pair.scope = scope;
    pair.source = "certificates/bolt/public.crt";
    pair.identity.emplace();
    pair.identity->subject = "CN=db.example.test";
    pair.identity->issuer = "CN=Test Authority";
    pair.identity->dns_names = {"db.example.test", "*.example.test"};
    pair.identity->ip_names = {"127.0.0.1"};
    pair.identity->key_kind = "EC prime256v1 (PKCS#8)";
    pair.identity->sha256 = std::move(sha256);
    const auto end = now + left;
    pair.identity->not_after =
        std::chrono::time_point_cast<std::chrono::system_clock::duration>(end);
    pair.identity->not_before =
        std::chrono::time_point_cast<std::chrono::system_clock::duration>(end - life);
    const MutexLock lock(mutex);
    pairs.push_back(std::move(pair));
  }

  mutable Mutex mutex;
  std::vector<tls::CertificateStatus> pairs GUARDED_BY(mutex);
  tls::ReloadCounts reload_counts;
  std::atomic<int> reloads{0};
};

}  // namespace trellis::testing
